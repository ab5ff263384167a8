//! The suite's steps for blobs, each under both digest algorithms.

use super::content::random;
use super::{Optional, Target};
use crate::support::{Response, digest};

const OCTETS: (&str, &str) = ("content-type", "application/octet-stream");
const REPOSITORY: &str = "conformance/repo1";
const OTHER: &str = "conformance/repo2";
/// The least size of a chunk, where the registry names none.
const CHUNK: usize = 1024;

/// A way to push a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    SinglePost,
    PostThenPut,
    /// Chunks with ranges; the last one by PUT, or by PATCH before an empty PUT.
    Chunks {
        put_last: bool,
    },
    /// One PATCH of unknown length.
    Stream,
}

const WAYS: [Way; 5] = [
    Way::SinglePost,
    Way::PostThenPut,
    Way::Chunks { put_last: false },
    Way::Chunks { put_last: true },
    Way::Stream,
];

/// The path of a `Location`, which may be absolute.
pub(crate) fn location(answer: &Response) -> String {
    let location = answer.header("location").expect("a location");
    let path = location.split_once("/v2/").expect("a location in the API").1;
    format!("/v2/{path}")
}

fn with_digest(location: &str, digest: &str) -> String {
    let separator = if location.contains('?') { '&' } else { '?' };
    format!("{location}{separator}digest={digest}")
}

impl Target {
    fn start(&self, repository: &str) -> Response {
        let path = format!("/v2/{repository}/blobs/uploads/");
        let started = self.registry.http("POST", &path, &[], b"");
        assert_eq!(started.status, 202);
        started
    }

    fn close(&self, way: Way, location: &str, digest: &str, content: &[u8]) -> Response {
        let path = with_digest(location, digest);
        match way {
            Way::SinglePost | Way::PostThenPut => {
                self.registry.http("PUT", &path, &[OCTETS], content)
            }
            Way::Chunks { .. } | Way::Stream => self.registry.http("PUT", &path, &[OCTETS], b""),
        }
    }

    /// Pushes `content` under `digest`, and returns the last response.
    fn try_push(&self, way: Way, repository: &str, digest: &str, content: &[u8]) -> Response {
        match way {
            Way::SinglePost => {
                let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
                if !self.lacks(Optional::SinglePost) {
                    return self.registry.http("POST", &path, &[OCTETS], content);
                }
                // It does not read the content either.
                let posted = self.registry.http("POST", &path, &[OCTETS], b"");
                assert_eq!(posted.status, 202);
                self.close(way, &location(&posted), digest, content)
            }
            Way::PostThenPut => {
                self.close(way, &location(&self.start(repository)), digest, content)
            }
            Way::Stream => {
                let at = location(&self.start(repository));
                let sent = self.registry.http_stream("PATCH", &at, content);
                assert_eq!(sent.status, 202);
                self.close(way, &location(&sent), digest, content)
            }
            Way::Chunks { put_last } => {
                let started = self.start(repository);
                let size = chunk_size(&started, content.len());
                let mut at = location(&started);
                for start in (0..content.len()).step_by(size) {
                    let end = content.len().min(start + size);
                    let (chunk, last) = (&content[start..end], end == content.len());
                    if last && put_last {
                        return self.chunk("PUT", &with_digest(&at, digest), start, chunk);
                    }
                    let sent = self.chunk("PATCH", &at, start, chunk);
                    assert_eq!(sent.status, 202);
                    assert_eq!(sent.header("range"), Some(&*format!("0-{}", end - 1)));
                    at = location(&sent);
                }
                self.close(way, &at, digest, content)
            }
        }
    }

    fn chunk(&self, method: &str, at: &str, start: usize, chunk: &[u8]) -> Response {
        let range = format!("{start}-{}", start + chunk.len() - 1);
        self.registry.http(method, at, &[OCTETS, ("content-range", &range)], chunk)
    }

    /// Pushes a blob, and pulls it from the returned `Location`.
    fn push_in(&self, way: Way, repository: &str, algorithm: &str, content: &[u8]) -> String {
        let digest = digest(algorithm, content);
        let pushed = self.try_push(way, repository, &digest, content);
        assert_eq!(pushed.status, 201, "{way:?} {algorithm}");
        self.verify_location(&pushed, &digest, content);
        digest
    }

