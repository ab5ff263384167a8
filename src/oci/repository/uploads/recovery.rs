//! Resuming an upload after a failure: how much the registry has, and whether the session still exists.

use super::responses::{is_broken_connection, is_unknown_upload, received};
use super::session::{CHUNK_SIZE, UploadSession};
use crate::oci::error::{ErrorKind, ProtocolViolation, Result};
use crate::oci::operation::Operation;
use crate::wire::Method;

impl UploadSession {
    /// Prepares the session for sending again after `error`, which ended a request with a body of `size`
    /// bytes. `end` is the offset up to which the blob was to be sent.
    /// Fails with `error` itself if the upload cannot be resumed or no retry is left.
    pub(super) async fn recover(&mut self, error: ErrorKind, size: u64, end: u64) -> Result<()> {
        let status = match &error {
            ErrorKind::Registry(response) | ErrorKind::NotFound(response) => response.status,
            _ => 0,
        };
        let before = self.accepted;
        let chunk = CHUNK_SIZE.max(self.chunk_minimum);
        match status {
            413 | 416 if size > chunk => self.chunk_maximum = chunk,
            416 => {
                self.has_first_byte = before == 0;
                self.budget.back_off(error).await?;
            }
            // A registry that was restarted may have forgotten the session.
            400 | 404 if is_unknown_upload(&error) || (status == 404 && before > 0) => {
                self.budget.back_off(error).await?;
                return self.restart().await;
            }
            400 | 404 | 405 | 415 | 501 if before == 0 && self.appended == 0 => {
                self.chunks_refused = true;
                return Err(error);
            }
            _ => {
                let broke = is_broken_connection(&error);
                self.budget.back_off_if_temporary(error).await?;
                self.synchronise(end).await?;
                // Some registries close the connection if a chunk is too large for them.
                if broke && size > chunk && self.accepted == before {
                    self.chunk_maximum = chunk;
                }
                return Ok(());
            }
        }
        self.synchronise(end).await
    }

    /// Asks the registry how much it has. The caller has used a retry already, so this cannot go on forever.
    async fn synchronise(&mut self, end: u64) -> Result<()> {
        let operation = self.repository.operation();
        loop {
            match self.status(&operation).await {
                Ok(has) if (self.appended..=end).contains(&has) => {
                    self.budget.note_progress(has);
                    self.accepted = has;
                    return Ok(());
                }
                Ok(has) => return Err(ProtocolViolation::UploadOffset { has, sent: end }.into()),
                // Debian's registry forgets an upload if a chunk was cut short.
                Err(error)
                    if matches!(error, ErrorKind::NotFound(_)) || is_unknown_upload(&error) =>
                {
                    return self.restart().await;
                }
                // If the registry does not support status requests, the offset of its last response counts.
                Err(ErrorKind::Registry(response)) if matches!(response.status, 405 | 501) => {
                    return Ok(());
                }
                Err(error) => self.budget.back_off_if_temporary(error).await?,
            }
        }
    }

    /// `GET` of the location: returns how many bytes the registry has.
    async fn status(&mut self, operation: &Operation) -> Result<u64> {
        let location = self.current_location()?;
        let request = operation.request_at(Method::GET, location, "blob upload, status");
        let response = operation.send_for(request, &[200, 204]).await?;
        let has = received(&response).unwrap_or(self.accepted);
        self.learn(&response)?;
        response.discard().await?;
        // `0-0` may mean one byte or none. It usually means none, unless the registry refused the first byte
        // before.
        let has_nothing = has == 1 && self.accepted != 1 && !self.has_first_byte;
        Ok(if has_nothing { self.appended } else { has })
    }

    /// Opens a new session in place of this one, if the whole blob can still be sent.
    pub(super) async fn restart(&mut self) -> Result<()> {
        if self.appended > 0 {
            let sent = self.appended;
            return Err(ProtocolViolation::UploadOffset { has: 0, sent }.into());
        }
        let mut opened = Self::open(&self.repository, self.algorithm).await?;
        self.location = opened.location.take();
        self.chunk_minimum = opened.chunk_minimum;
        self.accepted = 0;
        self.has_first_byte = false;
        Ok(())
    }
}
