//! The pages of `protocol-notes/` against the recorded exchanges that they show, and the tests that
//! they name.

use crate::support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use support::{recorded, transcript};

/// Fields that a page shows, with what a reader needs to know.
const SHOWN: [&str; 5] =
    ["authorization", "www-authenticate", "location", "docker-content-digest", "content-type"];
/// The longest body that a page shows.
const BODY_LIMIT: usize = 100;
/// How many obligations and advisories there are.
const LINES: [(&str, usize); 2] = [("Obligation", 76), ("Advisory", 24)];

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
fn pages_show_the_recorded_exchanges() {
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
        if anew != page && std::env::var_os("UPDATE").is_some() {
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
fn tests_named_on_the_security_page_exist() {
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
        let is_test = marked.contains("test]") || marked.contains("#[tokio::test(");
        assert!(is_test || before.contains("proptest! {"), "{file}:{test}");
    }
    // Each row of a table names a test.
    for row in page.lines().filter(|line| line.starts_with("| ") && line.matches('|').count() == 5)
    {
        let heading = row.starts_with("| # |");
        assert!(heading || !named_tests(row).is_empty(), "{row}");
    }
}

/// The tests of the sources below `dir` that say `Obligation 1, 2.` or `Advisory 3.` of themselves:
/// kind and number, and the test as a page names it.
fn marked_tests(root: &Path, dir: &str, found: &mut BTreeMap<(&str, usize), BTreeSet<String>>) {
    for entry in std::fs::read_dir(root.join(dir)).unwrap() {
        let name = format!("{dir}/{}", entry.unwrap().file_name().to_str().unwrap());
        if root.join(&name).is_dir() {
            marked_tests(root, &name, found);
        } else if Path::new(&name).extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(root.join(&name)).unwrap();
            let mut marks = Vec::new();
            for line in source.lines().map(str::trim) {
                if let Some(doc) = line.strip_prefix("/// ") {
                    marks.extend(doc.split('.').flat_map(numbers));
                } else if let Some((_, test)) = line.split_once("fn ") {
                    let test = test.split('(').next().unwrap();
                    for mark in marks.drain(..) {
                        found.entry(mark).or_default().insert(format!("`{name}::{test}`"));
                    }
                }
            }
        }
    }
}

/// What a sentence such as `Obligation 1, 2` numbers.
fn numbers(sentence: &str) -> Vec<(&'static str, usize)> {
    let of = |(kind, last): (&'static str, usize)| {
        let list = sentence.trim().strip_prefix(kind)?.strip_prefix(' ')?;
        let numbers: Option<Vec<usize>> = list.split(", ").map(|n| n.parse().ok()).collect();
        let numbers = numbers?;
        assert!(numbers.iter().all(|number| (1..=last).contains(number)), "{sentence}");
        Some(numbers.into_iter().map(move |number| (kind, number)).collect::<Vec<_>>())
    };
    LINES.into_iter().filter_map(of).flatten().collect()
}

/// The number of a table's row, and its other cells.
fn row(line: &str) -> Option<(usize, Vec<&str>)> {
    let cells: Vec<_> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
    Some((cells.first()?.trim().parse().ok()?, cells.get(1..)?.to_vec()))
}

#[test]
fn every_obligation_and_advisory_has_a_test_or_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read =
        |name: &str| std::fs::read_to_string(root.join("protocol-notes").join(name)).unwrap();
    let mut found = BTreeMap::new();
    marked_tests(root, "src", &mut found);
    marked_tests(root, "tests", &mut found);
    for (number, cells) in read("security.md").lines().filter_map(row) {
        let tests = named_tests(cells.last().unwrap());
        let tests = tests.into_iter().map(|(file, test)| format!("`{file}::{test}`"));
        found.entry(("Advisory", number)).or_default().extend(tests);
    }
    let page = read("conformance.md");
    let (mut anew, mut kind, mut count) = (String::new(), "", 0);
    for line in page.lines() {
        if let Some((heading, number)) = line.strip_prefix("## ").and_then(|heading| {
            LINES.into_iter().find(|(kind, _)| heading.starts_with(&kind[..kind.len() - 1]))
        }) {
            (kind, count) = (heading, 0);
            assert!(page.contains(&format!("\n| {number} | ")), "{heading} {number} is missing");
        }
        let Some((number, cells)) = row(line) else {
            writeln!(anew, "{line}").unwrap();
            continue;
        };
        count += 1;
        assert_eq!(number, count, "{kind} {count} is missing");
        let tests = found.remove(&(kind, number)).unwrap_or_default();
        let shown = tests.into_iter().collect::<Vec<_>>().join(" ");
        let reason = cells.get(1).copied().unwrap_or_default();
        let shown = if shown.is_empty() { reason.to_owned() } else { shown };
        assert!(shown.contains("::") || shown.starts_with("— "), "{kind} {number} has no test");
        writeln!(anew, "| {number} | {} | {shown} |", cells[0]).unwrap();
    }
    assert_eq!(found, BTreeMap::new());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(root.join("protocol-notes/conformance.md"), &anew).unwrap();
        return;
    }
    assert!(
        anew == page,
        "conformance.md parts from the tests: `UPDATE=1 cargo test --test suite pages::`"
    );
}
