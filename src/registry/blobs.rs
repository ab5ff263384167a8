//! Blobs: HEAD, GET with a range, DELETE.

use bytes::Bytes;
use hyper::{Method, StatusCode};

use super::answer::{Answer, Code};
use super::draft::Draft;
use super::payload::Payload;
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
        let size = content.size();
        let answer = |status| {
            Answer::new(status)
                .header("docker-content-digest", digest)
                .header("accept-ranges", "bytes")
        };
        let octets = "application/octet-stream";
        match range.map_or(Range::Whole, |range| Range::parse(range, size)) {
            Range::Whole => Ok(answer(StatusCode::OK).payload(octets, content)),
            Range::Part(start, end) => Ok(answer(StatusCode::PARTIAL_CONTENT)
                .header("content-range", format!("bytes {start}-{end}/{size}"))
                .payload(octets, content.part(start, end)?)),
            Range::Outside => Err(Code::Range
                .because("the range lies outside the blob")
                .header("content-range", format!("bytes */{size}"))),
        }
    }

    fn blob_content(
        &self,
        name: &RepositoryName,
        digest: &Digest,
    ) -> Result<Option<Payload>, Answer> {
        if !self.storage.has(&blob_key(name, digest)) {
            return Ok(None);
        }
        Ok(self.storage.open(&content_key(digest))?)
    }

    /// Makes what was received a blob, if it has the digest.
    pub(super) async fn store_blob(
        &self,
        name: &RepositoryName,
        digest: &Digest,
        draft: Draft,
    ) -> Result<Answer, Answer> {
        if !self.storage.keep(draft, digest).await? {
            return Err(Code::DigestInvalid.because("the content has another digest"));
        }
        self.storage.write(&blob_key(name, digest), Bytes::new())?;
        Ok(blob_created(name, digest))
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
    Part(u64, u64),
    /// None of its bytes, or a range that ends before it begins.
    Outside,
}

impl Range {
    fn parse(header: &str, size: u64) -> Self {
        let Some((start, end)) =
            header.strip_prefix("bytes=").and_then(|range| range.split_once('-'))
        else {
            return Self::Whole;
        };
        let (start, end) = match (start.parse::<u64>(), end.parse::<u64>()) {
            (Ok(start), Ok(end)) if start > end => return Self::Outside,
            (Ok(start), Ok(end)) => (start, end),
            (Ok(start), Err(_)) if end.is_empty() => (start, u64::MAX),
            (Err(_), Ok(suffix)) if start.is_empty() => {
                (if suffix == 0 { size } else { size.saturating_sub(suffix) }, u64::MAX)
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
            ("bytes=5-2", Range::Outside),
            ("bytes=0-1,3-4", Range::Whole),
            ("lines=0-1", Range::Whole),
            ("bytes=-", Range::Whole),
        ] {
            assert_eq!(Range::parse(header, 10), expected, "{header}");
        }
        assert_eq!(Range::parse("bytes=0-", 0), Range::Outside);
    }
}
