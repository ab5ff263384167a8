//! The body of a request, read piece by piece and never for longer than a client may pause.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body as _, Incoming};

use super::answer::{Answer, Code};
use super::draft::Draft;

/// How long a client may send nothing.
const PAUSE_LIMIT: Duration = Duration::from_secs(60);
/// The most that is read of a body nobody wants, in bytes.
const DISCARD_LIMIT: u64 = 16 * 1024 * 1024;

/// A body that arrives.
pub(super) struct Received(Incoming);

impl Received {
    pub(super) const fn new(body: Incoming) -> Self {
        Self(body)
    }

    /// The length in bytes, where the client said it.
    pub(super) fn length(&self) -> Option<u64> {
        self.0.size_hint().exact()
    }

    /// The next piece; nothing at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, Answer> {
        loop {
            let frame = tokio::time::timeout(PAUSE_LIMIT, self.0.frame()).await;
            let Some(frame) = frame.map_err(broke_off)? else { return Ok(None) };
            // Trailers mean nothing here.
            if let Ok(data) = frame.map_err(broke_off)?.into_data() {
                return Ok(Some(data));
            }
        }
    }

    /// Adds all of it to `draft`, or as much as came.
    pub(super) async fn write_to(&mut self, draft: &mut Draft) -> Result<(), Answer> {
        let mut draft = draft.open()?;
        while let Some(piece) = self.next().await? {
            draft.append(&piece)?;
        }
        Ok(())
    }

    /// All of it, of at most `limit` bytes.
    pub(super) async fn read(&mut self, limit: u64) -> Result<Bytes, Answer> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let whole = Limited::new(&mut self.0, limit).collect();
        let whole = tokio::time::timeout(PAUSE_LIMIT, whole).await.map_err(broke_off)?;
        let refused = |_| Code::SizeInvalid.because("the body is too large, or broke off");
        Ok(whole.map_err(refused)?.to_bytes())
    }

    /// Reads on to the end, so that a client that is still sending gets to its answer.
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

fn broke_off(error: impl fmt::Display) -> Answer {
    Code::BlobUploadInvalid.because(format!("the body broke off: {error}"))
}
