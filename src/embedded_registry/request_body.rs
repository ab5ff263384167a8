//! The body of a request, read piece by piece, with a limit on how long a client may pause.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body as _, Incoming};

use super::partial_blob::PartialBlob;
use super::response::{ApiResponse, ApiResult, Rejection};

const PAUSE_LIMIT: Duration = Duration::from_secs(60);
/// The most bytes of an unused body that are read before the response is sent.
const DISCARD_LIMIT: u64 = 16 * 1024 * 1024;

pub(super) struct RequestBody(pub(super) Incoming);

impl RequestBody {
    /// Returns the length in bytes, if the client declared it.
    pub(super) fn length(&self) -> Option<u64> {
        self.0.size_hint().exact()
    }

    /// Returns the next piece, or `None` at the end.
    async fn next(&mut self) -> ApiResult<Option<Bytes>> {
        loop {
            let frame = tokio::time::timeout(PAUSE_LIMIT, self.0.frame()).await;
            let Some(frame) = frame.map_err(broke_off)? else { return Ok(None) };
            // Trailers have no meaning in this API.
            if let Ok(data) = frame.map_err(broke_off)?.into_data() {
                return Ok(Some(data));
            }
        }
    }

    /// Appends the body to `blob`. If the body breaks off, what arrived before stays in `blob`.
    pub(super) async fn write_to(&mut self, blob: &mut PartialBlob) -> ApiResult<()> {
        let mut writer = blob.writer()?;
        while let Some(piece) = self.next().await? {
            writer.append(&piece)?;
        }
        Ok(())
    }

    /// Reads the whole body, which may have at most `limit` bytes.
    pub(super) async fn read(&mut self, limit: u64) -> ApiResult<Bytes> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let whole = Limited::new(&mut self.0, limit).collect();
        let whole = tokio::time::timeout(PAUSE_LIMIT, whole).await.map_err(broke_off)?;
        let rejected = |_| Rejection::BODY_TOO_LARGE.because("the body is too large, or broke off");
        Ok(whole.map_err(rejected)?.to_bytes())
    }

    /// Reads to the end, because a client that is still sending may not read the response yet.
    pub(super) async fn discard(&mut self) {
        let mut left = DISCARD_LIMIT;
        while let Ok(Some(piece)) = self.next().await {
            left = left.saturating_sub(piece.len() as u64);
            if left == 0 {
                return;
            }
        }
    }
}

fn broke_off(error: impl fmt::Display) -> ApiResponse {
    Rejection::BLOB_UPLOAD_INVALID.because(format!("the body broke off: {error}"))
}
