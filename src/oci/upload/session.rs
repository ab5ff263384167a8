//! One upload session: what the registry has of a blob, and how it gets the rest.

use url::Url;

use super::answer::{check_stored, is_broken, is_lost, location, received, smallest, unexpected};
use super::cleaning;
use super::{CHUNK_MINIMUM_LIMIT, CHUNK_SIZE, OCTETS, with_digest};
use crate::oci::digest::{Algorithm, Digest};
use crate::oci::error::{ErrorKind, Violation};
use crate::oci::manifests::digest_header;
use crate::oci::repository::Repository;
use crate::oci::retry::{Attempts, Patience, may_pass};
use crate::wire::{self, Body, Method, Response};

/// How the last bytes of a blob are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Steps {
    /// With the request that closes the upload.
    Whole,
    /// Before it.
    Chunks,
}

/// An open upload. Dropping it cancels it.
pub(super) struct Upload {
    repository: Repository,
    algorithm: Algorithm,
    /// The newest location that the registry gave, until the upload is over.
    location: Option<Url>,
    /// How many bytes the registry has.
    accepted: u64,
    /// How many bytes were handed over by [`Upload::append`], all of them accepted.
    appended: u64,
    /// The smallest chunk that the registry takes (`OCI-Chunk-Min-Length`).
    smallest: u64,
    /// The largest chunk that the registry takes.
    largest: u64,
    /// Whether the registry turned the first chunk away as something that it does not know.
    no_chunks: bool,
    /// Whether the registry refused a chunk from the first byte on: it has that byte.
    has_first: bool,
    patience: Patience,
}

impl Upload {
    /// `POST …/blobs/uploads/` without a body.
    pub(super) async fn start(
        repository: &Repository,
        algorithm: Algorithm,
    ) -> Result<Self, ErrorKind> {
        let (location, smallest) = open(repository, algorithm).await?;
        let mut upload = Self::resume(repository, location, algorithm);
        upload.smallest = smallest;
        Ok(upload)
    }

    /// Goes on with an upload that was opened elsewhere.
    pub(super) fn resume(repository: &Repository, location: Url, algorithm: Algorithm) -> Self {
        Self {
            repository: repository.clone(),
            algorithm,
            location: Some(location),
            accepted: 0,
            appended: 0,
            smallest: 0,
            largest: u64::MAX,
            no_chunks: false,
            has_first: false,
            patience: repository.client().patience(),
        }
    }

    /// Whether the registry knows no chunks, and wants the whole blob at once.
    pub(super) const fn takes_no_chunks(&self) -> bool {
        self.no_chunks
    }

    /// How large the chunks of a stream are.
    pub(super) fn chunk_size(&self) -> Result<usize, ErrorKind> {
        if self.smallest > CHUNK_MINIMUM_LIMIT {
            return Err(ErrorKind::Protocol(Violation::ChunkMinimum(self.smallest)));
        }
        // At most `CHUNK_MINIMUM_LIMIT`, which every `usize` can hold.
        Ok(usize::try_from(self.smallest.max(CHUNK_SIZE)).unwrap_or(usize::MAX))
    }

    /// Sends `body`, the next part of the blob, and returns when the registry has all of it. It is not
    /// needed any more then.
    pub(super) async fn append(&mut self, body: &Body) -> Result<(), ErrorKind> {
        self.send(body).await?;
        self.appended += body.size();
        Ok(())
    }

    /// Sends `body` in as few chunks as the registry takes.
    async fn send(&mut self, body: &Body) -> Result<(), ErrorKind> {
        let end = self.appended + body.size();
        let mut attempts = Attempts::default();
        while self.accepted < end {
            let chunk = body.part(self.accepted - self.appended, self.largest);
            let sent = self.accepted + chunk.size();
            match self.patch(&chunk, &attempts).await {
                Ok(()) => {
                    attempts = Attempts::default();
                    self.patience.advance(self.accepted);
                    if self.accepted < sent {
                        let has = self.accepted;
                        let why = ErrorKind::Protocol(Violation::UploadOffset { has, sent });
                        self.patience.insist(why).await?;
                    }
                }
                Err(why) => self.recover(why, chunk.size(), end).await?,
            }
        }
        Ok(())
    }

