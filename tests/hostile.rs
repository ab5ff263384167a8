//! Documents of 4 MiB that are made to take time and memory: every command stays within limits.
//!
//! The limit of memory is the one that `protocol-notes/security.md` states. The limit of time is far
//! from what is stated there, so that a busy machine passes, and time that grows with the square of
//! the size does not.

use crate::support;

use std::process::Stdio;

use serde_json::{Value, json};
use support::stub_registry::{StubRegistry, status};
use support::{Ran, Registry, User, sha256};

const SIZE: usize = 4 * 1024 * 1024 - 4096;
/// Almost as many values as a run configuration may have.
const COUNT: usize = 49_000;

/// Runs the program with 128 MiB of memory for its data at most, for two minutes at most. A container
/// engine may be in the user's `bin`.
fn bounded(user: &User, arguments: &[&str]) -> Ran {
    let limits = "ulimit -d 131072 && PATH=\"$HOME/bin:$PATH\" exec timeout 120 \"$0\" \"$@\"";
    let mut command = user.command_of("sh");
    command.args(["-c", limits, env!("CARGO_BIN_EXE_thv")]).args(arguments).stdin(Stdio::null());
    let ran = Ran(command.output().unwrap());
    // A program that cannot have more memory ends with a signal.
    assert!(ran.0.status.code().is_some(), "{arguments:?}: {}", ran.stderr());
    ran
}

/// Texts that differ from each other, as many and as long as a document can hold.
fn texts(shape: impl Fn(usize, &str) -> String) -> Vec<String> {
    let length = SIZE / COUNT - 4;
    let text = |number| {
        let padding = length.saturating_sub(shape(number, "").len());
        shape(number, &"x".repeat(padding))
    };
    (0..COUNT).map(text).collect()
}

/// A document of the largest size with this field.
fn document(field: &str, value: impl Into<Value>) -> String {
    let mut document = json!({ "image": "example.com/x:1", "name": "n", "transport": "stdio", "isolate_network": true });
    document[field] = value.into();
    let text = document.to_string();
    assert!(text.len() <= SIZE + 4096, "{field}: {} bytes", text.len());
    text
}

