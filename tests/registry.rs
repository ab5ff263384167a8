//! The embedded registry: error codes, pages, limits, and what it keeps out. That it does what the
//! specification asks is shown in `tests/conformance/`.

use crate::support;

use serde_json::{Value, json};
use support::{Registry, Response, sha256};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const OCTETS: (&str, &str) = ("content-type", "application/octet-stream");
const EMPTY: &str = "application/vnd.oci.empty.v1+json";

fn code(answer: &Response) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    body["errors"][0]["code"].as_str().unwrap().to_owned()
}

fn json_of(answer: &Response) -> Value {
    assert_eq!(answer.status, 200);
    serde_json::from_slice(&answer.body).unwrap()
}

/// A manifest whose blobs are there, and its digest.
fn manifest(registry: &Registry, repository: &str, note: &str, subject: Option<&Value>) -> Value {
    let config = registry.put_blob(repository, b"{}");
    let mut manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "application/vnd.example",
        "config": { "mediaType": EMPTY, "digest": config, "size": 2 },
        "layers": [{ "mediaType": EMPTY, "digest": config, "size": 2 }],
        "annotations": { "note": note },
    });
    if let Some(subject) = subject {
        manifest["subject"] = subject.clone();
    }
    manifest
}

fn location(answer: &Response) -> String {
    answer.header("location").unwrap().to_owned()
}

#[test]
fn base_path_identifies_a_registry() {
    let registry = Registry::embedded();
    assert_eq!(registry.http("GET", "/v2/", &[], b"").status, 200);
    assert_eq!(registry.http("GET", "/", &[], b"").status, 404);
    assert_eq!(registry.http("POST", "/v2/", &[], b"").status, 405);
}

#[test]
fn blobs_are_served_whole_and_in_part() {
    let registry = Registry::embedded();
    let digest = registry.put_blob("a/b", b"0123456789");
    let path = format!("/v2/a/b/blobs/{digest}");
    let head = registry.http("HEAD", &path, &[], b"");
    assert_eq!((head.status, head.header("content-length")), (200, Some("10")));
    assert_eq!(head.header("docker-content-digest"), Some(&*digest));
    assert!(head.body.is_empty());
    assert_eq!(registry.http("GET", &path, &[], b"").body, b"0123456789");
    let part = registry.http("GET", &path, &[("range", "bytes=3-5")], b"");
    assert_eq!((part.status, &part.body[..]), (206, &b"345"[..]));
    assert_eq!(part.header("content-range"), Some("bytes 3-5/10"));
    assert_eq!(registry.http("GET", &path, &[("range", "bytes=10-")], b"").status, 416);

    let other = format!("/v2/a/other/blobs/{digest}");
    assert_eq!(code(&registry.http("GET", &other, &[], b"")), "BLOB_UNKNOWN");
}

#[test]
fn blob_is_accepted_in_one_request() {
    let registry = Registry::embedded();
    let digest = sha256(b"content");
    let path = format!("/v2/a/blobs/uploads/?digest={digest}");
    let done = registry.http("POST", &path, &[OCTETS], b"content");
    assert_eq!(done.status, 201);
    assert_eq!(registry.http("GET", &location(&done), &[], b"").body, b"content");

    let wrong = registry.http("POST", &path, &[OCTETS], b"other");
    assert_eq!((wrong.status, code(&wrong)), (400, "DIGEST_INVALID".to_owned()));
}

#[test]
fn chunks_are_accepted_only_in_order() {
    let registry = Registry::embedded();
    let start = registry.http("POST", "/v2/a/blobs/uploads/", &[], b"");
    assert_eq!(start.status, 202);
    let first = registry.http("PATCH", &location(&start), &[("content-range", "0-2")], b"abc");
    assert_eq!((first.status, first.header("range")), (202, Some("0-2")));

    let gap = registry.http("PATCH", &location(&first), &[("content-range", "4-5")], b"ef");
    assert_eq!(gap.status, 416);
    let status = registry.http("GET", &location(&first), &[], b"");
    assert_eq!((status.status, status.header("range")), (204, Some("0-2")));
    let stale = registry.http("PATCH", &location(&start), &[], b"def");
    assert_eq!(code(&stale), "BLOB_UPLOAD_INVALID", "only the newest location works");

    let second = registry.http("PATCH", &location(&status), &[("content-range", "3-4")], b"de");
    assert_eq!(second.status, 202);
    let end = format!("{}&digest={}", location(&second), sha256(b"abcdef"));
    let done = registry.http("PUT", &end, &[("content-range", "5-5")], b"f");
    assert_eq!(done.status, 201);
    assert_eq!(registry.http("GET", &location(&done), &[], b"").body, b"abcdef");
    assert_eq!(code(&registry.http("GET", &location(&second), &[], b"")), "BLOB_UPLOAD_UNKNOWN");
}

