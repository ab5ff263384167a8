//! One upload session, up to the request that closes or cancels it.

use std::time::Duration;

use super::responses::{
    check_stored, chunk_minimum, is_unknown_upload, location, received, with_digest,
};
use crate::oci::digest::{Algorithm, Digest};
use crate::oci::error::{ErrorKind, ProtocolViolation, Result};
use crate::oci::operation::Operation;
use crate::oci::repository::blobs::head_blob;
use crate::oci::repository::handle::Repository;
use crate::oci::retry::{RetryBudget, is_temporary};
use crate::wire::{Body, Method, Response, Target};

/// The size, in bytes, of chunks of content of unknown length, and of chunks for a registry that does not
/// accept larger ones.
pub(crate) const CHUNK_SIZE: u64 = 4 * 1024 * 1024;
/// The largest chunk that a registry may require, in bytes: chunks of a stream are kept in memory.
const CHUNK_MINIMUM_LIMIT: u64 = 64 * 1024 * 1024;
const CANCEL_LIMIT: Duration = Duration::from_secs(5);
pub(super) const OCTETS: &str = "application/octet-stream";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ClosingBody {
    /// All bytes that were not sent in chunks.
    Rest,
    /// No bytes: the whole blob is sent in chunks first.
    Empty,
}

/// An open upload session. Dropping it cancels the upload.
pub(crate) struct UploadSession {
    pub(super) repository: Repository,
    pub(super) algorithm: Algorithm,
    /// The newest location that the registry gave; `None` once the upload is closed or cancelled.
    pub(super) location: Option<Target>,
    /// How many bytes the registry has.
    pub(super) accepted: u64,
    /// How many bytes were passed to [`UploadSession::append`]. The registry has all of them.
    pub(super) appended: u64,
    /// The smallest chunk that the registry accepts, in bytes.
    pub(super) chunk_minimum: u64,
    /// The largest chunk that the registry accepts, in bytes.
    pub(super) chunk_maximum: u64,
    /// Whether the registry does not support chunks, and needs the whole blob in one request.
    pub(super) chunks_refused: bool,
    /// True if the registry refused a chunk from offset 0 with 416: it has the first byte already.
    pub(super) has_first_byte: bool,
    pub(super) budget: RetryBudget,
}

impl UploadSession {
    /// Takes over the session that `response` opened. From here on it is cancelled when it is dropped, even
    /// if the rest of the response does not arrive.
    pub(super) async fn opened(
        repository: &Repository,
        response: Response,
        algorithm: Algorithm,
    ) -> Result<Self> {
        let session = Self {
            repository: repository.clone(),
            algorithm,
            location: Some(location(&response)?),
            accepted: 0,
            appended: 0,
            chunk_minimum: chunk_minimum(&response),
            chunk_maximum: u64::MAX,
            chunks_refused: false,
            has_first_byte: false,
            budget: repository.retry_budget(),
        };
        response.discard().await?;
        Ok(session)
    }

    /// Returns the size of the chunks of a stream, in bytes.
    pub(super) fn chunk_size(&self) -> Result<usize> {
        if self.chunk_minimum > CHUNK_MINIMUM_LIMIT {
            return Err(ProtocolViolation::ChunkMinimum(self.chunk_minimum).into());
        }
        // At most `CHUNK_MINIMUM_LIMIT`, which every `usize` can hold.
        Ok(usize::try_from(self.chunk_minimum.max(CHUNK_SIZE)).unwrap_or(usize::MAX))
    }

    /// Sends `body`, the next part of the blob, and returns when the registry has all of it. The caller may
    /// drop it then.
    pub(super) async fn append(&mut self, body: &Body) -> Result<()> {
        self.send(body).await?;
        self.appended += body.size();
        Ok(())
    }

    /// Sends `body` in as few chunks as the registry accepts.
    async fn send(&mut self, body: &Body) -> Result<()> {
        let end = self.appended + body.size();
        let mut operation = self.repository.operation();
        while self.accepted < end {
            let chunk = body.part(self.accepted - self.appended, self.chunk_maximum);
            let sent = self.accepted + chunk.size();
            match self.patch(&operation, &chunk).await {
                Ok(()) => {
                    operation = self.repository.operation();
                    self.budget.note_progress(self.accepted);
                    if self.accepted < sent {
                        let has = self.accepted;
                        let violation = ProtocolViolation::UploadOffset { has, sent };
                        self.budget.back_off(violation.into()).await?;
                    }
                }
                Err(error) => self.recover(error, chunk.size(), end).await?,
            }
        }
        Ok(())
    }

