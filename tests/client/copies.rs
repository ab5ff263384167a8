//! Copies between repositories and registries.

use serde_json::json;
use thv_oci::oci::{
    Annotations, Descriptor, ErrorKind, Manifest, MediaType, ProtocolViolation, Repository,
    TagOrDigest,
};

use super::support::{Registry, sha256};
use super::{Embedder, INDEX, MANIFEST, StubRegistry, scripted, status};

const STRANGE: MediaType = MediaType::from_static("application/vnd.example.strange");

fn tag(name: &str) -> TagOrDigest {
    TagOrDigest::Tag(name.parse().unwrap())
}

/// Pushes an index of two artifacts of an unknown type, one with a large blob.
async fn put_index(repository: &Repository) -> Vec<Descriptor> {
    let mut blobs = vec![Descriptor::empty()];
    repository.push_blob(&blobs[0], "{}".into()).await.unwrap();
    let mut manifests = Vec::new();
    for size in [10_usize, 5 * 1024 * 1024] {
        let content: Vec<u8> = (0..251).cycle().take(size).collect();
        let blob = Descriptor::of(STRANGE, &content);
        repository.push_blob(&blob, content.into()).await.unwrap();
        let manifest =
            Manifest::artifact(STRANGE, vec![blob.clone()], Annotations::new()).to_json();
        let described = Descriptor::of(MediaType::OCI_MANIFEST, &manifest);
        let target = TagOrDigest::Digest(described.digest.clone());
        repository.put_manifest(&target, &MediaType::OCI_MANIFEST, manifest).await.unwrap();
        blobs.push(blob);
        manifests.push(described);
    }
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests });
    let index = index.to_string().into_bytes();
    repository.put_manifest(&tag("v1"), &MediaType::OCI_INDEX, index).await.unwrap();
    blobs
}

/// Obligation 71, 72.
#[tokio::test]
async fn index_is_copied_with_everything_it_lists() {
    let embedder = Embedder::new();
    let (one, two) = (Registry::embedded(), Registry::embedded());
    let source = embedder.repository(&one.reference("a"));
    let blobs = put_index(&source).await;
    for target in [one.reference("b"), two.reference("a")] {
        let target = embedder.repository(&target);
        let copied = target.copy_from(&source, &tag("v1"), &tag("copy")).await.unwrap();
        assert_eq!(target.manifest(&tag("copy")).await.unwrap().descriptor, copied);
        for blob in &blobs {
            assert!(target.has_blob(&blob.digest).await.unwrap());
        }
        // Again, nothing but manifests is sent.
        let before = embedder.lines().len();
        target.copy_from(&source, &tag("v1"), &tag("copy")).await.unwrap();
        let sent = embedder.lines().split_off(before);
        assert!(!sent.iter().any(|line| line.contains("/uploads/")), "{sent:?}");
    }
    // Within a registry, blobs are mounted.
    let mounts = embedder.lines().iter().filter(|line| line.contains("mount=")).count();
    assert_eq!(mounts, 3, "{:?}", embedder.lines());
    embedder.breaks_no_rule();
}

