//! Every transcript: the fixtures, and those that the whole suite writes, which `tests/run.sh`
//! keeps in the directory `TEST_TRANSCRIPTS`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Every password, refresh token and signature of the suite starts with this.
const SECRET: &str = "FAKE-";
/// Every token that the suite's token server signs starts with this.
const SIGNED_TOKEN: &str = "eyJ0eXAiOiJKV1Qi";

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn transcripts(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|name| name == "jsonl")).collect()
}

fn schema() -> jsonschema::Validator {
    let path = repository().join("protocol-notes/transcript.schema.json");
    let schema = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// Holds each line of each file against the schema, and returns how many there were.
fn assert_valid(files: &[PathBuf]) -> usize {
    let schema = schema();
    let mut count = 0;
    for path in files {
        for (index, line) in std::fs::read_to_string(path).unwrap().lines().enumerate() {
            let exchange = serde_json::from_str(line).unwrap();
            if let Err(error) = schema.validate(&exchange) {
                panic!("{}:{}: {error}", path.display(), index + 1);
            }
            count += 1;
        }
    }
    count
}

/// What a secret, or something with a secret in it, looks like: plain, and in base64 at each of its
/// three offsets.
fn traces() -> Vec<String> {
    let encoded = (0..3).map(|offset| {
        let text = STANDARD_NO_PAD.encode(format!("{}{SECRET}", "x".repeat(offset)));
        // The first and last characters depend on what stands around it.
        let from = [0, 2, 3][offset];
        text[from..text.len() - 1].to_owned()
    });
    [SECRET.to_owned(), SIGNED_TOKEN.to_owned()].into_iter().chain(encoded).collect()
}

#[test]
fn fixtures_match_the_transcript_schema() {
    let mut files = transcripts(&repository().join("fixtures/exchanges"));
    files.extend(transcripts(&repository().join("fixtures/wire-check")));
    assert!(assert_valid(&files) > files.len());
}

#[test]
fn transcript_schema_refuses_invalid_records() {
    let path = repository().join("fixtures/exchanges/pull.jsonl");
    let line = std::fs::read_to_string(path).unwrap().lines().next().unwrap().to_owned();
    let schema = schema();
    for (from, to) in [
        ("\"v\":1", "\"v\":2"),
        ("\"attempt\":1", "\"attempt\":0"),
        ("\"seq\":", "\"extra\":1,\"seq\":"),
        ("\"method\":\"GET\"", "\"method\":\"FETCH\""),
        ("[\"host\",", "[\"Host\","),
    ] {
        assert!(line.contains(from), "{from}");
        let changed = serde_json::from_str(&line.replacen(from, to, 1)).unwrap();
        assert!(schema.validate(&changed).is_err(), "{to}");
    }
}

#[test]
fn secret_is_found_plain_and_in_base64() {
    for prefix in ["a:", "me:", "you:"] {
        let encoded = STANDARD_NO_PAD.encode(format!("{prefix}{SECRET}password"));
        assert!(traces().iter().any(|trace| encoded.contains(trace)), "{encoded}");
    }
}

#[test]
#[ignore = "tests/run.sh runs it after all others"]
fn transcripts_of_the_suite_are_valid_and_without_secrets() {
    let dir = std::env::var_os("TEST_TRANSCRIPTS").expect("tests/run.sh sets TEST_TRANSCRIPTS");
    let files = transcripts(Path::new(&dir));
    assert!(assert_valid(&files) > 300, "the suite kept its transcripts");
    let traces = traces();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        for (index, line) in text.lines().enumerate() {
            let found = traces.iter().find(|trace| line.contains(*trace));
            assert_eq!(found, None, "{}:{}: {line}", path.display(), index + 1);
        }
    }
}