    /// Sends `rest`, everything that was not appended before, and closes the upload with the digest of the
    /// whole blob. With [`ClosingBody::Empty`], the digest is computed only after the last chunk was sent.
    pub(super) async fn finish(
        &mut self,
        digest: impl Fn() -> Digest,
        rest: &Body,
        closing_body: ClosingBody,
    ) -> Result<()> {
        let end = self.appended + rest.size();
        let operation = self.repository.operation();
        loop {
            let interrupted = self.accepted > self.appended;
            let in_chunks = closing_body == ClosingBody::Empty || interrupted;
            if in_chunks || rest.size() > self.chunk_maximum {
                self.send(rest).await?;
            }
            let last = if self.accepted < end { rest.clone() } else { Body::empty() };
            let (digest, size) = (digest(), last.size());
            match self.put(&operation, &digest, last).await {
                Ok(()) => return Ok(()),
                // The blob may have arrived even if the response did not.
                Err(error)
                    if (is_temporary(&error) || is_unknown_upload(&error))
                        && self.has_blob(&digest).await =>
                {
                    return Ok(());
                }
                Err(error) => self.recover(error, size, end).await?,
            }
        }
    }

    /// Sends the whole blob in one request, in a new session in place of the one that refused chunks.
    pub(super) async fn finish_without_chunks(
        &mut self,
        digest: impl Fn() -> Digest,
        whole: &Body,
    ) -> Result<()> {
        self.abandon().await;
        self.restart().await?;
        self.finish(digest, whole, ClosingBody::Rest).await
    }

    /// `PATCH` of the location.
    async fn patch(&mut self, operation: &Operation, chunk: &Body) -> Result<()> {
        let (first, size) = (self.accepted, chunk.size());
        let request = operation
            .request_at(Method::PATCH, self.current_location()?, "blob upload, chunk")
            .header("content-range", format!("{first}-{}", first + size - 1))
            .body(OCTETS, chunk.clone());
        let response = operation.send_for(request, &[201, 202, 204]).await?;
        let reported = received(&response);
        self.learn(&response)?;
        let status = response.status();
        response.discard().await?;
        // With status 201, ECR sends a meaningless range.
        let known = reported.filter(|has| status != 201 && *has > first && *has != 1);
        let (has, sent) = (known.unwrap_or(first + size), first + size);
        if has > sent {
            return Err(ProtocolViolation::UploadOffset { has, sent }.into());
        }
        self.accepted = has;
        Ok(())
    }

    /// `PUT` of the location, which closes the upload.
    async fn put(&mut self, operation: &Operation, digest: &Digest, last: Body) -> Result<()> {
        let mut target = self.current_location()?;
        target.url = with_digest(target.url, digest);
        let request = operation.request_at(Method::PUT, target, "blob upload, finish");
        let request = request.body(OCTETS, last);
        let response = operation.send_for(request, &[200, 201, 204]).await?;
        check_stored(&response, digest)?;
        Ok(response.discard().await?)
    }

    async fn has_blob(&self, digest: &Digest) -> bool {
        head_blob(self.repository.operation(), digest).await.unwrap_or(false)
    }

    /// Ends the session. If `outcome` is an error, the upload is cancelled.
    pub(super) async fn close<T>(mut self, outcome: Result<T>) -> Result<T> {
        match outcome {
            Ok(_) => self.location = None,
            Err(_) => self.abandon().await,
        }
        outcome
    }

    /// Cancels the upload; a failure to do so is ignored. The location is kept until then, so that dropping
    /// this future cancels again.
    pub(super) async fn abandon(&mut self) {
        if let Some(location) = self.location.clone() {
            cancel(self.repository.operation(), location).await;
            self.location = None;
        }
    }

    /// Returns the target at which the upload continues.
    pub(super) fn current_location(&self) -> Result<Target> {
        self.location.clone().ok_or(ErrorKind::Protocol(ProtocolViolation::UploadLocation))
    }

    /// Notes the new location and the smallest chunk that a response names.
    pub(super) fn learn(&mut self, response: &Response) -> Result<()> {
        if response.headers().get("location").is_some() {
            self.location = Some(location(response)?);
        }
        self.chunk_minimum = self.chunk_minimum.max(chunk_minimum(response));
        Ok(())
    }
}

impl Drop for UploadSession {
    fn drop(&mut self) {
        if let Some(location) = self.location.take() {
            let operation = self.repository.operation();
            self.repository.shared.background.spawn(cancel(operation, location));
        }
    }
}

/// `DELETE` of the location (distribution specification, "Cancel a blob upload").
async fn cancel(operation: Operation, location: Target) {
    let request = operation.request_at(Method::DELETE, location, "blob upload, cancel");
    let sent = async {
        if let Ok(response) = operation.send(request).await {
            let _ = response.discard().await;
        }
    };
    let _ = tokio::time::timeout(CANCEL_LIMIT, sent).await;
}
