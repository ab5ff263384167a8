//! What `push` and `export` say about what they send, would send, and do not send.

use crate::support;

use serde_json::{Value, json};
use support::stub_registry::{StubRegistry, status};
use support::{Ran, Registry, User, methods, sha256};

const STDIO: &[u8] = include_bytes!("../fixtures/runconfigs/stdio.json");
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const EMPTY_DIGEST: &str =
    "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

/// The result of a push, also where `--all` pushed one workload.
fn result_of(ran: &Ran) -> Value {
    let report = ran.json();
    report["workloads"].get(0).cloned().unwrap_or(report)
}

fn incomplete_artifacts_are_pushed_again(registry: &Registry) {
    let user = User::new();
    user.file("config.json", STDIO);
    user.file("state/toolhive/runconfigs/my-server.json", STDIO);
    let reference = registry.reference("configs/my:my-server");
    let repository = registry.reference("configs/my");
    let push = ["push", "config.json", &reference, "--json"];
    let export = ["export", "--all", &repository, "--json"];
    user.thv(&push).ok();
    let tagged =
        registry.http("GET", "/v2/configs/my/manifests/my-server", &[("accept", MANIFEST)], b"");
    let manifest: Value = serde_json::from_slice(&tagged.body).unwrap();
    let put =
        |manifest: &Value| registry.put_manifest("configs/my", "my-server", MANIFEST, manifest);

    for arguments in [&push[..], &export] {
        let again = || result_of(&user.thv(arguments).ok());
        // Inline data that no pull accepts: spaces, as many bytes as the configuration has; and `[]`.
        let spaces = "ICAg".repeat(STDIO.len() / 3) + "IA==";
        for (pointer, data) in [("/layers/0", &*spaces), ("/layers/0", "eA=="), ("/config", "W10=")]
        {
            let mut rubbish = manifest.clone();
            rubbish.pointer_mut(pointer).unwrap()["data"] = json!(data);
            put(&rubbish);
            let before = json!(sha256(rubbish.to_string().as_bytes()));
            let repaired = again();
            assert_eq!((&repaired["status"], &repaired["before"]), (&json!("replaced"), &before));
            assert_eq!(user.thv(&["pull", &reference]).ok().0.stdout, STDIO);
        }
        // Without inline data the blob is read, and it is there.
        let mut bare = manifest.clone();
        bare["layers"][0].as_object_mut().unwrap().remove("data");
        put(&bare);
        assert_eq!(again()["status"], "unchanged");

        // The registry loses a blob. It gets that again, and the tag names what it named.
        put(&manifest);
        let same = again();
        assert_eq!(same["status"], "unchanged");
        for lost in [sha256(STDIO), EMPTY_DIGEST.to_owned()] {
            let path = format!("/v2/configs/my/blobs/{lost}");
            assert_eq!(registry.http("DELETE", &path, &[], b"").status, 202);
            let repaired = again();
            // With --all, the empty blob is sent for all workloads, before each is looked at.
            let is_shared = lost == EMPTY_DIGEST && arguments == export;
            let status = if is_shared { "unchanged" } else { "pushed" };
            assert_eq!(
                (&repaired["status"], &repaired["digest"]),
                (&json!(status), &same["digest"])
            );
            assert_eq!(registry.http("HEAD", &path, &[], b"").status, 200, "{lost}");
            assert_eq!(again()["status"], "unchanged");
        }
    }
}

#[test]
fn unchanged_is_only_what_can_be_pulled() {
    incomplete_artifacts_are_pushed_again(&Registry::embedded());
}

#[test]
#[ignore = "needs Debian's docker-registry; tests/run.sh installs it"]
fn unchanged_is_only_what_can_be_pulled_from_docker_registry() {
    incomplete_artifacts_are_pushed_again(&Registry::docker());
}

#[test]
fn moved_tag_is_replaced_and_names_what_it_named_before() {
    let (user, registry) = (User::new(), Registry::embedded());
    let reference = registry.reference("configs/a:v1");
    let index = "application/vnd.oci.image.index.v1+json";
    let other = json!({ "schemaVersion": 2, "mediaType": index, "manifests": [] });
    registry.put_manifest("configs/a", "v1", index, &other);
    user.file("config.json", STDIO);
    let said = user.thv(&["push", "config.json", &reference]).ok().stdout();
    let before = sha256(other.to_string().as_bytes());
    assert!(said.starts_with("Pushed config.json to OCI registry "), "{said}");
    assert!(said.ends_with(&format!("  status:    replaced\n  before:    {before}\n")), "{said}");
}