#[test]
fn upload_can_be_cancelled() {
    let registry = Registry::embedded();
    let start = registry.http("POST", "/v2/a/blobs/uploads/", &[], b"");
    assert_eq!(registry.http("DELETE", &location(&start), &[], b"").status, 204);
    assert_eq!(registry.http("PATCH", &location(&start), &[], b"x").status, 404);
}

#[test]
fn blob_is_mounted_if_the_source_has_it() {
    let registry = Registry::embedded();
    let digest = registry.put_blob("from", b"content");
    let mount = |from: &str| format!("/v2/to/blobs/uploads/?mount={digest}&from={from}");
    assert_eq!(registry.http("POST", &mount("elsewhere"), &[], b"").status, 202);
    let mounted = registry.http("POST", &mount("from"), &[], b"");
    assert_eq!(mounted.status, 201);
    assert_eq!(registry.http("GET", &location(&mounted), &[], b"").body, b"content");
}

#[test]
fn manifests_are_kept_unchanged_and_checked() {
    let registry = Registry::embedded();
    let content = manifest(&registry, "a", "é", None).to_string();
    let digest = sha256(content.as_bytes());
    let put = |path: &str, media_type: &str, body: &str| {
        registry.http("PUT", path, &[("content-type", media_type)], body.as_bytes())
    };
    assert_eq!(put("/v2/a/manifests/v1", MANIFEST, &content).status, 201);
    for reference in ["v1", &digest] {
        let path = format!("/v2/a/manifests/{reference}");
        let got = registry.http("GET", &path, &[], b"");
        assert_eq!(got.body, content.as_bytes());
        assert_eq!(got.header("content-type"), Some(MANIFEST));
        assert_eq!(got.header("docker-content-digest"), Some(&*digest));
        let head = registry.http("HEAD", &path, &[], b"");
        assert_eq!(head.header("content-length"), Some(&*content.len().to_string()));
    }
    let unknown = registry.http("GET", "/v2/a/manifests/v2", &[], b"");
    assert_eq!((unknown.status, code(&unknown)), (404, "MANIFEST_UNKNOWN".to_owned()));

    let elsewhere = put("/v2/b/manifests/v1", MANIFEST, &content);
    assert_eq!(code(&elsewhere), "MANIFEST_BLOB_UNKNOWN");
    assert_eq!(code(&put("/v2/a/manifests/v3", MANIFEST, "{")), "MANIFEST_INVALID");
    let as_index = put("/v2/a/manifests/v3", "application/vnd.oci.image.index.v1+json", &content);
    assert_eq!(code(&as_index), "MANIFEST_INVALID");
    let other = format!("/v2/a/manifests/{}", sha256(b"other"));
    assert_eq!(code(&put(&other, MANIFEST, &content)), "DIGEST_INVALID");
    assert_eq!(put("/v2/a/manifests/v3", MANIFEST, &" ".repeat(4 * 1024 * 1024 + 1)).status, 413);
}

#[test]
fn tags_are_listed_in_pages() {
    let registry = Registry::embedded();
    let manifest = manifest(&registry, "a", "", None);
    for tag in ["v3", "v1", "v2"] {
        registry.put_manifest("a", tag, MANIFEST, &manifest);
    }
    let list = |path: &str| registry.http("GET", path, &[], b"");
    assert_eq!(json_of(&list("/v2/a/tags/list"))["tags"], json!(["v1", "v2", "v3"]));
    let page = list("/v2/a/tags/list?n=2");
    assert_eq!(json_of(&page)["tags"], json!(["v1", "v2"]));
    let link = page.header("link").unwrap();
    let next = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
    let second = list(next);
    assert_eq!(json_of(&second)["tags"], json!(["v3"]));
    assert_eq!(second.header("link"), None);
    assert_eq!(json_of(&list("/v2/a/tags/list?n=0"))["tags"], json!([]));
    assert_eq!(code(&list("/v2/none/tags/list")), "NAME_UNKNOWN");
}

