//! Reading blobs of any size (distribution specification, "Pulling blobs").
//!
//! An interrupted download is resumed. A blob counts as read only after its size and digest were checked.

use std::fmt;
use std::path::Path;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::handle::Repository;
use super::manifests::{digest_header, refuse_encoding};
use crate::atomic_file::Pending;
use crate::oci::descriptor::{Descriptor, Mismatch};
use crate::oci::digest::{Digest, Hasher};
use crate::oci::error::{Error, ErrorKind, ProtocolViolation, Result};
use crate::oci::operation::Operation;
use crate::oci::retry::RetryBudget;
use crate::printable::excerpt;
use crate::wire::{HttpErrorKind, Method, Response};

const QUEUE_LENGTH: usize = 8;

/// A blob that is being read.
///
/// Its pieces must not be used before [`BlobReader::chunk`] returned `None`: the digest is checked then.
pub struct BlobReader {
    pieces: Pieces,
    hasher: Hasher,
}

impl fmt::Debug for BlobReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobReader").finish_non_exhaustive()
    }
}

impl Repository {
    /// Returns a reader for a blob of any size. No request is sent yet.
    #[must_use]
    pub fn open_blob(&self, descriptor: &Descriptor) -> BlobReader {
        let hasher = Hasher::new(descriptor.digest.algorithm());
        BlobReader { pieces: Pieces::new(self, descriptor), hasher }
    }

    /// Reads a blob of any size into a file, which appears at `path` when it is whole. Hashing and writing
    /// are done on another thread.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] if the registry sends other bytes; [`ErrorKind::Local`] if the file cannot
    /// be written. A file that was at `path` before is unchanged then.
    pub async fn download_blob(&self, descriptor: &Descriptor, path: &Path) -> Result<(), Error> {
        let done = async {
            let pending = Pending::beside(path).map_err(ErrorKind::Local)?;
            let hasher = Hasher::new(descriptor.digest.algorithm());
            let (sender, receiver) = mpsc::channel(QUEUE_LENGTH);
            let writing = tokio::task::spawn_blocking(move || write(receiver, hasher, pending));
            let mut pieces = Pieces::new(self, descriptor);
            let outcome = receive(&mut pieces, sender).await;
            let written = writing.await.unwrap_or_else(|error| Err(error.into()));
            outcome?;
            let (hasher, pending) = written.map_err(ErrorKind::Local)?;
            pieces.verify(hasher.finish())?;
            // Waiting for the disk here would block other tasks.
            let committed = tokio::task::spawn_blocking(move || pending.commit()).await;
            committed.unwrap_or_else(|error| Err(error.into())).map_err(ErrorKind::Local)
        };
        done.await.map_err(self.error("reading the blob", format_args!("@{}", descriptor.digest)))
    }
}

async fn receive(pieces: &mut Pieces, writer: mpsc::Sender<Bytes>) -> Result<()> {
    while let Some(piece) = pieces.next().await? {
        // The writer ends early only if it failed, and returns the error itself.
        if writer.send(piece).await.is_err() {
            break;
        }
    }
    Ok(())
}

fn write(
    mut pieces: mpsc::Receiver<Bytes>,
    mut hasher: Hasher,
    mut pending: Pending,
) -> std::io::Result<(Hasher, Pending)> {
    while let Some(piece) = pieces.blocking_recv() {
        hasher.update(&piece);
        pending.write(&piece)?;
    }
    Ok((hasher, pending))
}

impl BlobReader {
    /// Returns the next piece of the blob, or `None` after the last one, once size and digest were checked.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] if size or digest are wrong; the pieces before must not be used then. An
    /// interruption is an error only if it lasts longer than the retry policy allows.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let next = match Box::pin(self.pieces.next()).await {
            Ok(Some(piece)) => {
                self.hasher.update(&piece);
                return Ok(Some(piece));
            }
            Ok(None) => self.pieces.verify(self.hasher.clone().finish()),
            Err(error) => Err(error),
        };
        let digest = &self.pieces.descriptor.digest;
        let error = self.pieces.repository.error("reading the blob", format!("@{digest}"));
        next.map(|()| None).map_err(error)
    }
}

/// Reads the pieces of a blob in order. The digest is not checked here.
struct Pieces {
    repository: Repository,
    descriptor: Descriptor,
    response: Option<Response>,
    offset: u64,
    /// How many bytes of this response were returned before, and are skipped.
    skip: u64,
    /// The offset at which the part in this response ends, if that is not the end of the blob.
    part_end: Option<u64>,
    /// True if the registry did not send a part that was requested: then the whole blob is requested.
    whole_only: bool,
    promised: Option<Digest>,
    encoding: Result<()>,
    operation: Operation,
    budget: RetryBudget,
}

impl Pieces {
    fn new(repository: &Repository, descriptor: &Descriptor) -> Self {
        Self {
            repository: repository.clone(),
            descriptor: descriptor.clone(),
            response: None,
            offset: 0,
            skip: 0,
            part_end: None,
            whole_only: false,
            promised: None,
            encoding: Ok(()),
            operation: repository.operation(),
            budget: repository.retry_budget(),
        }
    }

