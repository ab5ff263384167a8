//! The pages of `protocol-notes/` against the recorded exchanges that they show, and the tests that
//! they name.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use support::{recorded, transcript};

/// Fields that a page shows, with what a reader needs to know.
const SHOWN: [&str; 5] =
    ["authorization", "www-authenticate", "location", "docker-content-digest", "content-type"];
/// The longest body that a page shows.
const BODY_LIMIT: usize = 100;

/// What a page shows of a transcript: request lines, with the fields and short bodies that matter.
fn rendered(name: &str) -> String {
    let mut exchanges = transcript(&recorded::path(name));
    exchanges.sort_by_key(|exchange| exchange["seq"].as_u64());
    let mut text = String::new();
    for exchange in &exchanges {
        let line = recorded::request_line(exchange);
        let (request, status) = line.rsplit_once(' ').unwrap();
        writeln!(text, "{}  {request}", exchange["seq"]).unwrap();
        part(&mut text, &exchange["request"], "    > ");
        writeln!(text, "    < {status}").unwrap();
        part(&mut text, &exchange["response"], "    < ");
    }
    text
}

fn part(text: &mut String, part: &Value, mark: &str) {
    for header in part["headers"].as_array().unwrap() {
        let (name, value) = (header[0].as_str().unwrap(), header[1].as_str().unwrap());
        if SHOWN.contains(&name) {
            writeln!(text, "{mark}{name}: {}", recorded::without_session(value)).unwrap();
        }
    }
    let body = &part["body"];
    match body["text"].as_str() {
        Some(body) if body.len() <= BODY_LIMIT => writeln!(text, "{mark}{}", body.trim()).unwrap(),
        _ if body.is_object() => writeln!(text, "{mark}({} bytes)", body["size"]).unwrap(),
        _ => {}
    }
}

/// A page with each block after `<!-- recorded NAME -->` made anew.
fn made_anew(page: &str) -> (String, usize) {
    let mut text = String::new();
    let mut blocks = 0;
    let mut rest = page;
    while let Some((before, marked)) = rest.split_once("<!-- recorded ") {
        let (name, after) = marked.split_once(" -->\n```\n").unwrap();
        let (_, after) = after.split_once("```\n").unwrap();
        write!(text, "{before}<!-- recorded {name} -->\n```\n{}```\n", rendered(name)).unwrap();
        rest = after;
        blocks += 1;
    }
    (text + rest, blocks)
}

#[test]
fn pages_show_what_is_recorded() {
    let notes = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol-notes");
    let mut blocks = 0;
    for entry in std::fs::read_dir(notes).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let page = std::fs::read_to_string(&path).unwrap();
        let (anew, count) = made_anew(&page);
        blocks += count;
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &anew).unwrap();
            continue;
        }
        assert!(anew == page, "{} parts from its recording: `just record`", path.display());
    }
    assert_eq!(blocks, 4);
}

/// Tests that a page names as `file.rs::test`.
fn named_tests(page: &str) -> Vec<(&str, &str)> {
    page.split('`')
        .filter_map(|word| word.split_once("::"))
        .filter(|(file, _)| file.contains(".rs"))
        .collect()
}

#[test]
fn each_test_that_the_page_of_threats_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("protocol-notes/security.md")).unwrap();
    let tests = named_tests(&page);
    assert!(tests.len() > 40, "{}", tests.len());
    for (file, test) in tests {
        let source = std::fs::read_to_string(root.join(file)).unwrap_or_default();
        let (before, _) = source
            .split_once(&format!("fn {test}("))
            .unwrap_or_else(|| panic!("{file} has no test {test}"));
        let marked = before.rsplit("\n\n").next().unwrap();
        assert!(marked.contains("#[test]") || before.contains("proptest! {"), "{file}:{test}");
    }
    // Each row of a table names a test.
    for row in page.lines().filter(|line| line.starts_with("| ") && line.matches('|').count() == 5)
    {
        let heading = row.starts_with("| # |");
        assert!(heading || !named_tests(row).is_empty(), "{row}");
    }
}
