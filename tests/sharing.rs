//! What `push` and `export` say about what they send, would send, and do not send.

use crate::support;

use serde_json::{Value, json};
use support::{Ran, Registry, User, sha256};

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