/// Documents of one shape each; those with different `salt` differ in every value.
fn documents(salt: &str) -> Vec<String> {
    let names = |shape: &dyn Fn(usize, &str) -> String| -> Value {
        let half = texts(shape).into_iter().step_by(2);
        Value::Object(half.map(|name| (name, Value::from("v"))).collect())
    };
    let bare = |values: &str| {
        format!(r#"{{"image":"example.com/x:1","name":"n","transport":"stdio","x":{values}}}"#)
    };
    vec![
        document("volumes", texts(|i, x| format!("/{salt}{i}{x}:/t{i}"))),
        document("container_labels", names(&|i, x| format!("l{salt}{i}{x}"))),
        document("env_vars", names(&|i, x| format!("V{salt}{i}{x}"))),
        document("cmd_args", texts(|i, x| format!("--a{salt}{i}{x}"))),
        document("cmd_args", vec!["\u{202e}".repeat(SIZE / 3 - 100) + salt]),
        document("secrets", texts(|i, _| format!("name{salt}-{i},target=T{i}"))),
        document("new", names(&|i, x| format!("u{salt}{i}{x}"))),
        bare(&format!(
            "[{}0]",
            format!(r#"{{"":{{"":{{"":{{"":"{salt}"}}}}}}}},"#).repeat(COUNT / 5)
        )),
    ]
}

/// A user with the documents as `0.json` and so on, and how many there are.
fn with_documents() -> (User, usize) {
    let user = User::new();
    let documents = documents("");
    for (number, document) in documents.iter().enumerate() {
        user.file(&format!("{number}.json"), document);
    }
    (user, documents.len())
}

#[test]
fn largest_documents_are_read_pushed_imported_and_planned_within_limits() {
    let registry = Registry::embedded();
    let (user, count) = with_documents();
    for number in 0..count {
        let (file, reference) =
            (format!("./{number}.json"), registry.reference(&format!("a:v{number}")));
        bounded(&user, &["push", &file, &reference]).ok();
        // Each shape has a neighbour that is alike, so that half of them is enough for each command.
        if number % 2 == 0 {
            bounded(&user, &["inspect", &file]).ok();
            bounded(&user, &["import", &reference, "--name", &format!("n{number}")]).ok();
        } else {
            bounded(&user, &["inspect", &file, "--json"]).ok();
            // A field that nothing enforces stops the run.
            let planned = bounded(&user, &["run", &reference, "--dry-run"]);
            assert!(matches!(planned.code(), 0 | 15), "{file}: {}", planned.stderr());
        }
    }
    // The question before a run.
    user.program("bin/podman", "#!/bin/sh\nexit 1\n");
    let run = ["run", &registry.reference("a:v1"), "--yes"];
    bounded(&user, &run).fails(17, "label: l0");
    let listed = bounded(&user, &["list"]).ok().stdout();
    assert_eq!(listed.lines().count(), count.div_ceil(2) + 1);
    let all = ["export", "--all", &registry.reference("all")];
    // Each has another name in it than it was imported under.
    bounded(&user, &all).ok();
}

#[test]
fn largest_documents_are_compared_within_limits() {
    let (user, count) = with_documents();
    for (number, document) in documents("b").iter().enumerate() {
        user.file(&format!("{number}.other.json"), document);
    }
    for number in 0..count {
        let files = [format!("./{number}.json"), format!("./{number}.other.json")];
        let option = if number % 2 == 0 { &[][..] } else { &["--json", "--values"] };
        let compared = bounded(&user, &[&["diff", &files[0], &files[1]], option].concat());
        assert!(matches!(compared.code(), 0 | 1), "{number}: {}", compared.stderr());
    }
}

#[test]
fn arguments_that_all_look_like_secrets_are_shown_and_refused_within_limits() {
    let user = User::new();
    let secret = |i, x: &str| format!("--password{i}={x}FAKE-9f8a7c6e5d4b3a21");
    user.file("a.json", document("cmd_args", texts(secret)));
    bounded(&user, &["inspect", "./a.json"]).ok();
    bounded(&user, &["push", "./a.json", "localhost:1/a:v1"]).fails(18, "cmd_args.");
}

#[test]
fn key_that_many_paths_would_repeat_is_refused() {
    let values: Vec<_> = (0..1000).map(|number| format!("\"{number}\":\"password\"")).collect();
    let key = "k".repeat(SIZE - 100_000);
    let user = User::new();
    user.file("a.json", format!(r#"{{"image":"x:1","{key}":{{{}}}}}"#, values.join(",")));
    for command in [&["inspect", "./a.json"][..], &["push", "./a.json", "localhost:1/a:v1"]] {
        bounded(&user, command).fails(12, "the paths of its values have more than");
    }
}

#[test]
fn manifest_of_many_annotations_is_refused() {
    let annotations: serde_json::Map<_, _> =
        (0..300_000).map(|number| (format!("{number:x}"), json!(""))).collect();
    let manifest =
        json!({ "schemaVersion": 2, "layers": [], "annotations": annotations }).to_string();
    let registry = StubRegistry::start(move |_| {
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        status(200).with("content-type", media_type).body(&manifest)
    });
    let inspect = ["inspect", &registry.reference("a:v1"), "--json"];
    bounded(&User::new(), &inspect).fails(10, "more than 100000 values");
}

/// A collection of as many documents of the largest size as make 80 MiB.
#[test]
fn collection_of_large_documents_takes_no_more_memory_than_one() {
    const TAGS: usize = 20;
    let content = documents("").swap_remove(7).replace(r#""name":"n","#, "");
    let manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": "application/vnd.toolhive.runconfig",
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json", "digest": sha256(b"{}"), "size": 2,
        },
        "layers": [{
            "mediaType": "application/vnd.toolhive.runconfig.v1+json",
            "digest": sha256(content.as_bytes()), "size": content.len(),
        }],
        "annotations": { "note": "a".repeat(SIZE - 1000) },
    });
    let manifest = manifest.to_string();
    let registry = StubRegistry::start(move |received| {
        if received.target.contains("/tags/list") {
            let tags: Vec<_> = (0..TAGS).map(|number| format!("t{number}")).collect();
            status(200).body(json!({ "name": "a", "tags": tags }).to_string())
        } else if received.target.contains("/manifests/") {
            let media_type = "application/vnd.oci.image.manifest.v1+json";
            status(200).with("content-type", media_type).body(&manifest)
        } else {
            status(200).body(&content)
        }
    });
    let user = User::new();
    let imported = bounded(&user, &["import", "--all", &registry.reference("a")]).ok();
    assert!(imported.stdout().contains("created:   20"), "{}", imported.stdout());
}
