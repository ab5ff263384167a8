//! Blobs: how they are uploaded, mounted, looked for and deleted.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use thv_oci::oci::{Algorithm, Descriptor, Digest, ErrorKind, MediaType, ProtocolViolation};
use thv_oci::wire::BodySource;

use super::support::stub_registry::{Fault, Rule, StubRegistry};
use super::support::{Registry, sha256};
use super::{Embedder, scripted, status};

const OCTETS: MediaType = MediaType::from_static("application/octet-stream");
const CONTENT: &[u8] = b"content of a blob";

fn blob() -> Descriptor {
    Descriptor::of(OCTETS, CONTENT)
}

fn located(location: &str) -> super::Response {
    status(202).with("location", location)
}

/// Obligation 12, 13, 14, 16, 17.
#[tokio::test]
async fn small_blob_is_sent_with_post_and_again_with_put_after_202() {
    for absolute in [false, true] {
        let embedder = Embedder::new();
        let (server, repository) = scripted(&embedder, move |received| match &*received.method {
            "POST" if absolute => {
                located(&format!("http://{}/up/1?x=%2f+~b&", received.header("host").unwrap()))
            }
            "POST" => located("/up/1?x=%2f+~b&"),
            _ => status(201),
        });
        repository.push_blob(&blob(), CONTENT.into()).await.unwrap();
        let received = server.received();
        assert_eq!(received.len(), 2);
        let digest = sha256(CONTENT).replace(':', "%3A");
        assert_eq!(received[0].target, format!("/v2/a/blobs/uploads/?digest={digest}"));
        assert_eq!(received[1].target, format!("/up/1?x=%2f+~b&&digest={digest}"));
        for request in received {
            assert_eq!(request.header("content-length"), Some("17"));
            assert_eq!(request.header("content-type"), Some("application/octet-stream"));
            assert_eq!(request.body, CONTENT);
        }
    }
}