#[test]
fn referrers_are_found_and_filtered() {
    let registry = Registry::embedded();
    let subject = json!({ "mediaType": MANIFEST, "digest": sha256(b"absent"), "size": 6 });
    let referrer = manifest(&registry, "a", "refers", Some(&subject));
    let put = registry.http(
        "PUT",
        "/v2/a/manifests/ref",
        &[("content-type", MANIFEST)],
        referrer.to_string().as_bytes(),
    );
    assert_eq!(put.header("oci-subject"), Some(&*sha256(b"absent")));
    let path = format!("/v2/a/referrers/{}", sha256(b"absent"));
    let list = |filter: &str| registry.http("GET", &format!("{path}{filter}"), &[], b"");
    let all = json_of(&list(""));
    assert_eq!(all["manifests"][0]["digest"], sha256(referrer.to_string().as_bytes()));
    assert_eq!(all["manifests"][0]["artifactType"], "application/vnd.example");
    let filtered = list("?artifactType=other/type");
    assert_eq!(json_of(&filtered)["manifests"], json!([]));
    assert_eq!(filtered.header("oci-filters-applied"), Some("artifactType"));
}

#[test]
fn many_referrers_come_in_pages() {
    let registry = Registry::embedded();
    let subject = json!({ "mediaType": MANIFEST, "digest": sha256(b"absent"), "size": 6 });
    for tag in ["one", "two", "three"] {
        let mut referrer = manifest(&registry, "a", tag, Some(&subject));
        referrer["annotations"]["large"] = json!("x".repeat(2 * 1024 * 1024 - 2000));
        registry.put_manifest("a", tag, MANIFEST, &referrer);
    }
    let mut next =
        format!("/v2/a/referrers/{}?artifactType=application/vnd.example", sha256(b"absent"));
    let mut sizes = Vec::new();
    let mut digests = std::collections::BTreeSet::new();
    loop {
        let page = registry.http("GET", &next, &[], b"");
        let referrers = json_of(&page)["manifests"].as_array().unwrap().clone();
        sizes.push(referrers.len());
        digests.extend(referrers.iter().map(|r| r["digest"].as_str().unwrap().to_owned()));
        assert_eq!(page.header("oci-filters-applied"), Some("artifactType"));
        let Some(link) = page.header("link") else { break };
        link.strip_prefix('<')
            .unwrap()
            .strip_suffix(">; rel=\"next\"")
            .unwrap()
            .clone_into(&mut next);
    }
    assert_eq!((sizes, digests.len()), (vec![2, 1], 3));
}

