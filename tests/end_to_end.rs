//! Every command, through the program, against a registry.
//!
//! Each scenario runs twice: against the embedded registry with a plain `cargo test`, and against
//! Debian's `docker-registry` where `tests/run.sh` asks for the ignored tests too.

use crate::support;

use serde_json::{Value, json};
use support::{Ran, Registry, User, methods, sha256, transcript};

const STDIO: &[u8] = include_bytes!("../fixtures/runconfigs/stdio.json");
const REMOTE: &[u8] = include_bytes!("../fixtures/runconfigs/remote.json");
const FUTURE: &[u8] = include_bytes!("../fixtures/runconfigs/future.json");
const MINIMAL: &[u8] = include_bytes!("../fixtures/runconfigs/minimal.json");

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const ARTIFACT_TYPE: &str = "application/vnd.toolhive.runconfig";
const LAYER: &str = "application/vnd.toolhive.runconfig.v1+json";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const EMPTY_DIGEST: &str =
    "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

against_both_registries! {
    exported_workload_is_imported_byte_for_byte,
    pushed_artifact_has_the_documented_form,
    unchanged_push_sends_nothing,
    existing_blob_is_not_sent_again,
    configurations_up_to_the_limit_are_pushed_and_pulled,
    pull_by_digest_returns_what_was_pushed,
    artifacts_of_other_clients_are_read,
    other_artifacts_are_named_in_the_error,
    wrong_inline_data_fails_the_import,
    inspect_shows_manifest_and_configuration,
    missing_tags_and_repositories_are_not_found,
}

fn empty_config() -> Value {
    json!({ "mediaType": EMPTY, "digest": EMPTY_DIGEST, "size": 2 })
}

fn layer_of(content: &[u8]) -> Value {
    json!({ "mediaType": LAYER, "digest": sha256(content), "size": content.len() })
}

fn artifact(layers: &[Value]) -> Value {
    json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": ARTIFACT_TYPE,
        "config": empty_config(), "layers": layers,
    })
}

fn manifest_of(registry: &Registry, repository: &str, reference: &str) -> (Vec<u8>, Value) {
    let path = format!("/v2/{repository}/manifests/{reference}");
    let answer = registry.http("GET", &path, &[("accept", MANIFEST)], b"");
    assert_eq!(answer.status, 200);
    let manifest = serde_json::from_slice(&answer.body).unwrap();
    (answer.body, manifest)
}

fn exported_workload_is_imported_byte_for_byte(registry: &Registry) {
    for (name, content) in
        [("my-server", STDIO), ("remote", REMOTE), ("future", FUTURE), ("demo", MINIMAL)]
    {
        let sender = User::new();
        let stored = sender.stored(name);
        sender.file(&format!("state/toolhive/runconfigs/{name}.json"), content);
        let reference = registry.reference(&format!("configs/{name}:v1"));
        let exported = sender.thv(&["export", name, &reference]).ok();
        assert!(exported.stdout().contains("to OCI registry"), "{}", exported.stdout());
        assert!(exported.stdout().contains("status:    pushed"), "{}", exported.stdout());
        assert_eq!(std::fs::read(&stored).unwrap(), content, "the store is as it was");

        let receiver = User::new();
        let imported = receiver.thv(&["import", &reference, "--json"]).ok().json();
        assert_eq!(imported["status"], "created");
        assert_eq!(std::fs::read(receiver.stored(name)).unwrap(), content, "{name}");
        assert_eq!(
            imported["digest"],
            exported_digest(&sender.thv(&["export", name, &reference, "--json"]))
        );
    }
}

fn exported_digest(ran: &Ran) -> Value {
    let report = ran.json();
    assert_eq!(report["status"], "unchanged");
    report["digest"].clone()
}

