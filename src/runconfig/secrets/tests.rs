//! Whole documents: what is found in them, and at which path.

use ExposureKind::{HomePath, Named, PrivateKey, Token, Url};

use super::exposure::ExposureKind;
use super::scan::exposures;
use crate::runconfig::Document;

fn found(fields: &str) -> Vec<(String, ExposureKind)> {
    let text = format!(r#"{{"image":"x:1","name":"n",{fields}}}"#);
    let document = Document::parse(text.into_bytes()).unwrap();
    let found = exposures(&document, Some("/users/me"));
    found.into_iter().map(|found| (found.path, found.kind)).collect()
}

#[test]
fn secrets_and_home_paths_are_found_with_their_paths() {
    let token = format!("ghp_{}", "a1B2".repeat(9));
    for (fields, path, kind) in [
        (format!(r#""env_vars":{{"X":"{token}"}}"#), "env_vars.X", Token),
        (format!(r#""cmd_args":["a","--x={token}"]"#), "cmd_args.1", Token),
        (format!(r#""cmd_args":["Bearer {token}"]"#), "cmd_args.0", Token),
        (
            r#""env_vars":{"K":"-----BEGIN RSA PRIVATE KEY-----\nabc"}"#.to_owned(),
            "env_vars.K",
            PrivateKey,
        ),
        (r#""env_vars":{"DB_PASSWORD":"hunter2"}"#.to_owned(), "env_vars.DB_PASSWORD", Named),
        (r#""env_vars":{"API_KEY":"9f8a7c6e5d4b3a21"}"#.to_owned(), "env_vars.API_KEY", Named),
        (r#""cmd_args":["--token","9f8a7c6e5d4b3a21"]"#.to_owned(), "cmd_args.1", Named),
        (r#""cmd_args":["--api-key=9f8a7c6e5d4b3a21"]"#.to_owned(), "cmd_args.0", Named),
        (
            r#""remote_auth_config":{"client_secret":"abc"}"#.to_owned(),
            "remote_auth_config.client_secret",
            Named,
        ),
        (
            r#""env_vars":{"DATABASE":"postgres://me:pass@db/x"}"#.to_owned(),
            "env_vars.DATABASE",
            Url,
        ),
        (
            r#""cmd_args":["https://x.example/?api_key=9f8a7c6e5d4b3a21"]"#.to_owned(),
            "cmd_args.0",
            Url,
        ),
        (r#""volumes":["/home/me/x:/x"]"#.to_owned(), "volumes.0", HomePath),
        (
            r#""permission_profile":{"read":["/srv","/users/me/x:/x"]}"#.to_owned(),
            "permission_profile.read.1",
            HomePath,
        ),
        (
            r#""env_vars":{"DB_PASSWORD":"correct horse battery"}"#.to_owned(),
            "env_vars.DB_PASSWORD",
            Named,
        ),
        (r#""env_vars":{"PASSWORD":"$ecret"}"#.to_owned(), "env_vars.PASSWORD", Named),
        (r#""env_vars":{"PASSWORD":"493817"}"#.to_owned(), "env_vars.PASSWORD", Named),
        (r#""env_vars":{"DB_PASS":"hunter2"}"#.to_owned(), "env_vars.DB_PASS", Named),
        (
            r#""cmd_args":["--header","Authorization: Bearer 9f8a7c6e5d4b3a21"]"#.to_owned(),
            "cmd_args.1",
            Named,
        ),
        (r#""cmd_args":["-e","API_KEY=9f8a7c6e5d4b3a21"]"#.to_owned(), "cmd_args.1", Named),
        (
            format!(r#""env_vars":{{"X":"eyJ0eXAi.eyJ{}.x"}}"#, "a1B2".repeat(9)),
            "env_vars.X",
            Token,
        ),
        (r#""volumes":["/users/me:/x:ro"]"#.to_owned(), "volumes.0", HomePath),
        (r#""cmd_args":["file:///users/me/x"]"#.to_owned(), "cmd_args.0", HomePath),
        (r#""env_file_dir":"~/env""#.to_owned(), "env_file_dir", HomePath),
        (r#""unknown":{"a":[{"password":"b1"}]}"#.to_owned(), "unknown.a.0.password", Named),
    ] {
        assert_eq!(found(&fields), [(path.to_owned(), kind)], "{fields}");
    }
}

#[test]
fn harmless_values_are_not_found() {
    for fields in [
        r#""env_vars":{"LOG_LEVEL":"debug","MCP_TRANSPORT":"stdio","TOKEN_LIMIT":"4096"}"#,
        r#""env_vars":{"API_KEY":"","PASSWORD":"${DB_PASSWORD}","TOKEN":"<your token>"}"#,
        r#""env_vars":{"TOKEN_FILE":"9f8a7c6e5d4b3a21","KEY_ID":"9f8a7c6e5d4b3a21"}"#,
        r#""env_vars":{"PASSWORD_FILE":"/run/secrets/x","AUTH":"true","KEYBOARD":"qwertz"}"#,
        r#""secrets":["token,target=API_TOKEN"],"volumes":["/srv/data:/data"]"#,
        r#""remote_auth_config":{"client_secret":"OAUTH_CLIENT_SECRET_x,target=oauth_secret"}"#,
        r#""remote_auth_config":{"cached_secret_expiry":"0001-01-01T00:00:00Z"}"#,
        r#""cmd_args":["--url","https://x.example/?page=2","git@example.com:a/b"]"#,
        r#""volumes":["/srv/data:/home/node/data","/srv/cache:/root/.cache:ro"]"#,
        r#""env_vars":{"PASSWORD_MIN_LENGTH":"12","PASSWORD":"$DB_PASSWORD","NOTE":"a: b"}"#,
        r#""env_vars":{"HOME":"/root","WORKDIR":"/home/node/x"},"cmd_args":["node","/root/a.js"]"#,
        r#""cmd_args":["--project=a&b","sk-learn","eyJ"]"#,
    ] {
        assert_eq!(found(fields), [], "{fields}");
    }
}

/// A row of the corpus. A mark breaks each token up, so that scanners of code hosts take none for a real one.
#[derive(serde::Deserialize)]
struct Row {
    expect: String,
    label: String,
    fields: serde_json::Map<String, serde_json::Value>,
}

const CORPUS: &str = include_str!("../../../fixtures/secrets/corpus.jsonl");

/// The share of the secrets that has to be found, and of the harmless values that has to pass.
const LEAST_PERCENT: usize = 97;

#[test]
fn corpus_is_judged_rightly() {
    for (expect, least_rows) in [("secret", 150), ("harmless", 120)] {
        let rows = CORPUS.lines().map(|line| {
            serde_json::from_str::<Row>(&line.replace("~|~", "")).expect("a row of the corpus")
        });
        let rows: Vec<Row> = rows.filter(|row| row.expect == expect).collect();
        let is_wrong = |row: &&Row| {
            let mut fields = row.fields.clone();
            fields.entry("image").or_insert_with(|| "x:1".into());
            let document = Document::parse(serde_json::to_vec(&fields).unwrap()).unwrap();
            let found = exposures(&document, Some("/users/me"));
            found.is_empty() == (expect == "secret")
        };
        let wrong: Vec<&str> = rows.iter().filter(is_wrong).map(|row| row.label.as_str()).collect();
        assert!(rows.len() >= least_rows, "{} rows", rows.len());
        let right = rows.len() - wrong.len();
        assert!(
            right * 100 >= rows.len() * LEAST_PERCENT,
            "{right} of {} judged as {expect}, but not {wrong:#?}",
            rows.len()
        );
    }
}
