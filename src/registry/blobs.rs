//! Blobs: HEAD, GET with a range, DELETE.

use bytes::Bytes;
use hyper::{Method, StatusCode};

use super::answer::{Answer, Code};
use super::server::Api;
use super::storage::{blob_key, content_key};
use crate::oci::{Digest, RepositoryName};

impl Api {
    pub(super) fn blob(
        &self,
        method: &Method,
        name: &RepositoryName,
        digest: &Digest,
        range: Option<&str>,
    ) -> Result<Answer, Answer> {
        let unknown = || Code::BlobUnknown.because(format!("{name} has no blob {digest}"));
        if method == Method::DELETE {
            let removed = self.storage.remove(&blob_key(name, digest))?;
            return if removed { Ok(Answer::new(StatusCode::ACCEPTED)) } else { Err(unknown()) };
        }
        if method != Method::GET && method != Method::HEAD {
            return Err(Code::Unsupported.because("a blob can be read and deleted"));
        }
        let content = self.blob_content(name, digest)?.ok_or_else(unknown)?;
        let size = content.len();
        let answer = |status| {
            Answer::new(status)
                .header("docker-content-digest", digest)
                .header("accept-ranges", "bytes")
        };
        let octets = "application/octet-stream";
        match range.map_or(Range::Whole, |range| Range::parse(range, size)) {
            Range::Whole => Ok(answer(StatusCode::OK).body(octets, content)),
            Range::Part(start, end) => Ok(answer(StatusCode::PARTIAL_CONTENT)
                .header("content-range", format!("bytes {start}-{end}/{size}"))
                .body(octets, content.slice(start..=end))),
            Range::Outside => Err(Code::Range
                .because("the range lies outside the blob")
                .header("content-range", format!("bytes */{size}"))),
        }
    }

    pub(super) fn blob_content(
        &self,
        name: &RepositoryName,
        digest: &Digest,
    ) -> Result<Option<Bytes>, Answer> {
        if !self.storage.has(&blob_key(name, digest)) {
            return Ok(None);
        }
        Ok(self.storage.read(&content_key(digest))?)
    }

    /// Stores a blob, if it has the digest.
    pub(super) fn store_blob(
        &self,
        name: &RepositoryName,
        digest: &str,
        content: Bytes,
    ) -> Result<Answer, Answer> {
        let digest: Digest = digest.parse().map_err(|why| Code::DigestInvalid.because(why))?;
        if !digest.matches(&content) {
            return Err(Code::DigestInvalid.because("the content has another digest"));
        }
        self.storage.write(&content_key(&digest), content)?;
        self.storage.write(&blob_key(name, &digest), Bytes::new())?;
        Ok(blob_created(name, &digest))
    }
}

pub(super) fn blob_created(name: &RepositoryName, digest: &Digest) -> Answer {
    Answer::new(StatusCode::CREATED)
        .header("location", format!("/v2/{name}/blobs/{digest}"))
        .header("docker-content-digest", digest)
}

/// What part of a blob is asked for (RFC 9110, section 14).
#[derive(Debug, PartialEq, Eq)]
enum Range {
    /// All of it: the header names no single range of bytes.
    Whole,
    /// From the first to the last of these bytes.
    Part(usize, usize),
    /// None of its bytes.
    Outside,
}

impl Range {
    fn parse(header: &str, size: usize) -> Self {
        let Some((start, end)) =
            header.strip_prefix("bytes=").and_then(|range| range.split_once('-'))
        else {
            return Self::Whole;
        };
        let (start, end) = match (start.parse::<usize>(), end.parse::<usize>()) {
            (Ok(start), Ok(end)) if start <= end => (start, end),
            (Ok(start), Err(_)) if end.is_empty() => (start, usize::MAX),
            (Err(_), Ok(suffix)) if start.is_empty() => {
                (if suffix == 0 { size } else { size.saturating_sub(suffix) }, usize::MAX)
            }
            _ => return Self::Whole,
        };
        if start >= size { Self::Outside } else { Self::Part(start, end.min(size - 1)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_the_blob() {
        for (header, expected) in [
            ("bytes=0-", Range::Part(0, 9)),
            ("bytes=2-5", Range::Part(2, 5)),
            ("bytes=9-99", Range::Part(9, 9)),
            ("bytes=-3", Range::Part(7, 9)),
            ("bytes=-99", Range::Part(0, 9)),
            ("bytes=-0", Range::Outside),
            ("bytes=10-", Range::Outside),
            ("bytes=5-2", Range::Whole),
            ("bytes=0-1,3-4", Range::Whole),
            ("lines=0-1", Range::Whole),
            ("bytes=-", Range::Whole),
        ] {
            assert_eq!(Range::parse(header, 10), expected, "{header}");
        }
        assert_eq!(Range::parse("bytes=0-", 0), Range::Outside);
    }
}
