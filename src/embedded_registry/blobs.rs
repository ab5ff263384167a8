//! The endpoint of blobs: HEAD, GET with a range, DELETE.

use bytes::Bytes;
use hyper::{Method, StatusCode};

use super::api::Api;
use super::partial_blob::PartialBlob;
use super::response::{ApiResponse, ApiResult, Rejection};
use super::storage::{blob_key, content_key};
use crate::oci::{Digest, RepositoryName};

impl Api {
    /// Handles every method at `…/blobs/<digest>`.
    pub(super) fn blob(
        &self,
        method: &Method,
        name: &RepositoryName,
        digest: &Digest,
        range: Option<&str>,
    ) -> ApiResult {
        let unknown = || Rejection::BLOB_UNKNOWN.because(format!("{name} has no blob {digest}"));
        if method == Method::DELETE {
            let removed = self.storage.remove(&blob_key(name, digest))?;
            return removed.then(|| ApiResponse::new(StatusCode::ACCEPTED)).ok_or_else(unknown);
        }
        if method != Method::GET && method != Method::HEAD {
            return Err(Rejection::UNSUPPORTED.because("a blob can be read and deleted"));
        }
        if !self.storage.has(&blob_key(name, digest)) {
            return Err(unknown());
        }
        let content = self.storage.open(&content_key(digest))?.ok_or_else(unknown)?;
        let size = content.size();
        let response = |status| {
            ApiResponse::new(status)
                .header("docker-content-digest", digest)
                .header("accept-ranges", "bytes")
        };
        let octets = "application/octet-stream";
        match range.map_or(ByteRange::Whole, |range| ByteRange::parse(range, size)) {
            ByteRange::Whole => Ok(response(StatusCode::OK).body(octets, content)),
            ByteRange::Part(start, end) => Ok(response(StatusCode::PARTIAL_CONTENT)
                .header("content-range", format!("bytes {start}-{end}/{size}"))
                .body(octets, content.part(start, end)?)),
            ByteRange::NotSatisfiable => Err(Rejection::RANGE_NOT_SATISFIABLE
                .because("the range is not within the blob")
                .header("content-range", format!("bytes */{size}"))),
        }
    }

    /// Stores `content` as a blob of the repository, if it has the digest.
    pub(super) async fn store_blob(
        &self,
        name: &RepositoryName,
        digest: &Digest,
        content: PartialBlob,
    ) -> ApiResult {
        if !self.storage.store(content, digest).await? {
            return Err(Rejection::DIGEST_INVALID.because("the content has another digest"));
        }
        self.storage.write(&blob_key(name, digest), Bytes::new())?;
        Ok(blob_created(name, digest))
    }
}

pub(super) fn blob_created(name: &RepositoryName, digest: &Digest) -> ApiResponse {
    ApiResponse::new(StatusCode::CREATED)
        .header("location", format!("/v2/{name}/blobs/{digest}"))
        .header("docker-content-digest", digest)
}

/// The part of a blob that a `Range` header field asks for (RFC 9110, section 14).
#[derive(Debug, PartialEq, Eq)]
enum ByteRange {
    /// The whole blob: the header field is not a single range of bytes.
    Whole,
    /// From the first to the second number, inclusive.
    Part(u64, u64),
    /// The range starts after the end of the blob, or ends before it starts.
    NotSatisfiable,
}

impl ByteRange {
    fn parse(header: &str, size: u64) -> Self {
        let Some((start, end)) =
            header.strip_prefix("bytes=").and_then(|range| range.split_once('-'))
        else {
            return Self::Whole;
        };
        let (start, end) = match (start.parse::<u64>(), end.parse::<u64>()) {
            (Ok(start), Ok(end)) if start > end => return Self::NotSatisfiable,
            (Ok(start), Ok(end)) => (start, end),
            (Ok(start), Err(_)) if end.is_empty() => (start, u64::MAX),
            (Err(_), Ok(suffix)) if start.is_empty() => {
                (if suffix == 0 { size } else { size.saturating_sub(suffix) }, u64::MAX)
            }
            _ => return Self::Whole,
        };
        if start >= size { Self::NotSatisfiable } else { Self::Part(start, end.min(size - 1)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range_is_cut_to_the_blob() {
        for (header, expected) in [
            ("bytes=0-", ByteRange::Part(0, 9)),
            ("bytes=2-5", ByteRange::Part(2, 5)),
            ("bytes=9-99", ByteRange::Part(9, 9)),
            ("bytes=-3", ByteRange::Part(7, 9)),
            ("bytes=-99", ByteRange::Part(0, 9)),
            ("bytes=-0", ByteRange::NotSatisfiable),
            ("bytes=10-", ByteRange::NotSatisfiable),
            ("bytes=5-2", ByteRange::NotSatisfiable),
            ("bytes=0-1,3-4", ByteRange::Whole),
            ("lines=0-1", ByteRange::Whole),
            ("bytes=-", ByteRange::Whole),
        ] {
            assert_eq!(ByteRange::parse(header, 10), expected, "{header}");
        }
        assert_eq!(ByteRange::parse("bytes=0-", 0), ByteRange::NotSatisfiable);
    }
}