    /// Sends what was not appended before, `rest`, and closes the upload with the digest of the whole
    /// blob: in one request, or by chunks, before whose end the digest is not asked for.
    pub(super) async fn finish(
        &mut self,
        digest: impl Fn() -> Digest,
        rest: &Body,
        steps: Steps,
    ) -> Result<(), ErrorKind> {
        let end = self.appended + rest.size();
        let attempts = Attempts::default();
        loop {
            let interrupted = self.accepted > self.appended;
            if steps == Steps::Chunks || interrupted || rest.size() > self.largest {
                self.send(rest).await?;
            }
            let last = if self.accepted < end { rest.clone() } else { Body::empty() };
            let (digest, size) = (digest(), last.size());
            match self.put(&digest, last, &attempts).await {
                Ok(()) => return Ok(()),
                // It may have arrived although its answer did not.
                Err(why) if (may_pass(&why) || is_lost(&why)) && self.is_there(&digest).await => {
                    return Ok(());
                }
                Err(why) => self.recover(why, size, end).await?,
            }
        }
    }

    /// Sends the whole blob in one request, in another session than the one that took no chunks.
    pub(super) async fn finish_anew(
        &mut self,
        digest: impl Fn() -> Digest,
        whole: &Body,
    ) -> Result<(), ErrorKind> {
        if let Some(refused) = self.location.take() {
            cancel(self.repository.clone(), refused).await;
        }
        self.restart().await?;
        self.finish(digest, whole, Steps::Whole).await
    }

    async fn patch(&mut self, chunk: &Body, attempts: &Attempts) -> Result<(), ErrorKind> {
        let (first, size) = (self.accepted, chunk.size());
        let request = self
            .request(Method::Patch, self.here()?, "blob upload, chunk")
            .header("content-range", format!("{first}-{}", first + size - 1))
            .body(OCTETS, chunk.clone());
        let response = self.repository.send(request, attempts).await?;
        match response.status() {
            status @ (201 | 202 | 204) => {
                let reported = received(&response);
                self.learn(&response)?;
                response.discard().await?;
                // ECR answers 201 and a range that means nothing.
                let known = reported.filter(|has| status != 201 && *has > first && *has != 1);
                let (has, sent) = (known.unwrap_or(first + size), first + size);
                if has > sent {
                    return Err(ErrorKind::Protocol(Violation::UploadOffset { has, sent }));
                }
                self.accepted = has;
                Ok(())
            }
            _ => Err(unexpected(response).await),
        }
    }

    async fn put(
        &mut self,
        digest: &Digest,
        last: Body,
        attempts: &Attempts,
    ) -> Result<(), ErrorKind> {
        let url = with_digest(self.here()?, digest);
        let request = self.request(Method::Put, url, "blob upload, finish").body(OCTETS, last);
        let response = self.repository.send(request, attempts).await?;
        match response.status() {
            200 | 201 | 204 => {
                check_stored(digest_header(response.headers())?, digest)?;
                Ok(response.discard().await?)
            }
            _ => Err(unexpected(response).await),
        }
    }