/// Obligation 73.
fn pushed_artifact_has_the_documented_form(registry: &Registry) {
    let user = User::new();
    user.file("config.json", STDIO);
    let reference = registry.reference("configs/my-server:v1");
    let ran = user
        .command()
        .args(["push", "config.json", &reference, "--json"])
        .env("SOURCE_DATE_EPOCH", "1700000000")
        .output()
        .unwrap();
    let report = Ran(ran).ok().json();
    assert_eq!(report["reference"], reference);
    assert_eq!(report["status"], "pushed");

    let (bytes, manifest) = manifest_of(registry, "configs/my-server", "v1");
    assert_eq!(report["digest"], sha256(&bytes));
    let layer = sha256(STDIO);
    assert_eq!(
        manifest,
        json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": ARTIFACT_TYPE,
            "config": { "mediaType": EMPTY, "digest": EMPTY_DIGEST, "size": 2, "data": "e30=" },
            "layers": [{
                "mediaType": LAYER,
                "digest": layer,
                "size": STDIO.len(),
                "data": base64(STDIO),
                "annotations": { "org.opencontainers.image.title": "my-server.json" },
            }],
            "annotations": {
                "org.opencontainers.image.created": "2023-11-14T22:13:20Z",
                "org.opencontainers.image.created.by": "thv-oci",
                "org.opencontainers.image.version": "1.0",
                "org.opencontainers.image.description": "Runtime configuration for my-server",
            },
        })
    );
    let blob = registry.http("GET", &format!("/v2/configs/my-server/blobs/{layer}"), &[], b"");
    assert_eq!(blob.body, STDIO);
    let config =
        registry.http("GET", &format!("/v2/configs/my-server/blobs/{EMPTY_DIGEST}"), &[], b"");
    assert_eq!(config.body, b"{}");
}