    fn verify_location(&self, pushed: &Response, digest: &str, content: &[u8]) {
        if let Some(header) = pushed.header("docker-content-digest") {
            assert_eq!(header, digest);
        }
        let got = self.registry.http("GET", &location(pushed), &[], b"");
        assert_eq!((got.status, &got.body[..]), (200, content));
    }

    /// Pushes a blob in any way.
    pub(crate) fn push_blob(&self, repository: &str, algorithm: &str, content: &[u8]) -> String {
        self.push_in(Way::PostThenPut, repository, algorithm, content)
    }

    /// HEAD and GET.
    pub(crate) fn pull_blob(&self, repository: &str, digest: &str, content: &[u8]) {
        let path = format!("/v2/{repository}/blobs/{digest}");
        let length = content.len().to_string();
        for (method, body) in [("HEAD", &b""[..]), ("GET", content)] {
            let got = self.registry.http(method, &path, &[], b"");
            assert_eq!((got.status, &got.body[..]), (200, body), "{method} {digest}");
            assert_eq!(got.header("content-length"), Some(&*length), "{method} {digest}");
            if let Some(header) = got.header("docker-content-digest") {
                assert_eq!(header, digest);
            }
        }
    }

    /// DELETE; the blob is gone at once.
    pub(crate) fn delete_blob(&self, repository: &str, digest: &str) {
        let path = format!("/v2/{repository}/blobs/{digest}");
        let deleted = self.registry.http("DELETE", &path, &[], b"").status;
        assert!(matches!(deleted, 202 | 404), "{deleted}");
        assert_eq!(self.registry.http("HEAD", &path, &[], b"").status, 404);
    }

    fn pull_and_delete(&self, digest: &str, content: &[u8]) {
        self.pull_blob(REPOSITORY, digest, content);
        self.delete_blob(REPOSITORY, digest);
    }
}

/// A third of the content, unless the registry wants more.
fn chunk_size(started: &Response, length: usize) -> usize {
    let least = started.header("oci-chunk-min-length").map_or(CHUNK, |min| min.parse().unwrap());
    (length / 3 + 1).max(least)
}

pub(crate) fn blobs_are_pushed_in_every_way(target: &Target) {
    for algorithm in target.algorithms() {
        let missing = digest(algorithm, &random(512));
        let path = format!("/v2/{REPOSITORY}/blobs/{missing}");
        assert_eq!(target.registry.http("GET", &path, &[], b"").status, 404);
        for way in WAYS {
            // In one chunk, and in three.
            for size in [512, 3 * CHUNK - 5] {
                let content = random(size);
                let digest = target.push_in(way, REPOSITORY, algorithm, &content);
                target.pull_and_delete(&digest, &content);
            }
        }
    }
}

pub(crate) fn chunks_out_of_order_are_refused_and_the_upload_continues(target: &Target) {
    if target.lacks(Optional::ChunkOrder) {
        let at = location(&target.start(REPOSITORY));
        assert_eq!(target.chunk("PATCH", &at, 7, b"chunk").status, 202);
        return;
    }
    let orders = target.algorithms().iter().flat_map(|name| [(name, false), (name, true)]);
    for (algorithm, put_last) in orders {
        let content = random(3 * CHUNK - 5);
        let digest = digest(algorithm, &content);
        let started = target.start(REPOSITORY);
        let size = chunk_size(&started, content.len());
        let part = |start: usize| &content[start..content.len().min(start + size)];
        let mut at = location(&started);
        let mut pushed = None;
        for start in (0..content.len()).step_by(size) {
            // Ahead of what is expected; from the end, back to the beginning.
            let wrong = if start + size < content.len() { start + size } else { 0 };
            let closes = |start: usize| put_last && start + size >= content.len();
            let refused = if closes(wrong) {
                target.chunk("PUT", &with_digest(&at, &digest), wrong, part(wrong))
            } else {
                target.chunk("PATCH", &at, wrong, part(wrong))
            };
            assert_eq!(refused.status, 416, "{algorithm} {start}");
            let status = target.registry.http("GET", &at, &[], b"");
            assert_eq!(status.status, 204);
            let arrived = status.header("range").unwrap();
            if start > 0 {
                assert_eq!(arrived, format!("0-{}", start - 1));
            } else {
                assert!(arrived.starts_with("0-"));
            }
            at = location(&status);
            if closes(start) {
                pushed = Some(target.chunk("PUT", &with_digest(&at, &digest), start, part(start)));
            } else {
                let sent = target.chunk("PATCH", &at, start, part(start));
                assert_eq!(sent.status, 202);
                at = location(&sent);
            }
        }
        let way = Way::Chunks { put_last };
        let pushed = pushed.unwrap_or_else(|| target.close(way, &at, &digest, &content));
        assert_eq!(pushed.status, 201);
        target.verify_location(&pushed, &digest, &content);
        target.pull_and_delete(&digest, &content);
    }
}

