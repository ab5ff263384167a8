//! Reading blobs of any size (distribution specification, "Pulling blobs").
//!
//! A download goes on where it was interrupted, and nothing is handed out as whole before size and
//! digest hold.

use std::fmt;
use std::path::Path;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::descriptor::{Descriptor, Mismatch};
use super::digest::{Digest, Hasher};
use super::error::{Error, ErrorKind, Violation};
use super::manifests::{digest_header, refuse_encoding};
use super::repository::Repository;
use super::retry::{Attempts, Patience};
use super::session::refusal;
use crate::atomic_file::Pending;
use crate::printable::excerpt;
use crate::wire::{self, Method, Response};

/// How many pieces of a blob may wait to be written.
const AHEAD: usize = 8;

/// A blob that is being read.
///
/// Its pieces are not to be trusted before [`BlobReader::chunk`] returned `None`: only then do they
/// have the digest.
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
    /// Starts reading a blob of any size. Nothing is asked yet.
    #[must_use]
    pub fn open_blob(&self, descriptor: &Descriptor) -> BlobReader {
        let hasher = Hasher::new(descriptor.digest.algorithm());
        BlobReader { pieces: Pieces::new(self, descriptor), hasher }
    }

    /// Reads a blob of any size into a file, which appears at `path` when it is whole. What is
    /// hashed and written meanwhile is on another thread.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] where the registry sends other bytes; [`ErrorKind::Local`] where the
    /// file cannot be written. What was at `path` is as it was then.
    pub async fn download_blob(&self, descriptor: &Descriptor, path: &Path) -> Result<(), Error> {
        let done = self.download(descriptor, path).await;
        let digest = &descriptor.digest;
        done.map_err(self.error("reading the blob", format_args!("@{digest}")))
    }

    async fn download(&self, descriptor: &Descriptor, path: &Path) -> Result<(), ErrorKind> {
        let pending = Pending::beside(path).map_err(ErrorKind::Local)?;
        let hasher = Hasher::new(descriptor.digest.algorithm());
        let (sender, receiver) = mpsc::channel(AHEAD);
        let writing = tokio::task::spawn_blocking(move || write(receiver, hasher, pending));
        let mut pieces = Pieces::new(self, descriptor);
        let passed = pass_on(&mut pieces, sender).await;
        let written = writing.await.unwrap_or_else(|error| Err(error.into()));
        passed?;
        let (hasher, pending) = written.map_err(ErrorKind::Local)?;
        pieces.verify(hasher.finish())?;
        // Waiting for the disk would hold up other work.
        let committed = tokio::task::spawn_blocking(move || pending.commit()).await;
        committed.unwrap_or_else(|error| Err(error.into())).map_err(ErrorKind::Local)
    }
}

