//! One upload session, from the request that opens it to the one that closes or cancels it.

mod recovery;

use url::Url;

use super::answer::{check_stored, is_lost, location, received, smallest, unexpected};
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
        // One that was opened without anybody knowing holds nothing and runs out by itself.
        repository
            .client()
            .persist(|attempts| async move {
                let mut url = repository.url("blobs/uploads/");
                if algorithm != Algorithm::Sha256 {
                    url.set_query(Some(&format!("digest-algorithm={}", algorithm.name())));
                }
                let request = repository.request(Method::Post, url, "blob upload, start");
                let response = repository.send_opening(request, &attempts, None).await?;
                match response.status() {
                    202 => Self::opened(repository, response, algorithm).await,
                    _ => Err(unexpected(response).await),
                }
            })
            .await
    }

    /// Takes over the upload that `response` opened. From here on it is cancelled if it is given up,
    /// even where the rest of the response does not come.
    pub(super) async fn opened(
        repository: &Repository,
        response: Response,
        algorithm: Algorithm,
    ) -> Result<Self, ErrorKind> {
        let mut upload = Self::resume(repository, location(&response)?, algorithm);
        upload.smallest = smallest(&response);
        response.discard().await?;
        Ok(upload)
    }

    fn resume(repository: &Repository, location: Url, algorithm: Algorithm) -> Self {
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
                        let error = ErrorKind::Protocol(Violation::UploadOffset { has, sent });
                        self.patience.insist(error).await?;
                    }
                }
                Err(error) => self.recover(error, chunk.size(), end).await?,
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
                Err(error)
                    if (may_pass(&error) || is_lost(&error)) && self.is_there(&digest).await =>
                {
                    return Ok(());
                }
                Err(error) => self.recover(error, size, end).await?,
            }
        }
    }

    /// Sends the whole blob in one request, in another session than the one that took no chunks.
    pub(super) async fn finish_anew(
        &mut self,
        digest: impl Fn() -> Digest,
        whole: &Body,
    ) -> Result<(), ErrorKind> {
        self.abandon().await;
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

    async fn is_there(&self, digest: &Digest) -> bool {
        self.repository.head_blob(digest, Attempts::default()).await.unwrap_or(false)
    }

    /// Ends the upload: as it should, or by cancelling what is left of it.
    pub(super) async fn close<T>(mut self, outcome: Result<T, ErrorKind>) -> Result<T, ErrorKind> {
        match outcome {
            Ok(_) => self.location = None,
            Err(_) => self.abandon().await,
        }
        outcome
    }

    /// Tells the registry that nothing more comes. Whether it listens does not matter.
    pub(super) async fn cancel(mut self) {
        self.abandon().await;
    }

    /// The location is kept until the registry was told: whoever is dropped meanwhile tells it again.
    async fn abandon(&mut self) {
        if let Some(location) = self.location.clone() {
            cancel(self.repository.clone(), location).await;
            self.location = None;
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