fn base64(content: &[u8]) -> String {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let mut process = Command::new("base64")
        .arg("-w0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(content).unwrap();
    String::from_utf8(process.wait_with_output().unwrap().stdout).unwrap()
}

fn unchanged_push_sends_nothing(registry: &Registry) {
    let user = User::new();
    user.file("config.json", STDIO);
    let reference = registry.reference("configs/my-server:v1");
    let push = ["push", "config.json", &reference, "--json"];
    let first = user.thv(&push).ok().json();
    let log = user.path("wire.jsonl");
    let again = user.thv(&[&push[..], &["--wire-log", log.to_str().unwrap()]].concat()).ok().json();
    assert_eq!(again["status"], "unchanged");
    assert_eq!(again["digest"], first["digest"]);
    assert!(methods(&log).iter().all(|method| method == "GET" || method == "HEAD"));

    // Another content moves the tag.
    user.file("config.json", MINIMAL);
    let other = user.thv(&push).ok().json();
    assert_eq!((&other["status"], &other["before"]), (&json!("replaced"), &first["digest"]));
    assert_ne!(other["digest"], first["digest"]);
    // So does the first content again, and text says it too.
    user.file("config.json", STDIO);
    let said = user.thv(&["push", "config.json", &reference]).ok().stdout();
    let before = other["digest"].as_str().unwrap();
    assert!(said.contains(&format!("  status:    replaced\n  before:    {before}\n")), "{said}");
}

fn existing_blob_is_not_sent_again(registry: &Registry) {
    let user = User::new();
    user.file("config.json", STDIO);
    user.thv(&["push", "config.json", &registry.reference("configs/a:v1")]).ok();
    let log = user.path("wire.jsonl");
    let to_v2 = registry.reference("configs/a:v2");
    user.thv(&["--wire-log", log.to_str().unwrap(), "push", "config.json", &to_v2]).ok();
    let sent: Vec<_> = methods(&log).into_iter().filter(|m| m == "POST" || m == "PUT").collect();
    assert_eq!(sent, ["PUT"], "the manifest alone is sent");
}

fn configurations_up_to_the_limit_are_pushed_and_pulled(registry: &Registry) {
    let user = User::new();
    // Inline or not, below and above what a registry reads of a request that it answers early, and
    // the largest there is.
    for size in [64 * 1024, 64 * 1024 + 1, 900 * 1024, 1024 * 1024 + 1, 4 * 1024 * 1024] {
        let frame = r#"{"image":"x","name":"large","padding":""}"#;
        let padding = "p".repeat(size - frame.len());
        let content = frame.replace("\"\"", &format!("\"{padding}\""));
        user.file("large.json", &content);
        let reference = registry.reference(&format!("configs/large:{size}"));
        user.thv(&["push", "large.json", &reference]).ok();
        let pulled = user.thv(&["pull", &reference]).ok();
        assert!(pulled.0.stdout == content.as_bytes(), "{size}");
        let (_, manifest) = manifest_of(registry, "configs/large", &size.to_string());
        assert_eq!(manifest["layers"][0]["data"].is_string(), size <= 64 * 1024, "{size}");
    }
    let log = user.path("wire.jsonl");
    user.file("large.json", vec![b' '; 4 * 1024 * 1024 + 1]);
    let too_large = ["push", "large.json", "localhost:1/a:v1", "--wire-log", log.to_str().unwrap()];
    user.thv(&too_large).fails(9, "larger than 4194304 bytes");
    assert!(transcript(&log).is_empty());
}

fn pull_by_digest_returns_what_was_pushed(registry: &Registry) {
    let user = User::new();
    let reference = registry.reference("configs/my-server:v1");
    let pushed = user.thv_with_input(&["push", "-", &reference, "--json"], STDIO).ok().json();
    let pinned = format!(
        "{}@{}",
        registry.reference("configs/my-server"),
        pushed["digest"].as_str().unwrap()
    );
    assert_eq!(user.thv(&["pull", &pinned]).ok().0.stdout, STDIO);
    let report = user.thv(&["pull", &pinned, "-o", "config.json", "--json"]).ok().json();
    assert_eq!(report["digest"], pushed["digest"]);
    assert_eq!(std::fs::read(user.path("config.json")).unwrap(), STDIO);
    // The digest decides, whatever the tag says.
    let both = pinned.replace("my-server@", "my-server:gone@");
    assert_eq!(user.thv(&["pull", &both]).ok().0.stdout, STDIO);
    user.thv(&["push", "config.json", &pinned]).fails(2, "push to a tag instead");
    user.thv(&["pull", &pinned, "--json"]).fails(2, "-o");
}

fn artifacts_of_other_clients_are_read(registry: &Registry) {
    let user = User::new();
    registry.put_blob("others/a", b"{}");
    registry.put_blob("others/a", STDIO);
    registry.put_blob("others/a", b"read me");
    let readme = json!({
        "mediaType": "text/plain", "digest": sha256(b"read me"), "size": 7,
    });
    let mut titled = layer_of(STDIO);
    titled["annotations"] = json!({ "org.opencontainers.image.title": "/etc/passwd" });
    let mut annotated = artifact(&[titled]);
    annotated["annotations"] = json!({ "org.example": "x" });
    // As clients of version 1.0 of the image specification wrote artifacts.
    let config_as_type = json!({
        "schemaVersion": 2, "layers": [layer_of(STDIO)],
        "config": { "mediaType": ARTIFACT_TYPE, "digest": EMPTY_DIGEST, "size": 2 },
    });
    for (tag, manifest) in [
        ("bare", artifact(&[layer_of(STDIO)])),
        ("order", artifact(&[readme, layer_of(STDIO)])),
        ("annotated", annotated),
        ("config-as-type", config_as_type),
    ] {
        registry.put_manifest("others/a", tag, MANIFEST, &manifest);
        let pulled = user.thv(&["pull", &registry.reference(&format!("others/a:{tag}"))]).ok();
        assert_eq!(pulled.0.stdout, STDIO, "{tag}");
    }
}

fn other_artifacts_are_named_in_the_error(registry: &Registry) {
    let user = User::new();
    for blob in [&b"{}"[..], STDIO, MINIMAL, b"not a configuration"] {
        registry.put_blob("others/b", blob);
    }
    let image_config = json!({
        "mediaType": "application/vnd.oci.image.config.v1+json", "digest": EMPTY_DIGEST, "size": 2,
    });
    let mut image = artifact(&[layer_of(STDIO)]);
    image["config"] = image_config;
    image.as_object_mut().unwrap().remove("artifactType");
    let mut other = artifact(&[layer_of(STDIO)]);
    other["artifactType"] = json!("application/vnd.example.other");
    let text = json!({ "mediaType": "text/plain", "digest": EMPTY_DIGEST, "size": 2 });
    for (tag, media_type, manifest, code, message) in [
        (
            "index",
            INDEX,
            json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] }),
            10,
            "it is an index of 0 manifests",
        ),
        ("image", MANIFEST, image, 10, "it is a container image"),
        ("other", MANIFEST, other, 10, "it is an artifact of type application/vnd.example.other"),
        ("none", MANIFEST, artifact(&[text]), 10, "they are text/plain"),
        (
            "several",
            MANIFEST,
            artifact(&[layer_of(STDIO), layer_of(MINIMAL)]),
            10,
            "it has 2 layers of the right type instead of one",
        ),
        (
            "invalid",
            MANIFEST,
            artifact(&[layer_of(b"not a configuration")]),
            12,
            "line 1, column 2: expected",
        ),
    ] {
        registry.put_manifest("others/b", tag, media_type, &manifest);
        let reference = registry.reference(&format!("others/b:{tag}"));
        user.thv(&["import", &reference]).fails(code, message);
        user.thv(&["pull", &reference, "-o", "out.json"]).fails(code, message);
    }
    assert!(!user.path("out.json").exists());
    assert!(!user.path("state").exists());
}

