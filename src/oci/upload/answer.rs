//! What the answers to an upload's requests say.

use url::Url;

use crate::oci::descriptor::Mismatch;
use crate::oci::digest::Digest;
use crate::oci::error::{ErrorKind, Violation};
use crate::oci::session::refusal;
use crate::wire::{self, Origin, Response};

/// Where an accepted upload goes on. The host may be another one; the credential stays behind.
pub(super) fn location(response: &Response) -> Result<Url, ErrorKind> {
    let location = response.headers().get("location");
    let location = location
        .and_then(|location| response.url().join(location).ok())
        .filter(|url| Origin::of_request(url).is_some())
        .ok_or(ErrorKind::Protocol(Violation::UploadLocation))?;
    if response.url().scheme() == "https" && location.scheme() == "http" {
        return Err(ErrorKind::Protocol(Violation::UploadDowngrade));
    }
    Ok(location)
}

pub(super) fn smallest(response: &Response) -> u64 {
    let header = response.headers().get("oci-chunk-min-length");
    header.and_then(|length| length.trim().parse().ok()).unwrap_or(0)
}

/// How many bytes the registry says that it has: one more than the end of its range.
pub(super) fn received(response: &Response) -> Option<u64> {
    let range = response.headers().get("range")?;
    let range = range.trim().strip_prefix("bytes=").unwrap_or(range.trim());
    let (first, last) = range.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    if first == 0 { last.checked_add(1) } else { None }
}

/// Whether the registry does not know the upload any more.
pub(super) fn is_lost(error: &ErrorKind) -> bool {
    match error {
        ErrorKind::Registry(refusal) | ErrorKind::NotFound(refusal) => {
            refusal.has_code("BLOB_UPLOAD_UNKNOWN") || refusal.has_code("BLOB_UPLOAD_INVALID")
        }
        _ => false,
    }
}

pub(super) const fn is_broken(error: &ErrorKind) -> bool {
    match error {
        ErrorKind::Network(error) => {
            matches!(
                error.kind(),
                wire::HttpErrorKind::Connection(_) | wire::HttpErrorKind::CutShort
            )
        }
        _ => false,
    }
}

/// An answer that is a refusal, or that the request does not allow for.
pub(super) async fn unexpected(response: Response) -> ErrorKind {
    match response.status() {
        400.. => refusal(response).await,
        other => ErrorKind::Protocol(Violation::Status(other)),
    }
}

/// Holds what the registry says that it stored against what was sent.
pub(super) fn check_stored(stored: Option<Digest>, digest: &Digest) -> Result<(), ErrorKind> {
    match stored {
        Some(found) if found.algorithm() == digest.algorithm() && found != *digest => {
            Err(ErrorKind::Mismatch(Mismatch::Digest { expected: digest.clone(), found }))
        }
        _ => Ok(()),
    }
}
