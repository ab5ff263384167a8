//! Each rule has a transcript that violates it; other transcripts violate none.

use std::fmt::Write as _;
use std::fs::File;
use std::path::PathBuf;

use super::check;
use super::rule::RULES;
use crate::audit::TranscriptReader;

fn path(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Returns the lines with findings, and the rules that they violate.
fn violations(file: &str) -> Vec<(usize, &'static str)> {
    let mut reader = TranscriptReader::new(File::open(path(file)).unwrap());
    check(&reader.read().unwrap()).iter().map(|found| (found.line, found.rule.id)).collect()
}

#[test]
fn fixture_of_each_rule_violates_only_that_rule() {
    for rule in RULES {
        let line = match rule.id {
            "upload-location" | "upload-order" | "chunk-size" | "unsafe-retry"
            | "resynchronise" => 3,
            "digest-algorithm" | "next-page" | "referrers-list" | "names" | "manifest-content"
            | "credential-origin" | "downgrade" | "token-reuse" | "subject-fallback"
            | "retry-after" | "content-range" => 2,
            _ => 1,
        };
        let found = violations(&format!("fixtures/wire-check/{}.jsonl", rule.id));
        assert_eq!(found.first(), Some(&(line, rule.id)), "{}: {found:?}", rule.id);
        assert!(found.iter().all(|(_, id)| *id == rule.id), "{}: {found:?}", rule.id);
    }
}

#[test]
fn correct_traffic_violates_no_rule() {
    for file in [
        "fixtures/wire-check/clean-push.jsonl",
        "fixtures/wire-check/clean-pull.jsonl",
        "fixtures/exchanges/first-push.jsonl",
        "fixtures/exchanges/unchanged-push.jsonl",
        "fixtures/exchanges/pull.jsonl",
        "fixtures/exchanges/pull-with-token.jsonl",
    ] {
        assert_eq!(violations(file), [], "{file}");
    }
}

#[test]
fn page_of_rules_is_made_from_the_rules() {
    let mut page = String::from(
        "# The rules of `thv wire check`\n\n\
         `UPDATE=1 cargo test page_of_rules` writes this page from `src/audit/check/rule.rs`. \
         `thv wire check` fails if there\nis a finding; advice does not count. Sections are those of \
         the distribution specification. Each rule has a transcript\nthat violates it in \
         `fixtures/wire-check/`.\n",
    );
    for rule in RULES {
        let severity = rule.severity.as_str();
        let section = match rule.section {
            "" => "not in the specification: a matter of security or cost",
            section => section,
        };
        write!(
            page,
            "\n## `{}`\n\n{}\n\n{}\n\n- {severity}\n- {section}\n",
            rule.id, rule.title, rule.reason
        )
        .unwrap();
    }
    let file = path("protocol-notes/wire-check.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), page);
}