/// Obligation 18, 20, 22, 23, 24.
#[tokio::test]
async fn stream_is_sent_in_chunks_to_the_newest_location() {
    let embedder = Embedder::new();
    let count = AtomicUsize::new(0);
    let (server, repository) = scripted(&embedder, move |received| match &*received.method {
        "PUT" => status(201),
        _ => located(&format!("/up/{}?s=1", count.fetch_add(1, Ordering::Relaxed))),
    });
    let content = vec![b'x'; 5 * 1024 * 1024];
    let pushed = repository.push_stream(OCTETS, &content[..], Algorithm::Sha256).await.unwrap();
    assert_eq!((pushed.size, pushed.digest.to_string()), (content.len() as u64, sha256(&content)));
    let received = server.received();
    let shown: Vec<_> = received
        .iter()
        .map(|request| {
            let target = request.target.split("&digest=").next().unwrap();
            let range = request.header("content-range").unwrap_or("-");
            format!(
                "{} {target} {range} {}",
                request.method,
                request.header("content-length").unwrap()
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "POST /v2/a/blobs/uploads/ - 0",
            "PATCH /up/0?s=1 0-4194303 4194304",
            "PATCH /up/1?s=1 4194304-5242879 1048576",
            "PUT /up/2?s=1 - 0",
        ]
    );
    assert!(received[3].target.ends_with(&sha256(&content).replace(':', "%3A")));
    embedder.breaks_no_rule();
}

/// Obligation 19.
#[tokio::test]
async fn digest_algorithm_other_than_sha256_is_announced() {
    let embedder = Embedder::new();
    let (server, repository) = scripted(&embedder, |received| match &*received.method {
        "POST" | "PATCH" => located("/up/1"),
        _ => status(201),
    });
    repository.push_stream(OCTETS, CONTENT, Algorithm::Sha512).await.unwrap();
    repository.push_stream(OCTETS, CONTENT, Algorithm::Sha256).await.unwrap();
    let starts: Vec<_> =
        server.received().into_iter().filter(|r| r.method == "POST").map(|r| r.target).collect();
    assert_eq!(starts, ["/v2/a/blobs/uploads/?digest-algorithm=sha512", "/v2/a/blobs/uploads/"]);
}

/// Obligation 26, 27.
#[tokio::test]
async fn failed_upload_is_cancelled_and_a_failed_cancellation_is_ignored() {
    let embedder = Embedder::new();
    let (server, repository) = scripted(&embedder, |received| match &*received.method {
        "POST" => located("/up/1"),
        "DELETE" => status(500),
        _ => status(403),
    });
    let failed = repository.push_blob(&blob(), CONTENT.into()).await.unwrap_err();
    assert!(matches!(failed.kind(), ErrorKind::Denied(_)), "{failed}");
    let last = server.received().pop().unwrap();
    assert_eq!(
        (&*last.method, &*last.target, last.header("content-length")),
        ("DELETE", "/up/1", Some("0"))
    );
}

/// Obligation 26.
#[tokio::test]
async fn dropped_upload_is_cancelled() {
    let embedder = Embedder::new();
    let registry = Registry::embedded();
    let layer = StubRegistry::before(
        registry.address,
        vec![Rule::new("PATCH", "/uploads/", 0..1, Fault::stall(""))],
        false,
    );
    let repository = embedder.repository(&format!("{}/a", layer.address));
    let pushing = repository.push_stream(OCTETS, CONTENT, Algorithm::Sha256);
    let arrived = async {
        while layer.count("PATCH", "/uploads/") == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = pushing => panic!("it was not to end"),
        () = arrived => {}
    }
    embedder.client.settle().await;
    assert!(embedder.lines().last().unwrap().starts_with("DELETE "), "{:?}", embedder.lines());
    assert!(embedder.lines().last().unwrap().ends_with(" 204"), "{:?}", embedder.lines());
}

#[tokio::test]
async fn attempts_are_recorded_with_their_number() {
    let embedder = Embedder::new();
    let count = AtomicUsize::new(0);
    let (_server, repository) = scripted(&embedder, move |_| {
        status(if count.fetch_add(1, Ordering::Relaxed) < 2 { 503 } else { 200 })
    });
    assert!(repository.has_blob(&blob().digest).await.unwrap());
    let attempts: Vec<_> = embedder.recorder.exchanges().iter().map(|e| e.attempt).collect();
    assert_eq!(attempts, [1, 2, 3]);
    embedder.breaks_no_rule();
}

/// Obligation 10, 52.
#[tokio::test]
async fn blob_is_checked_and_deleted() {
    for (code, found) in [(200, true), (404, false), (405, false), (501, false)] {
        let embedder = Embedder::new();
        // Older registries send no `Docker-Content-Digest`.
        let (server, repository) = scripted(&embedder, move |_| status(code));
        assert_eq!(repository.has_blob(&blob().digest).await.unwrap(), found);
        assert_eq!(server.received()[0].method, "HEAD");
    }
    let embedder = Embedder::new();
    let registry = Registry::embedded();
    let repository = embedder.repository(&registry.reference("a"));
    repository.push_blob(&blob(), CONTENT.into()).await.unwrap();
    assert_eq!(repository.blob(&blob(), 100).await.unwrap(), CONTENT);
    repository.delete_blob(&blob().digest).await.unwrap();
    assert!(!repository.has_blob(&blob().digest).await.unwrap());
    let gone = repository.delete_blob(&blob().digest).await.unwrap_err();
    assert!(matches!(gone.kind(), ErrorKind::NotFound(_)), "{gone}");
    for code in [400, 405] {
        let (_server, repository) = scripted(&embedder, move |_| status(code));
        let refused = repository.delete_blob(&blob().digest).await.unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::Registry(error) if error.status == code));
    }
}

/// Obligation 28, 29.
#[tokio::test]
async fn mount_is_done_only_after_201() {
    let from = "other/b".parse().unwrap();
    let digest = blob().digest;
    let wrong = Digest::sha256(b"x").to_string();
    for (reply, expected) in [
        (status(201), true),
        (located("/up/1"), false),
        (status(202), false),
        (status(400), false),
        (status(401).with("www-authenticate", "Basic realm=\"x\""), false),
        (status(403), false),
        (status(404), false),
        (status(405), false),
        (status(500), false),
    ] {
        let embedder = Embedder::new();
        let opens = reply.header("location").is_some();
        let (server, repository) = scripted(&embedder, move |received| match &*received.method {
            "POST" => reply.clone(),
            _ => status(204),
        });
        assert_eq!(repository.mount_blob(&digest, &from).await.unwrap(), expected);
        let received = server.received();
        let query = format!("mount={}&from=other%2Fb", digest.to_string().replace(':', "%3A"));
        assert_eq!(received[0].target, format!("/v2/a/blobs/uploads/?{query}"));
        // The session that was opened instead is not left behind.
        assert_eq!(received.last().unwrap().method == "DELETE", opens);
    }
    let embedder = Embedder::new();
    let (_server, repository) =
        scripted(&embedder, move |_| status(201).with("docker-content-digest", &wrong));
    let lied = repository.mount_blob(&digest, &from).await.unwrap_err();
    assert!(matches!(lied.kind(), ErrorKind::Mismatch(_)), "{lied}");
}