/// Advisory 9.
#[tokio::test]
async fn copy_limits_the_depth_and_number_of_manifests() {
    let embedder = Embedder::new();
    // Each index lists another one, deeper and deeper.
    let deep = |level: u32| json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [], "annotations": { "level": level.to_string() } });
    let mut documents = vec![deep(99).to_string()];
    for level in 0..20 {
        let last = documents.last().unwrap();
        let mut document = deep(level);
        document["manifests"] =
            json!([{ "mediaType": INDEX, "digest": sha256(last.as_bytes()), "size": last.len() }]);
        documents.push(document.to_string());
    }
    let (top, count) = (documents.last().unwrap().clone(), documents.len());
    assert_eq!(count, 21);
    let (server, source) = scripted(&embedder, move |received| {
        let name = received.target.rsplit('/').next().unwrap();
        let found = documents.iter().find(|document| sha256(document.as_bytes()) == name);
        super::json(&found.unwrap_or(&top))
    });
    let target = Registry::embedded();
    let target = embedder.repository(&target.reference("a"));
    let failed = target.copy_from(&source, &tag("v1"), &tag("v1")).await.unwrap_err();
    assert!(matches!(failed.kind(), ErrorKind::Protocol(_)), "{failed}");
    assert!(server.received().len() < 15);
    assert!(target.manifest(&tag("v1")).await.is_err());

    // An index lists more than is ever copied, of whatever type.
    let many: Vec<_> = (0..=10_000)
        .map(|n: u32| json!({ "mediaType": STRANGE.as_str(), "digest": format!("sha256:{n:064x}"), "size": 4 }))
        .collect();
    let many = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": many });
    let (server, source) = scripted(&embedder, move |_| super::json(&many));
    let failed = target.copy_from(&source, &tag("v1"), &tag("v1")).await.unwrap_err();
    let limit = ErrorKind::Protocol(ProtocolViolation::ListLength(10_000)).to_string();
    assert_eq!(failed.kind().to_string(), limit);
    assert_eq!(server.received().len(), 1);

    // Indexes can only form a cycle if a digest is wrong.
    let itself = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [{ "mediaType": MANIFEST, "digest": sha256(b"x"), "size": 9 }] });
    let (_server, source) = scripted(&embedder, move |_| super::json(&itself));
    let failed = target.copy_from(&source, &tag("v1"), &tag("v1")).await.unwrap_err();
    assert!(matches!(failed.kind(), ErrorKind::Mismatch(_)), "{failed}");
}

/// Obligation 71.
#[tokio::test]
async fn manifest_of_an_unknown_type_is_copied_unchanged() {
    const CONTENT: &str = "anything at all";
    let embedder = Embedder::new();
    let digest = sha256(CONTENT.as_bytes());
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [
        { "mediaType": STRANGE.as_str(), "digest": digest, "size": CONTENT.len() },
    ] });
    let strange = format!("/v2/a/manifests/{digest}");
    let asked = strange.clone();
    let (_server, source) = scripted(&embedder, move |received| {
        if received.target != asked {
            return super::json(&index);
        }
        assert_eq!(received.header("accept"), Some(STRANGE.as_str()));
        status(200).with("content-type", STRANGE.to_string()).body(CONTENT)
    });
    let (server, target) = scripted(&embedder, |_| status(201));
    target.copy_from(&source, &tag("v1"), &tag("v1")).await.unwrap();
    let sent = server.received();
    let targets: Vec<_> = sent.iter().map(|sent| (&*sent.method, &*sent.target)).collect();
    assert_eq!(targets, [("PUT", &*strange), ("PUT", "/v2/a/manifests/v1")]);
    assert_eq!(sent[0].header("content-type"), Some(STRANGE.as_str()));
    assert_eq!(sent[0].body, CONTENT.as_bytes());
}

/// Advisory 5.
#[tokio::test]
async fn copy_ignores_the_urls_of_a_layer() {
    let embedder = Embedder::new();
    let elsewhere = StubRegistry::start(|_| status(200));
    let layer = json!({
        "mediaType": "x/y", "digest": sha256(b"layer"), "size": 5, "urls": [elsewhere.url("/layer")],
    });
    let document = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "layers": [layer],
        "config": { "mediaType": "x/z", "digest": sha256(b"{}"), "size": 2 },
    });
    let (_server, source) = scripted(&embedder, move |received| {
        if received.target.contains("/blobs/") {
            return status(404);
        }
        status(200).with("content-type", MANIFEST).body(document.to_string())
    });
    let target = Registry::embedded();
    let target = embedder.repository(&target.reference("a"));
    let failed = target.copy_from(&source, &tag("v1"), &tag("v1")).await.unwrap_err();
    assert!(matches!(failed.kind(), ErrorKind::NotFound(_)), "{failed}");
    assert_eq!(elsewhere.received().len(), 0);
}
