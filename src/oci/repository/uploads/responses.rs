//! Reading the responses to an upload's requests, and making the URLs of these requests.

use url::Url;

use crate::oci::digest::Digest;
use crate::oci::error::{ErrorKind, ProtocolViolation, Result};
use crate::oci::error_response::ErrorCode;
use crate::oci::repository::manifests::digest_header;
use crate::wire::{HttpErrorKind, Response, Target};

/// Returns the target at which an upload continues. It may be at another origin, which gets no credential.
pub(super) fn location(response: &Response) -> Result<Target> {
    let location = response.headers().get("location");
    let location = location
        .and_then(|location| response.names(location))
        .ok_or(ProtocolViolation::UploadLocation)?;
    if response.url().scheme() == "https" && location.url.scheme() == "http" {
        return Err(ProtocolViolation::UploadDowngrade.into());
    }
    Ok(location)
}

/// Returns the size in bytes of the smallest chunk that the registry accepts (`OCI-Chunk-Min-Length`).
pub(super) fn chunk_minimum(response: &Response) -> u64 {
    let header = response.headers().get("oci-chunk-min-length");
    header.and_then(|length| length.trim().parse().ok()).unwrap_or(0)
}

/// Returns how many bytes the registry says that it has: one more than the end of its `Range`.
pub(super) fn received(response: &Response) -> Option<u64> {
    let range = response.headers().get("range")?;
    let range = range.trim().strip_prefix("bytes=").unwrap_or(range.trim());
    let (first, last) = range.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    if first == 0 { last.checked_add(1) } else { None }
}

pub(super) fn is_unknown_upload(error: &ErrorKind) -> bool {
    error.has_code(&[ErrorCode::BlobUploadUnknown, ErrorCode::BlobUploadInvalid])
}

pub(super) fn is_broken_connection(error: &ErrorKind) -> bool {
    let ErrorKind::Network(error) = error else { return false };
    matches!(error.kind(), HttpErrorKind::Connection(_) | HttpErrorKind::CutShort)
}

/// Checks that the registry reports no other digest than `digest`.
pub(super) fn check_stored(response: &Response, digest: &Digest) -> Result<()> {
    match digest_header(response.headers())? {
        Some(found) if found.algorithm() == digest.algorithm() => Ok(digest.expect(found)?),
        _ => Ok(()),
    }
}

/// Returns a digest, escaped for a query.
pub(super) fn escaped(digest: &Digest) -> String {
    format!("{}%3A{}", digest.algorithm().name(), digest.encoded())
}

/// Appends the digest to the query. The rest of the query stays byte for byte as the registry sent it.
pub(super) fn with_digest(mut url: Url, digest: &Digest) -> Url {
    let digest = format!("digest={}", escaped(digest));
    let query = match url.query() {
        Some(query) if !query.is_empty() => format!("{query}&{digest}"),
        _ => digest,
    };
    url.set_query(Some(&query));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Obligation 13.
    #[test]
    fn query_of_a_location_is_kept_byte_for_byte() {
        let digest = Digest::sha256(b"");
        let hex = digest.encoded();
        for (location, expected) in [
            ("http://r/u", format!("http://r/u?digest=sha256%3A{hex}")),
            ("http://r/u?", format!("http://r/u?digest=sha256%3A{hex}")),
            ("http://r/u?a=%2f+~b&=&c", format!("http://r/u?a=%2f+~b&=&c&digest=sha256%3A{hex}")),
        ] {
            assert_eq!(with_digest(Url::parse(location).unwrap(), &digest).as_str(), expected);
        }
    }
}