pub(crate) fn blobs_are_mounted(target: &Target) {
    for algorithm in target.algorithms() {
        for (pushed, from, anonymous) in
            [(true, Some(OTHER), false), (true, None, true), (false, Some(OTHER), false)]
        {
            let content = random(512);
            let digest = digest(algorithm, &content);
            if pushed {
                target.push_blob(OTHER, algorithm, &content);
            }
            let from = from.map_or(String::new(), |from| format!("&from={from}"));
            let path = format!("/v2/{REPOSITORY}/blobs/uploads/?mount={digest}{from}");
            let mounted = target.registry.http("POST", &path, &[], b"");
            let possible = pushed && !(anonymous && target.lacks(Optional::AnonymousMount));
            assert_eq!(mounted.status, if possible { 201 } else { 202 }, "{path}");
            if possible {
                target.verify_location(&mounted, &digest, &content);
            } else {
                // The answer has opened an upload instead.
                let at = location(&mounted);
                let done = target.close(Way::PostThenPut, &at, &digest, &content);
                assert_eq!(done.status, 201);
                target.verify_location(&done, &digest, &content);
            }
            target.pull_and_delete(&digest, &content);
            target.delete_blob(OTHER, &digest);
        }
    }
}

pub(crate) fn uploads_are_cancelled(target: &Target) {
    let at = location(&target.start(REPOSITORY));
    assert_eq!(target.registry.http("DELETE", &at, &[], b"").status, 204);
    assert_eq!(target.registry.http("GET", &at, &[], b"").status, 404);
}

pub(crate) fn parts_of_a_blob_are_pulled(target: &Target) {
    for algorithm in target.algorithms() {
        let content = random(2048);
        let digest = target.push_blob(REPOSITORY, algorithm, &content);
        let path = format!("/v2/{REPOSITORY}/blobs/{digest}");
        let get = |range: &str| target.registry.http("GET", &path, &[("range", range)], b"");
        for (range, start, end) in [
            ("bytes=500-1499", 500, 1499),
            ("bytes=500-", 500, 2047),
            ("bytes=-500", 1548, 2047),
            ("bytes=2000-5000", 2000, 2047),
        ] {
            let got = get(range);
            assert_eq!(got.status, 206, "{range}");
            assert_eq!(got.body, &content[start..=end], "{range}");
            assert_eq!(got.header("content-length"), Some(&*(end - start + 1).to_string()));
            let described = got.header("content-range").unwrap();
            assert_eq!(described, format!("bytes {start}-{end}/2048"));
        }
        for range in ["bytes=500-0", "bytes=5000-10000"] {
            assert_eq!(get(range).status, 416, "{range}");
        }
        target.delete_blob(REPOSITORY, &digest);
    }
}

pub(crate) fn well_known_blobs_are_kept(target: &Target) {
    for algorithm in target.algorithms() {
        for content in [&b""[..], b"{}"] {
            let digest = target.push_blob(REPOSITORY, algorithm, content);
            target.pull_and_delete(&digest, content);
        }
    }
}

pub(crate) fn blobs_with_another_digest_are_refused(target: &Target) {
    for algorithm in target.algorithms() {
        for way in WAYS {
            let mut content = random(3 * CHUNK - 5);
            let digest = digest(algorithm, &content);
            content.extend_from_slice(b"more");
            let refused = target.try_push(way, REPOSITORY, &digest, &content);
            assert_eq!(refused.status, 400, "{way:?} {algorithm}");
            let path = format!("/v2/{REPOSITORY}/blobs/{digest}");
            assert_eq!(target.registry.http("HEAD", &path, &[], b"").status, 404);
        }
    }
}