async fn pass_on(pieces: &mut Pieces, writer: mpsc::Sender<Bytes>) -> Result<(), ErrorKind> {
    while let Some(piece) = pieces.next().await? {
        // A writer that is gone has failed, and says so itself.
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
    /// The next piece of the blob, or `None` after the last one, where size and digest hold.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] where they do not: every piece before is worth nothing then. An
    /// interruption is no error unless it lasts.
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

/// The pieces of a blob, in order, not verified.
struct Pieces {
    repository: Repository,
    descriptor: Descriptor,
    /// What is being read.
    response: Option<Response>,
    /// How many bytes were handed out.
    offset: u64,
    /// How many bytes of this response were handed out before.
    skip: u64,
    /// Where the part ends that this response holds, if that is not the end of the blob.
    part_end: Option<u64>,
    /// Whether the registry answered a request for the rest with something else.
    whole_only: bool,
    promised: Option<Digest>,
    encoding: Result<(), ErrorKind>,
    attempts: Attempts,
    patience: Patience,
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
            attempts: Attempts::default(),
            patience: repository.client().patience(),
        }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, ErrorKind> {
        loop {
            match self.piece().await {
                Ok(Some(piece)) => {
                    if let Some(new) = self.unseen(piece)? {
                        self.patience.advance(self.offset);
                        return Ok(Some(new));
                    }
                }
                // A part may end before the blob does (RFC 9110, section 15.3.7).
                Ok(None) if self.part_end == Some(self.offset) => {
                    self.response = None;
                    self.patience.spend(self.wrong_size())?;
                }
                Ok(None) => return Ok(None),
                Err(error) => {
                    self.response = None;
                    self.patience.wait(error).await?;
                }
            }
        }
    }

    /// The next piece of the response, which is asked for where there is none.
    async fn piece(&mut self) -> Result<Option<Bytes>, ErrorKind> {
        if self.offset == self.descriptor.size && self.offset > 0 {
            return self.end().await;
        }
        if self.response.is_none() {
            self.response = Some(Box::pin(self.ask()).await?);
        }
        let Some(response) = &mut self.response else { return Ok(None) };
        Ok(response.chunk().await?)
    }

    /// After the last byte that was promised, nothing may come.
    async fn end(&mut self) -> Result<Option<Bytes>, ErrorKind> {
        match &mut self.response {
            Some(response) => match response.chunk().await {
                Err(error) if matches!(error.kind(), wire::HttpErrorKind::Record(_)) => {
                    Err(error.into())
                }
                // A connection that breaks now has brought everything.
                piece => Ok(piece.unwrap_or_default()),
            },
            None => Ok(None),
        }
    }

    async fn ask(&mut self) -> Result<Response, ErrorKind> {
        let part = self.offset > 0 && !self.whole_only;
        let response = self.request(part).await?;
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
            (206 | 416, _) if part => {
                response.discard().await?;
                self.whole_only = true;
                Box::pin(self.ask()).await
            }
            (206, None) => {
                let range = response.headers().get("content-range").unwrap_or_default();
                Err(ErrorKind::Protocol(Violation::ContentRange(excerpt(range, 80))))
            }
            _ => Err(refusal(response).await),
        }
    }

    /// Asks for the blob, or for `part` of it: what was not handed out yet.
    async fn request(&self, part: bool) -> Result<Response, ErrorKind> {
        let url = self.repository.url(&format!("blobs/{}", self.descriptor.digest));
        let mut request = self.repository.request(Method::Get, url, "blob, get");
        if part {
            request = request.header("range", format!("bytes={}-", self.offset));
        }
        self.repository.send(request, &self.attempts).await
    }

    /// What of a piece was not handed out before.
    fn unseen(&mut self, mut piece: Bytes) -> Result<Option<Bytes>, ErrorKind> {
        let seen = self.skip.min(piece.len() as u64);
        self.skip -= seen;
        // At most the length of the piece.
        let piece = piece.split_off(usize::try_from(seen).unwrap_or(usize::MAX));
        self.offset += piece.len() as u64;
        if self.offset > self.descriptor.size {
            return Err(self.wrong_size());
        }
        Ok(Some(piece).filter(|piece| !piece.is_empty()))
    }

    const fn wrong_size(&self) -> ErrorKind {
        let expected = self.descriptor.size;
        ErrorKind::Mismatch(Mismatch::Size { expected, found: self.offset })
    }

    /// Holds size and digest against what was promised.
    fn verify(&mut self, found: Digest) -> Result<(), ErrorKind> {
        let Descriptor { digest: expected, size, .. } = &self.descriptor;
        let mismatch = if self.offset != *size {
            Mismatch::Size { expected: *size, found: self.offset }
        } else if found != *expected {
            Mismatch::Digest { expected: expected.clone(), found }
        } else {
            return match &self.promised {
                Some(other) if other.algorithm() == expected.algorithm() && other != expected => {
                    let (expected, found) = (other.clone(), expected.clone());
                    Err(ErrorKind::Mismatch(Mismatch::Digest { expected, found }))
                }
                _ => Ok(()),
            };
        };
        std::mem::replace(&mut self.encoding, Ok(()))?;
        Err(ErrorKind::Mismatch(mismatch))
    }
}

/// Where the part ends that a 206 holds, if it begins at `offset`.
fn part_end(response: &Response, offset: u64, size: u64) -> Option<u64> {
    let range = response.headers().get("content-range")?.strip_prefix("bytes ")?;
    let (part, whole) = range.split_once('/')?;
    let (first, last) = part.split_once('-')?;
    let last: u64 = last.parse().ok()?;
    let of_size = whole == "*" || whole.parse() == Ok(size);
    let fits = first.parse() == Ok(offset) && (offset..size).contains(&last) && of_size;
    if fits { last.checked_add(1) } else { None }
}
