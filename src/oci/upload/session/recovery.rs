//! After a failure: what the registry has of the blob, and from where on it gets the rest.

use super::Upload;
use crate::oci::error::{ErrorKind, Violation};
use crate::oci::retry::Attempts;
use crate::oci::upload::CHUNK_SIZE;
use crate::oci::upload::answer::{is_broken, is_lost, received, unexpected};
use crate::wire::Method;

impl Upload {
    /// After a failure: finds out what the registry has, if it is worth going on.
    pub(super) async fn recover(
        &mut self,
        error: ErrorKind,
        size: u64,
        end: u64,
    ) -> Result<(), ErrorKind> {
        let status = match &error {
            ErrorKind::Registry(refusal) | ErrorKind::NotFound(refusal) => refusal.status,
            _ => 0,
        };
        let before = self.accepted;
        let chunk = CHUNK_SIZE.max(self.smallest);
        match status {
            413 | 416 if size > chunk => self.largest = chunk,
            416 => {
                self.has_first = before == 0;
                self.patience.insist(error).await?;
            }
            // The session is gone: a registry that was restarted may have forgotten it.
            400 | 404 if is_lost(&error) || (status == 404 && before > 0) => {
                self.patience.insist(error).await?;
                return self.restart().await;
            }
            400 | 404 | 405 | 415 | 501 if before == 0 && self.appended == 0 => {
                self.no_chunks = true;
                return Err(error);
            }
            _ => {
                let broke = is_broken(&error);
                self.patience.wait(error).await?;
                self.synchronise(end).await?;
                // Some registries hang up on a chunk that is too large for them.
                if broke && size > chunk && self.accepted == before {
                    self.largest = chunk;
                }
                return Ok(());
            }
        }
        self.synchronise(end).await
    }

    /// Asks the registry how much it has. Whoever calls this has lost some patience already.
    async fn synchronise(&mut self, end: u64) -> Result<(), ErrorKind> {
        let attempts = Attempts::default();
        loop {
            match self.ask(&attempts).await {
                Ok(has) if (self.appended..=end).contains(&has) => {
                    self.patience.advance(has);
                    self.accepted = has;
                    return Ok(());
                }
                Ok(has) => {
                    return Err(ErrorKind::Protocol(Violation::UploadOffset { has, sent: end }));
                }
                // Debian's registry forgets an upload of which a chunk was cut.
                Err(error) if matches!(error, ErrorKind::NotFound(_)) || is_lost(&error) => {
                    return self.restart().await;
                }
                // Registries that do not answer this question have what was answered before.
                Err(ErrorKind::Registry(refusal)) if matches!(refusal.status, 405 | 501) => {
                    return Ok(());
                }
                Err(error) => self.patience.wait(error).await?,
            }
        }
    }

    /// `GET` of the location.
    async fn ask(&mut self, attempts: &Attempts) -> Result<u64, ErrorKind> {
        let request = self.request(Method::Get, self.here()?, "blob upload, status");
        let response = self.repository.send(request, attempts).await?;
        match response.status() {
            200 | 204 => {
                // `0-0` stands for nothing as well as for one byte. Nothing is the usual case; in the
                // other the registry has refused the first byte.
                let has = received(&response).unwrap_or(self.accepted);
                self.learn(&response)?;
                response.discard().await?;
                let nothing = has == 1 && self.accepted != 1 && !self.has_first;
                Ok(if nothing { self.appended } else { has })
            }
            _ => Err(unexpected(response).await),
        }
    }

    /// Opens another session where the whole blob can still be sent.
    pub(super) async fn restart(&mut self) -> Result<(), ErrorKind> {
        if self.appended > 0 {
            let sent = self.appended;
            return Err(ErrorKind::Protocol(Violation::UploadOffset { has: 0, sent }));
        }
        let mut other = Self::start(&self.repository, self.algorithm).await?;
        self.location = other.location.take();
        self.smallest = other.smallest;
        self.accepted = 0;
        self.has_first = false;
        Ok(())
    }
}