#[test]
fn bytes_before_a_broken_connection_are_kept() {
    use std::io::{Read as _, Write as _};
    let files = tempfile::tempdir().unwrap();
    for registry in [Registry::embedded(), Registry::embedded_in(files.path())] {
        let start = registry.http("POST", "/v2/a/blobs/uploads/", &[], b"");
        let path = location(&start);
        let mut stream = std::net::TcpStream::connect(registry.address).unwrap();
        let host = registry.address;
        let head = format!("PATCH {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 10\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(b"abcd").unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        // The registry answers or closes once it has seen the end.
        let _ = stream.read_to_end(&mut Vec::new());

        let status = registry.http("GET", &path, &[], b"");
        assert_eq!((status.status, status.header("range")), (204, Some("0-3")));
        let end = format!("{}&digest={}", location(&status), sha256(b"abcdefghij"));
        let done = registry.http("PUT", &end, &[("content-range", "4-9")], b"efghij");
        assert_eq!(done.status, 201);
        assert_eq!(registry.http("GET", &location(&done), &[], b"").body, b"abcdefghij");
    }
}

#[test]
fn large_blob_is_not_held_in_memory() {
    const SIZE: usize = 96 * 1024 * 1024;
    let files = tempfile::tempdir().unwrap();
    let registry = Registry::embedded_in(files.path());
    let before = registry.peak_memory();
    let digest = registry.put_blob("a", &vec![7; SIZE]);
    let got = registry.http("GET", &format!("/v2/a/blobs/{digest}"), &[], b"");
    assert_eq!((got.status, got.body.len()), (200, SIZE));
    assert!(got.body.iter().all(|byte| *byte == 7));
    let taken = registry.peak_memory() - before;
    assert!(taken < 16 * 1024 * 1024, "{taken} bytes of memory");
    assert_eq!(std::fs::read_dir(files.path().join("thv-uploads")).unwrap().count(), 0);
}

#[test]
fn unfinished_uploads_are_removed_at_the_next_start() {
    let files = tempfile::tempdir().unwrap();
    let registry = Registry::embedded_in(files.path());
    let digest = registry.put_blob("a", b"kept");
    let start = registry.http("POST", "/v2/a/blobs/uploads/", &[], b"");
    assert_eq!(registry.http("PATCH", &location(&start), &[], b"left").status, 202);
    assert_eq!(std::fs::read_dir(files.path().join("thv-uploads")).unwrap().count(), 1);
    drop(registry);
    let registry = Registry::embedded_in(files.path());
    assert!(!files.path().join("thv-uploads").exists());
    assert_eq!(registry.http("GET", &location(&start), &[], b"").status, 404);
    let kept = registry.http("GET", &format!("/v2/a/blobs/{digest}"), &[], b"");
    assert_eq!(kept.body, b"kept");
}

#[test]
fn announced_digest_algorithm_is_accepted_or_refused() {
    let registry = Registry::embedded();
    let start = |algorithm: &str| {
        let path = format!("/v2/a/blobs/uploads/?digest-algorithm={algorithm}");
        registry.http("POST", &path, &[], b"")
    };
    assert_eq!(code(&start("md5")), "DIGEST_INVALID");
    // Whatever was announced, the digest at the end counts.
    for (announced, algorithm) in [("sha256", "sha512"), ("sha512", "sha512"), ("sha512", "sha256")]
    {
        let digest = support::digest(algorithm, b"content");
        let end = format!("{}&digest={digest}", location(&start(announced)));
        assert_eq!(registry.http("PUT", &end, &[OCTETS], b"content").status, 201);
        let end = format!("{}&digest={digest}", location(&start(announced)));
        assert_eq!(code(&registry.http("PUT", &end, &[OCTETS], b"other")), "DIGEST_INVALID");
    }
}

#[test]
fn too_many_tags_in_a_request_are_refused() {
    let registry = Registry::embedded();
    let content = manifest(&registry, "a", "", None).to_string();
    let tags: Vec<_> = (0..101).map(|index| format!("tag=v{index}")).collect();
    let path = format!("/v2/a/manifests/{}?{}", sha256(content.as_bytes()), tags.join("&"));
    let put = registry.http("PUT", &path, &[("content-type", MANIFEST)], content.as_bytes());
    assert_eq!(put.status, 414);
    assert_eq!(registry.http("GET", "/v2/a/manifests/v0", &[], b"").status, 404);
}

#[test]
fn content_is_deleted() {
    let registry = Registry::embedded();
    let manifest = manifest(&registry, "a", "", None);
    registry.put_manifest("a", "v1", MANIFEST, &manifest);
    registry.put_manifest("a", "v2", MANIFEST, &manifest);
    let delete = |path: &str| registry.http("DELETE", path, &[], b"").status;
    let get = |path: &str| registry.http("GET", path, &[], b"").status;
    let by_digest = format!("/v2/a/manifests/{}", sha256(manifest.to_string().as_bytes()));
    assert_eq!(delete("/v2/a/manifests/v1"), 202);
    assert_eq!((get("/v2/a/manifests/v1"), get(&by_digest)), (404, 200));
    assert_eq!(delete(&by_digest), 202);
    assert_eq!((get("/v2/a/manifests/v2"), get(&by_digest)), (404, 404));
    let blob = format!("/v2/a/blobs/{}", sha256(b"{}"));
    assert_eq!((delete(&blob), get(&blob), delete(&blob)), (202, 404, 404));
}

#[test]
fn paths_outside_the_directory_are_refused() {
    let files = tempfile::tempdir().unwrap();
    std::fs::write(files.path().join("outside"), "outside").unwrap();
    let registry = Registry::embedded_in(&files.path().join("inside"));
    for path in [
        "/v2/../../outside/blobs/uploads/",
        "/v2/a/../../blobs/uploads/",
        "/v2/%2e%2e/blobs/uploads/",
        "/v2/a%2f..%2f../blobs/uploads/",
        "/v2/_blobs/blobs/uploads/",
    ] {
        assert_eq!(code(&registry.http("POST", path, &[], b"")), "NAME_INVALID", "{path}");
    }
    for reference in ["..", "../../outside", "sha256:../../../outside", "%2e%2e"] {
        let answer = registry.http("GET", &format!("/v2/a/manifests/{reference}"), &[], b"");
        assert!(matches!(answer.status, 400 | 404), "{reference}: {}", answer.status);
    }
    let inside = std::fs::read_dir(files.path().join("inside")).unwrap();
    let names: Vec<_> = inside.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, [".thv-registry"]);
}