    /// After a failure: finds out what the registry has, if it is worth going on.
    async fn recover(&mut self, why: ErrorKind, size: u64, end: u64) -> Result<(), ErrorKind> {
        let status = match &why {
            ErrorKind::Registry(refusal) | ErrorKind::NotFound(refusal) => refusal.status,
            _ => 0,
        };
        let before = self.accepted;
        let chunk = CHUNK_SIZE.max(self.smallest);
        match status {
            413 | 416 if size > chunk => self.largest = chunk,
            416 => {
                self.has_first = before == 0;
                self.patience.insist(why).await?;
            }
            // The session is gone: a registry that was restarted may have forgotten it.
            400 | 404 if is_lost(&why) || (status == 404 && before > 0) => {
                self.patience.insist(why).await?;
                return self.restart().await;
            }
            400 | 404 | 405 | 415 | 501 if before == 0 && self.appended == 0 => {
                self.no_chunks = true;
                return Err(why);
            }
            _ => {
                let broke = is_broken(&why);
                self.patience.wait(why).await?;
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
                Err(why) if matches!(why, ErrorKind::NotFound(_)) || is_lost(&why) => {
                    return self.restart().await;
                }
                // Registries that do not answer this question have what was answered before.
                Err(ErrorKind::Registry(refusal)) if matches!(refusal.status, 405 | 501) => {
                    return Ok(());
                }
                Err(why) => self.patience.wait(why).await?,
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
        let (location, smallest) = open(&self.repository, self.algorithm).await?;
        self.location = Some(location);
        self.smallest = smallest;
        self.accepted = 0;
        self.has_first = false;
        Ok(())
    }

    async fn is_there(&self, digest: &Digest) -> bool {
        self.repository.head_blob(digest, Attempts::default()).await.unwrap_or(false)
    }

    /// Ends the upload: as it should, or by cancelling what is left of it.
    pub(super) async fn close<T>(mut self, outcome: Result<T, ErrorKind>) -> Result<T, ErrorKind> {
        match outcome {
            Ok(_) => self.location = None,
            Err(_) => self.cancel().await,
        }
        outcome
    }

    /// Tells the registry that nothing more comes. Whether it listens does not matter.
    pub(super) async fn cancel(mut self) {
        if let Some(location) = self.location.take() {
            cancel(self.repository.clone(), location).await;
        }
    }

    fn here(&self) -> Result<Url, ErrorKind> {
        self.location.clone().ok_or(ErrorKind::Protocol(Violation::UploadLocation))
    }

    fn request(&self, method: Method, url: Url, step: &str) -> wire::Request {
        self.repository.request(method, url, step)
    }

    /// Notes where the upload goes on, and the size of its chunks.
    fn learn(&mut self, response: &Response) -> Result<(), ErrorKind> {
        if response.headers().get("location").is_some() {
            self.location = Some(location(response)?);
        }
        self.smallest = self.smallest.max(smallest(response));
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(location) = self.location.take() {
            let repository = self.repository.clone();
            let client = repository.client().clone();
            client.shared.cleaning.spawn(cancel(repository, location));
        }
    }
}

async fn cancel(repository: Repository, location: Url) {
    let request = repository.request(Method::Delete, location, "blob upload, cancel");
    let attempts = Attempts::default();
    let sent = async {
        if let Ok(response) = repository.send(request, &attempts).await {
            let _ = response.discard().await;
        }
    };
    let _ = tokio::time::timeout(cleaning::LIMIT, sent).await;
}

/// Opens a session: its location, and the smallest chunk that the registry takes.
async fn open(repository: &Repository, algorithm: Algorithm) -> Result<(Url, u64), ErrorKind> {
    // A session that was opened without anybody knowing holds nothing and runs out by itself.
    repository
        .client()
        .persist(|attempts| async move {
            let mut url = repository.url("blobs/uploads/");
            if algorithm != Algorithm::Sha256 {
                url.set_query(Some(&format!("digest-algorithm={}", algorithm.name())));
            }
            let request = repository.request(Method::Post, url, "blob upload, start");
            let response = repository.send(request, &attempts).await?;
            match response.status() {
                202 => {
                    let opened = (location(&response)?, smallest(&response));
                    response.discard().await?;
                    Ok(opened)
                }
                _ => Err(unexpected(response).await),
            }
        })
        .await
}