    async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            match self.piece().await {
                Ok(Some(piece)) => {
                    if let Some(new) = self.unseen(piece)? {
                        self.budget.note_progress(self.offset);
                        return Ok(Some(new));
                    }
                }
                // A part may end before the blob does (RFC 9110, section 15.3.7).
                Ok(None) if self.part_end == Some(self.offset) => {
                    self.response = None;
                    self.budget.use_retry(self.wrong_size().into())?;
                }
                Ok(None) => return Ok(None),
                Err(error) => {
                    self.response = None;
                    self.budget.back_off_if_temporary(error).await?;
                }
            }
        }
    }

    /// Returns the next piece of the response. Without a response, a request is sent first.
    async fn piece(&mut self) -> Result<Option<Bytes>> {
        if self.offset == self.descriptor.size && self.offset > 0 {
            return self.end().await;
        }
        if self.response.is_none() {
            self.response = Some(Box::pin(self.ask()).await?);
        }
        let Some(response) = &mut self.response else { return Ok(None) };
        Ok(response.chunk().await?)
    }

    /// Checks that nothing comes after the last byte that was promised.
    async fn end(&mut self) -> Result<Option<Bytes>> {
        match &mut self.response {
            Some(response) => match response.chunk().await {
                Err(error) if matches!(error.kind(), HttpErrorKind::Record(_)) => Err(error.into()),
                // If the connection breaks now, everything has arrived already.
                piece => Ok(piece.unwrap_or_default()),
            },
            None => Ok(None),
        }
    }

    async fn ask(&mut self) -> Result<Response> {
        let is_partial = self.offset > 0 && !self.whole_only;
        let response = self.request(is_partial).await?;
        self.encoding = refuse_encoding(&response);
        let size = self.descriptor.size;
        match (response.status(), part_end(&response, self.offset, size)) {
            (200, _) => {
                self.promised = digest_header(response.headers())?;
                self.skip = self.offset;
                self.part_end = None;
                Ok(response)
            }
            (206, Some(end)) => {
                self.skip = 0;
                self.part_end = Some(end).filter(|end| *end < size);
                Ok(response)
            }
            (206 | 416, _) if is_partial => {
                response.discard().await?;
                self.whole_only = true;
                Box::pin(self.ask()).await
            }
            (206, None) => {
                let range = response.headers().get("content-range").unwrap_or_default();
                Err(ProtocolViolation::ContentRange(excerpt(range, 80)).into())
            }
            _ => Err(ErrorKind::of_response(response).await),
        }
    }

    async fn request(&self, only_rest: bool) -> Result<Response> {
        let url = self.operation.url(&format!("blobs/{}", self.descriptor.digest));
        let mut request = self.operation.request(Method::GET, url, "blob, get");
        if only_rest {
            request = request.header("range", format!("bytes={}-", self.offset));
        }
        self.operation.send(request).await
    }

    fn unseen(&mut self, mut piece: Bytes) -> Result<Option<Bytes>> {
        let seen = self.skip.min(piece.len() as u64);
        self.skip -= seen;
        // At most the length of the piece.
        let piece = piece.split_off(usize::try_from(seen).unwrap_or(usize::MAX));
        self.offset += piece.len() as u64;
        if self.offset > self.descriptor.size {
            return Err(self.wrong_size().into());
        }
        Ok(Some(piece).filter(|piece| !piece.is_empty()))
    }

    const fn wrong_size(&self) -> Mismatch {
        Mismatch::Size { expected: self.descriptor.size, found: self.offset }
    }

    fn verify(&mut self, found: Digest) -> Result<()> {
        let Descriptor { digest: expected, size, .. } = &self.descriptor;
        let is_whole = self.offset == *size;
        let checked = if is_whole { expected.expect(found) } else { Err(self.wrong_size()) };
        if let Err(mismatch) = checked {
            // A compressed response explains the mismatch.
            std::mem::replace(&mut self.encoding, Ok(()))?;
            return Err(mismatch.into());
        }
        match &self.promised {
            Some(promised) if promised.algorithm() == expected.algorithm() => {
                Ok(promised.expect(expected.clone())?)
            }
            _ => Ok(()),
        }
    }
}

/// Returns the offset at which the part in a 206 response ends, if it begins at `offset`.
fn part_end(response: &Response, offset: u64, size: u64) -> Option<u64> {
    let range = response.headers().get("content-range")?.strip_prefix("bytes ")?;
    let (part, whole) = range.split_once('/')?;
    let (first, last) = part.split_once('-')?;
    let last: u64 = last.parse().ok()?;
    let of_size = whole == "*" || whole.parse() == Ok(size);
    let fits = first.parse() == Ok(offset) && (offset..size).contains(&last) && of_size;
    if fits { last.checked_add(1) } else { None }
}
