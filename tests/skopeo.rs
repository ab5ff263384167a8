//! What Debian's `skopeo`, a client that is not ours, makes of our artifacts and our registry.

use crate::support;

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::{Registry, User, sha256};

const STDIO: &[u8] = include_bytes!("../fixtures/runconfigs/stdio.json");

fn skopeo(arguments: &[&str]) -> Vec<u8> {
    let ran = Command::new("skopeo").args(arguments).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    ran.stdout
}

fn pushed(user: &User, registry: &Registry, rest: &str) -> String {
    user.file("config.json", STDIO);
    let reference = registry.reference(rest);
    let report = user.thv(&["push", "config.json", &reference, "--json"]).ok().json();
    report["digest"].as_str().unwrap().to_owned()
}

#[test]
#[ignore = "needs Debian's skopeo and docker-registry; tests/run.sh installs them"]
fn skopeo_reads_a_pushed_artifact() {
    let (user, registry) = (User::new(), Registry::docker());
    let digest = pushed(&user, &registry, "configs/my-server:v1");
    let source = format!("docker://{}", registry.reference("configs/my-server:v1"));
    let raw = skopeo(&["inspect", "--raw", "--tls-verify=false", &source]);
    assert_eq!(sha256(&raw), digest);
    let manifest: Value = serde_json::from_slice(&raw).unwrap();
    assert_eq!(manifest["layers"][0]["digest"], sha256(STDIO));

    let copy = user.path("copy");
    let target = format!("dir:{}", copy.display());
    skopeo(&["copy", "--src-tls-verify=false", &source, &target]);
    let layer = sha256(STDIO);
    let file = copy.join(layer.strip_prefix("sha256:").unwrap());
    assert_eq!(std::fs::read(file).unwrap(), STDIO);
}

#[test]
#[ignore = "needs Debian's skopeo and docker-registry; tests/run.sh installs them"]
fn artifact_copied_by_skopeo_keeps_its_digest() {
    let (user, docker, embedded) = (User::new(), Registry::docker(), Registry::embedded());
    let digest = pushed(&user, &docker, "configs/my-server:v1");
    let between = format!("oci:{}:v1", user.path("layout").display());
    let from = format!("docker://{}", docker.reference("configs/my-server:v1"));
    let to = format!("docker://{}", embedded.reference("mirror/my-server:v1"));
    skopeo(&["copy", "--preserve-digests", "--src-tls-verify=false", &from, &between]);
    skopeo(&["copy", "--preserve-digests", "--dest-tls-verify=false", &between, &to]);
    assert!(Path::new(&user.path("layout/oci-layout")).exists());
    let pulled =
        user.thv(&["pull", &format!("{}@{digest}", embedded.reference("mirror/my-server"))]);
    assert_eq!(pulled.ok().0.stdout, STDIO);
}
