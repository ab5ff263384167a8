//! What each command prints with `--json`, against `protocol-notes/output.schema.json`.

use crate::support;

use serde_json::{Value, json};
use support::schema::{assert_valid, note, validator};
use support::tour::{Tour, examples, leaf_commands};

/// `line` with `--json`, before a redirection.
fn with_json(line: &str) -> String {
    let line = line.replace(" --json", "");
    match (line.find(" < "), line.find(" > ")) {
        (Some(at), _) => format!("{} --json{}", &line[..at], &line[at..]),
        (_, Some(at)) => format!("{} --json", &line[..at]),
        _ => format!("{line} --json"),
    }
}

/// Every command by its own examples, so that a new one cannot be forgotten.
#[test]
fn json_output_matches_the_schema() {
    for path in leaf_commands() {
        let command = path[1..].join(" ");
        let mut held = 0;
        for example in examples(&path) {
            let line = with_json(&example);
            let ran = Tour::with_all().run(&line);
            // A command that writes a file to standard output prints no JSON.
            if ran.code() == 2 && ran.stderr().contains("name a file for it with -o") {
                continue;
            }
            assert!(ran.code() <= 1, "{line}: {}", ran.stderr());
            assert_valid(&command, &line, &ran.stdout());
            held += 1;
        }
        assert!(held > 0, "no example of {command} prints JSON");
    }
}

/// Outcomes that no example has.
#[test]
fn json_output_of_other_outcomes_matches_the_schema() {
    let tour = Tour::with_all();
    tour.user.file("state/toolhive/runconfigs/broken.json", "{");
    tour.user.file("a.json", r#"{"image":"x:1","env_vars":{"A":"1"},"group":"a"}"#);
    tour.user.file("b.json", r#"{"image":"x:1","env_vars":{"A":"2"},"group":"b"}"#);
    for (command, line) in [
        ("list", "thv list --json"),
        ("import", "thv import ./config.json --json"),
        ("import", "thv import ./files.json --name my-server --force --json"),
        ("export", "thv export --all localhost:5055/all --json"),
        ("import", "thv import --all localhost:5055/configs/files --json"),
        ("push", "thv push files.json localhost:5055/configs/files:v1 --dry-run --json"),
        ("push", "thv push more.json localhost:5055/configs/files:v1 --json"),
        ("push", "thv push more.json localhost:5055/configs/files:new --dry-run --json"),
        ("export", "thv export my-server localhost:5055/configs/files:v1 --dry-run --json"),
        ("export", "thv export my-server ./config.json --dry-run --json"),
        ("export", "thv export --all localhost:5055/all --dry-run --json"),
        ("inspect", "thv inspect ./files.json --json"),
        ("inspect", "thv inspect localhost:5055/configs/files:v1 --json"),
        ("diff", "thv diff a.json b.json --json"),
        ("diff", "thv diff a.json b.json --json --values"),
        ("logout", "thv logout localhost:5055 --json"),
        ("help", "thv help auth --json"),
    ] {
        assert_valid(command, line, &tour.run(line).stdout());
    }
}

#[test]
fn output_schema_refuses_unknown_and_missing_fields() {
    let push = json!({ "reference": "r/a:v1", "digest": format!("sha256:{}", "a".repeat(64)),
        "status": "pushed" });
    assert!(validator("push").is_valid(&push));
    for (field, value) in
        [("status", json!("done")), ("digest", json!("sha256:a")), ("more", json!(1))]
    {
        let mut other = push.clone();
        other[field] = value;
        assert!(!validator("push").is_valid(&other), "{field}");
    }
    let hidden = |more: Value| {
        let mut difference = json!({ "field": "a", "concern": "other", "hidden": true });
        difference.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let whole = json!({ "first": "a", "second": "b", "same_bytes": false,
            "differences": [difference] });
        validator("diff").is_valid(&whole)
    };
    assert!(hidden(json!({})));
    assert!(!hidden(json!({ "added": ["FAKE-secret"] })), "what is hidden has no values");
}

#[test]
fn every_schema_definition_belongs_to_a_command() {
    let commands: Vec<_> = leaf_commands().iter().map(|path| path[1..].join(" ")).collect();
    for name in note("output.schema.json")["$defs"].as_object().unwrap().keys() {
        assert!(name.starts_with('_') || commands.contains(name), "{name}");
    }
}