/// Obligation 75.
fn wrong_inline_data_fails_the_import(registry: &Registry) {
    let user = User::new();
    registry.put_blob("others/c", b"{}");
    registry.put_blob("others/c", STDIO);
    let mut shorter = layer_of(STDIO);
    shorter["data"] = json!(base64(MINIMAL));
    let mut same_size = layer_of(STDIO);
    same_size["data"] = json!(base64(&vec![b' '; STDIO.len()]));
    for (tag, layer) in [("shorter", shorter), ("same-size", same_size)] {
        registry.put_manifest("others/c", tag, MANIFEST, &artifact(&[layer]));
        let reference = registry.reference(&format!("others/c:{tag}"));
        let log = user.path(&format!("{tag}.jsonl"));
        user.thv(&["import", &reference, "--wire-log", log.to_str().unwrap()])
            .fails(8, "the configuration inside the manifest does not match its descriptor");
        assert_eq!(methods(&log), ["GET"], "the blob is not asked for instead");
    }
}

fn inspect_shows_manifest_and_configuration(registry: &Registry) {
    let user = User::new();
    user.file("config.json", FUTURE);
    let reference = registry.reference("configs/future:v1");
    let pushed = user.thv(&["push", "config.json", &reference, "--json"]).ok().json();
    let shown = user.thv(&["inspect", &reference, "--json"]).ok();
    assert!(shown.stdout().contains("123456789012345678901234567890.10"), "verbatim");
    let text = shown.stdout().replace("1e400", "1");
    let shown: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(shown["descriptor"]["digest"], pushed["digest"]);
    assert_eq!(shown["descriptor"]["mediaType"], MANIFEST);
    assert_eq!(shown["annotations"]["org.opencontainers.image.version"], "1.0");
    assert_eq!(shown["configuration"]["image"], "ghcr.io/example/future:9");

    user.file("config.json", STDIO);
    user.thv(&["push", "config.json", &reference]).ok();
    let shown = user.thv(&["inspect", &reference]).ok().stdout();
    for expected in [
        "ghcr.io/example/issue-tracker:2.4.1",
        "environment: LOG_LEVEL=info",
        "/srv/cache:/cache",
        "issue-tracker-token,target=ISSUE_TRACKER_TOKEN",
    ] {
        assert!(shown.contains(expected), "{shown}");
    }
}

fn missing_tags_and_repositories_are_not_found(registry: &Registry) {
    let user = User::new();
    let reference = registry.reference("no/such:tag");
    for arguments in [["pull", &reference], ["import", &reference], ["inspect", &reference]] {
        user.thv(&arguments).fails(3, "not found (status 404");
    }
}