/// Obligation 28, 58.
#[tokio::test]
#[ignore = "needs Debian's docker-registry; tests/run.sh installs it"]
async fn docker_registry_mounts_only_blobs_that_it_has() {
    let embedder = Embedder::new();
    let registry = Registry::docker();
    let there = embedder.repository(&registry.reference("there"));
    let here = embedder.repository(&registry.reference("here"));
    let digest = blob().digest;
    assert!(!here.mount_blob(&digest, there.name()).await.unwrap());
    there.push_blob(&blob(), CONTENT.into()).await.unwrap();
    assert!(here.mount_blob(&digest, there.name()).await.unwrap());
    assert!(here.has_blob(&digest).await.unwrap());
    embedder.breaks_no_rule();
}

/// 64 MiB, more than the buffers of a connection hold.
struct Sparse;

impl BodySource for Sparse {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = (64 * 1024 * 1024_u64).saturating_sub(offset);
        let size = buffer.len().min(usize::try_from(left).unwrap());
        buffer[..size].fill(7);
        Ok(size)
    }
}

#[tokio::test]
async fn upload_offset_beyond_what_was_sent_is_refused() {
    let embedder = Embedder::new();
    let registry = Registry::embedded();
    let size = 64 * 1024 * 1024;
    // It resets the connection at once, then claims to have all bytes, and accepts any digest.
    let has = format!("0-{}", size - 1);
    let rules = vec![
        Rule::new("PATCH", "/uploads/", 0..1, Fault::reset()),
        Rule::new("GET", "/uploads/", 0..1, Fault::always(status(204).with("range", has))),
        Rule::new("PUT", "/uploads/", 0..1, Fault::always(status(201))),
    ];
    let layer = StubRegistry::before(registry.address, rules, false);
    let repository = embedder.repository(&format!("{}/a", layer.address));
    let pushed = repository.push_source(OCTETS, Arc::new(Sparse), size, Algorithm::Sha256).await;
    let lied = pushed.unwrap_err();
    assert!(
        matches!(lied.kind(), ErrorKind::Protocol(ProtocolViolation::UploadOffset { has, .. }) if *has == size),
        "{lied}"
    );
}

#[tokio::test]
async fn content_that_does_not_match_its_descriptor_is_not_sent() {
    let embedder = Embedder::new();
    let (server, repository) = scripted(&embedder, |_| status(201));
    let failed = repository.push_blob(&blob(), b"other content".as_slice().into()).await;
    assert!(matches!(failed.unwrap_err().kind(), ErrorKind::Mismatch(_)));
    assert_eq!(server.received().len(), 0);
}

#[tokio::test]
async fn empty_blob_is_pushed_and_pulled() {
    let embedder = Embedder::new();
    let registry = Registry::embedded();
    let repository = embedder.repository(&registry.reference("a"));
    let empty = Descriptor::of(OCTETS, b"");
    repository
        .push_source(OCTETS, Arc::new(tempfile::tempfile().unwrap()), 0, Algorithm::Sha256)
        .await
        .unwrap();
    repository.push_stream(OCTETS, &b""[..], Algorithm::Sha256).await.unwrap();
    repository.push_blob(&empty, "".into()).await.unwrap();
    assert_eq!(repository.blob(&empty, 0).await.unwrap(), b"");
    let files = tempfile::tempdir().unwrap();
    repository.download_blob(&empty, &files.path().join("out")).await.unwrap();
    assert_eq!(std::fs::read(files.path().join("out")).unwrap(), b"");
    embedder.breaks_no_rule();
}