/// What a registry holds under `configs/a`, tag by tag.
fn held(registry: &Registry, tag: &str) -> (u16, Vec<u8>) {
    let path = format!("/v2/configs/a/manifests/{tag}");
    let found = registry.http("GET", &path, &[("accept", MANIFEST)], b"");
    (found.status, found.body)
}

fn dry_run_says_what_the_push_does(registry: &Registry) {
    let user = User::new();
    user.file("config.json", STDIO);
    let (minimal, size) = (r#"{"image":"x:1","name":"n","transport":"stdio"}"#, STDIO.len());
    user.file("other.json", minimal);
    let reference = registry.reference("configs/a:v1");
    let dry = |file: &str| {
        let log = format!("{file}.jsonl");
        let arguments = ["push", file, &reference, "--dry-run", "--json", "--wire-log", &log];
        let report = user.thv(&arguments).ok().json();
        let sent = methods(&user.path(&log));
        assert!(sent.iter().all(|method| method == "GET" || method == "HEAD"), "{sent:?}");
        std::fs::remove_file(user.path(&log)).unwrap();
        report
    };

    let would = dry("config.json");
    assert_eq!((&would["status"], &would["dry_run"]), (&json!("pushed"), &json!(true)));
    assert_eq!(would["sends"]["blobs"], json!([EMPTY_DIGEST, sha256(STDIO)]));
    assert_eq!(held(registry, "v1").0, 404);
    let pushed = user.thv(&["push", "config.json", &reference, "--json"]).ok().json();
    let manifest = held(registry, "v1").1;
    assert_eq!(would["sends"]["bytes"], manifest.len() + size + 2);

    let would = dry("config.json");
    assert_eq!((&would["status"], &would["digest"]), (&json!("unchanged"), &pushed["digest"]));
    assert_eq!(would["sends"], json!({ "blobs": [], "bytes": 0 }));

    let would = dry("other.json");
    assert_eq!((&would["status"], &would["before"]), (&json!("replaced"), &pushed["digest"]));
    assert_eq!(would["sends"]["blobs"], json!([sha256(minimal.as_bytes())]));
    assert_eq!(would.get("digest"), None, "it depends on the time of the push");
    assert_eq!(held(registry, "v1").1, manifest);
    let said = user.thv(&["push", "other.json", &reference, "--dry-run"]).ok().stdout();
    assert!(said.starts_with("Dry run, not pushed: other.json to OCI registry "), "{said}");
    assert!(said.contains("  sends:     a blob and the manifest, "), "{said}");
    let pushed = user.thv(&["push", "other.json", &reference, "--json"]).ok().json();
    assert_eq!((&pushed["status"], &pushed["before"]), (&would["status"], &would["before"]));
}

fn dry_run_of_all_says_what_the_export_does(registry: &Registry) {
    let user = User::new();
    let stored = |name: &str, image: &str| {
        let config = json!({ "image": image, "name": name, "transport": "stdio" });
        user.file(&format!("state/toolhive/runconfigs/{name}.json"), config.to_string());
    };
    let repository = registry.reference("configs/a");
    let export = ["export", "--all", &repository, "--json"];
    let dry = [&export[..], &["--dry-run", "--wire-log", "dry.jsonl"]].concat();
    stored("same", "x:1");
    stored("moved", "x:1");
    user.thv(&export).ok();
    stored("moved", "x:2");
    stored("new", "x:1");
    let secret =
        json!({ "image": "x", "name": "secret", "env_vars": { "PASSWORD": "hunter2-is-long" } });
    user.file("state/toolhive/runconfigs/secret.json", secret.to_string());

    let would = user.thv(&dry).fails(18, "secret: not pushed: env_vars.PASSWORD").json();
    let sent = methods(&user.path("dry.jsonl"));
    assert!(sent.iter().all(|method| method == "GET" || method == "HEAD"), "{sent:?}");
    assert_eq!(held(registry, "new").0, 404);
    let did = user.thv(&export).fails(18, "secret: not pushed: env_vars.PASSWORD").json();
    for count in ["pushed", "replaced", "unchanged", "failed"] {
        assert_eq!((&would[count], &did[count]), (&json!(1), &json!(1)), "{count}");
    }
    let one = |report: &Value, name: &str| {
        let all = report["workloads"].as_array().unwrap().iter();
        all.clone().find(|one| one["name"] == name).unwrap().clone()
    };
    assert_eq!(one(&would, "moved")["before"], one(&did, "moved")["before"]);
    assert_eq!(one(&would, "same")["digest"], one(&did, "same")["digest"]);
    assert_eq!(one(&would, "new")["sends"]["blobs"].as_array().unwrap().len(), 1);
    let said = user.thv(&["export", "--all", &repository, "--dry-run"]).fails(18, "").stdout();
    assert!(said.starts_with(&format!("Dry run, not exported: the state store to {repository}\n")));
}

#[test]
fn dry_run_writes_nothing_and_says_what_the_push_does() {
    dry_run_says_what_the_push_does(&Registry::embedded());
    dry_run_of_all_says_what_the_export_does(&Registry::embedded());
}

#[test]
#[ignore = "needs Debian's docker-registry; tests/run.sh installs it"]
fn dry_run_writes_nothing_to_docker_registry() {
    let registry = Registry::docker();
    dry_run_says_what_the_push_does(&registry);
    dry_run_of_all_says_what_the_export_does(&Registry::docker());
}

#[test]
fn dry_run_refuses_what_the_push_refuses() {
    let user = User::new();
    let secret =
        json!({ "image": "x", "name": "n", "env_vars": { "PASSWORD": "hunter2-is-long" } });
    user.file("config.json", secret.to_string());
    user.file("broken.json", "{");
    let denying = StubRegistry::start(|_| status(401));
    let place = denying.reference("a:v1");
    for (file, reference, code) in [
        ("config.json", "localhost:1/a:v1", 18),
        ("broken.json", "localhost:1/a:v1", 12),
        ("config.json", "localhost:1/a@sha256:00", 2),
        ("ok.json", &*place, 4),
    ] {
        user.file("ok.json", STDIO);
        for more in [&["--dry-run"][..], &[]] {
            let ran = user.thv(&[&["push", file, reference][..], more].concat());
            assert_eq!((ran.code(), ran.stdout()), (code, String::new()), "{file} {more:?}");
        }
    }
}

/// Some registries deny reading what does not exist.
#[test]
fn dry_run_where_reading_is_denied_says_that_it_cannot_know() {
    let (user, denying) = (User::new(), StubRegistry::start(|_| status(403)));
    user.file("config.json", STDIO);
    let ran = user.thv(&["push", "config.json", &denying.reference("a:v1"), "--dry-run"]).ok();
    assert!(ran.stderr().contains("does not let this login read"), "{}", ran.stderr());
    assert!(denying.received().iter().all(|one| one.method == "GET" || one.method == "HEAD"));
}

#[test]
fn dry_run_of_an_export_to_a_file_writes_no_file() {
    let user = User::new();
    user.file("state/toolhive/runconfigs/my-server.json", STDIO);
    user.file("same.json", STDIO);
    user.file("other.json", "other");
    for (path, status) in
        [("./dir/new.json", "created"), ("./same.json", "unchanged"), ("./other.json", "replaced")]
    {
        let arguments = ["export", "my-server", path, "--dry-run", "--json"];
        assert_eq!(user.thv(&arguments).ok().json()["status"], status);
    }
    assert!(!user.path("dir").exists());
    assert_eq!(std::fs::read_to_string(user.path("other.json")).unwrap(), "other");
    user.thv(&["export", "my-server", "-", "--dry-run"]).fails(2, "for a file or a registry");
}

/// Docker Hub's name for it belongs to whoever registers it.
#[test]
fn image_that_toolhive_built_here_is_refused() {
    let (user, registry) = (User::new(), Registry::embedded());
    let reference = registry.reference("configs/a:n");
    let push = ["push", "n.json", &reference];
    let repository = registry.reference("configs/a");
    for image in [
        "toolhivelocal/npx-files:20260101120000",
        "docker.io/toolhivelocal/npx-files:20260101120000",
        "localhost/toolhivelocal/uvx-a",
        "ToolHiveLocal/go-a:1",
    ] {
        let config = json!({ "image": image, "name": "n", "transport": "stdio" });
        user.file("n.json", config.to_string());
        user.file("state/toolhive/runconfigs/n.json", config.to_string());
        let said =
            "not pushed: image names an image that only this machine has\nhint: push the image";
        user.thv(&push).fails(18, said);
        user.thv(&["export", "n", &reference]).fails(18, said);
        user.thv(&["export", "n", &reference, "--dry-run"]).fails(18, said);
        user.thv(&["export", "--all", &repository]).fails(18, "n: not pushed: image names");
        assert_eq!(held(&registry, "n").0, 404);
        // A file stays on this machine.
        user.thv(&["export", "n", "./out.json"]).ok();
    }
    user.thv(&[&push[..], &["--allow", "image"]].concat()).ok();
    for image in ["toolhive/toolhivelocal/a", "ghcr.io/toolhivelocal/a:1", "toolhivelocal.io/a"] {
        let config = json!({ "image": image, "name": "n", "transport": "stdio" });
        user.file("n.json", config.to_string());
        user.thv(&push).ok();
    }
}

#[test]
fn push_says_what_keeps_others_from_using_it() {
    let (user, registry) = (User::new(), Registry::embedded());
    let reference = registry.reference("configs/a:v1");
    let config = json!({ "Image": "x:1", "permision_profile": {}, "envvars": { "A": "1" } });
    user.file("config.json", config.to_string());
    let notes = "note: it has no \"name\"; `thv run` and `thv import` will need --name\n\
        note: it has no \"transport\"; to run, it needs stdio, sse or streamable-http there\n\
        note: \"Image\" is read as \"image\", but other programs may mind the case\n\
        note: ToolHive knows no field \"envvars\"; \"env_vars\" may be meant\n\
        note: ToolHive knows no field \"permision_profile\"; \"permission_profile\" may be meant\n";
    for more in [&["--dry-run"][..], &[]] {
        let ran = user.thv(&[&["push", "config.json", &reference][..], more].concat()).ok();
        assert_eq!(ran.stderr(), notes);
    }
    let ran = user.thv(&["push", "config.json", &reference, "--quiet"]).ok();
    assert_eq!(ran.stderr(), "");
    // It is true: both need a name, and that is enough.
    user.thv(&["import", &reference]).fails(2, "has no name; --name NAME");
    user.thv(&["import", &reference, "--name", "n"]).ok();
    user.file("nameless.json", r#"{"image":"x:1","transport":"stdio"}"#);
    let run = ["run", "./nameless.json", "--dry-run"];
    user.thv(&run).fails(15, "").fails(15, "hint: --name NAME gives it a name");
    user.thv(&[&run[..], &["--name", "n"]].concat()).ok();

    // With --all, the tag is the name.
    let ran = user.thv(&["export", "--all", &registry.reference("configs/all")]).ok().stderr();
    assert!(ran.starts_with("note: n: it has no \"transport\";"), "{ran}");
    assert!(ran.contains("note: n: ToolHive knows no field \"envvars\""), "{ran}");
}

#[test]
fn exported_file_with_a_secret_is_said_to_hold_it() {
    let user = User::new();
    let config = json!({ "image": "x:1", "name": "n", "transport": "stdio", "volumes": ["/home/me:/x"],
        "remote_auth_config": { "client_id": "me", "client_secret": "FAKE-9f8a7c6e5d4b3a21" } });
    user.file("state/toolhive/runconfigs/n.json", config.to_string());
    let said = "secrets in plain text: remote_auth_config.client_secret\n";
    for (place, shown) in [("./n.json", "./n.json"), ("-", "standard output")] {
        let ran = user.thv(&["export", "n", place]).ok();
        assert_eq!(ran.stderr(), format!("note: {shown} holds {said}"));
    }
    let ran = user.thv(&["export", "n", "./new.json", "--dry-run"]).ok();
    assert_eq!(ran.stderr(), format!("note: ./new.json would hold {said}"));

    // A reference to a secret is none.
    let config = config.to_string().replace("FAKE-9f8a7c6e5d4b3a21", "oauth,target=oauth_secret");
    user.file("state/toolhive/runconfigs/n.json", config);
    assert_eq!(user.thv(&["export", "n", "./n.json"]).ok().stderr(), "");
}
