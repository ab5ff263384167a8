//! Each rule against a transcript that breaks it, and traffic that breaks none.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::*;
use crate::audit::TranscriptReader;

fn path(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Lines and rules that the transcript breaks.
fn broken(file: &str) -> Vec<(usize, &'static str)> {
    let mut reader = TranscriptReader::open(&path(file)).unwrap();
    check(&reader.read().unwrap()).iter().map(|found| (found.line, found.rule.id)).collect()
}

#[test]
fn each_rule_is_broken_by_its_fixture_and_by_that_rule_alone() {
    for rule in RULES {
        let line = match rule.id {
            "upload-location" | "upload-order" | "chunk-size" | "unsafe-retry"
            | "resynchronise" => 3,
            "digest-algorithm" | "next-page" | "referrers-list" | "names" | "manifest-content"
            | "credential-origin" | "downgrade" | "token-reuse" | "subject-fallback"
            | "retry-after" | "content-range" => 2,
            _ => 1,
        };
        let found = broken(&format!("fixtures/wire-check/{}.jsonl", rule.id));
        assert_eq!(found.first(), Some(&(line, rule.id)), "{}: {found:?}", rule.id);
        assert!(found.iter().all(|(_, id)| *id == rule.id), "{}: {found:?}", rule.id);
    }
}

#[test]
fn traffic_in_order_breaks_no_rule() {
    for file in [
        "fixtures/wire-check/clean-push.jsonl",
        "fixtures/wire-check/clean-pull.jsonl",
        "fixtures/exchanges/first-push.jsonl",
        "fixtures/exchanges/unchanged-push.jsonl",
        "fixtures/exchanges/pull.jsonl",
        "fixtures/exchanges/pull-with-token.jsonl",
    ] {
        assert_eq!(broken(file), [], "{file}");
    }
}

#[test]
fn the_page_of_rules_is_made_from_the_rules() {
    let mut page = String::from(
        "# The rules of `thv wire check`\n\n\
         Made from `src/audit/check/rule.rs`; `UPDATE=1 cargo test the_page_of_rules` makes it \
         again. A finding makes\n`thv wire check` fail; advice does not. Sections are those of the \
         distribution specification. Each rule has a\ntranscript that breaks it in \
         `fixtures/wire-check/`.\n",
    );
    for rule in RULES {
        let weight = rule.severity.as_str();
        let section =
            if rule.section.is_empty() { "a matter of security or cost" } else { rule.section };
        write!(
            page,
            "\n## `{}`\n\n{}\n\n{}\n\n- {weight}\n- {section}\n",
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
