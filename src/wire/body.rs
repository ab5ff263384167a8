//! The bytes that go with a request: in memory, or read while they are sent.
//!
//! A body can be sent more than once, from any offset on: nothing here reads ahead of what the
//! connection takes by more than a few pieces, and nothing is kept that was sent.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::sync::mpsc;

use super::reading::Reading;
use super::tally::Tally;

/// The size of the pieces in which a source is read, in bytes.
pub(super) const PIECE: usize = 128 * 1024;
/// How many pieces may wait for the connection.
pub(super) const AHEAD: usize = 4;

/// Content that can be read from any offset, from another thread, more than once.
pub trait BodySource: Send + Sync {
    /// Reads some bytes at `offset`; 0 means that the content ends there.
    ///
    /// # Errors
    /// Whatever keeps the content from being read.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Whether this source computes the SHA-256 of what is read from its start on, so that a
    /// transcript need not do it again.
    fn hashes(&self) -> bool {
        false
    }

    /// The SHA-256 of the first `size` bytes, where [`BodySource::hashes`] says so and exactly these
    /// have been read by now.
    fn sha256(&self, size: u64) -> Option<[u8; 32]> {
        let _ = size;
        None
    }
}

impl BodySource for std::fs::File {
    #[cfg(unix)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, buffer, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(self, buffer, offset)
    }
}

/// The body of a request. Clones share the content.
#[derive(Clone)]
pub struct Body(Content);

#[derive(Clone)]
enum Content {
    Memory(Bytes),
    Source { source: Arc<dyn BodySource>, start: u64, size: u64 },
}

impl Body {
    /// No body.
    #[must_use]
    pub const fn empty() -> Self {
        Self(Content::Memory(Bytes::new()))
    }

    /// The first `size` bytes of `source`, read on another thread while they are sent.
    #[must_use]
    pub fn from_source(source: Arc<dyn BodySource>, size: u64) -> Self {
        Self(Content::Source { source, start: 0, size })
    }

    /// The size in bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        match &self.0 {
            Content::Memory(bytes) => bytes.len() as u64,
            Content::Source { size, .. } => *size,
        }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.size() == 0
    }

    /// At most `length` bytes from `offset` on.
    #[must_use]
    pub fn part(&self, offset: u64, length: u64) -> Self {
        let offset = offset.min(self.size());
        let length = length.min(self.size() - offset);
        Self(match &self.0 {
            Content::Memory(bytes) => {
                // Both are at most the length of `bytes`, which is a `usize`.
                let from = usize::try_from(offset).unwrap_or(bytes.len());
                let to = usize::try_from(offset + length).unwrap_or(bytes.len());
                Content::Memory(bytes.slice(from..to))
            }
            Content::Source { source, start, .. } => {
                Content::Source { source: Arc::clone(source), start: start + offset, size: length }
            }
        })
    }

    /// The bytes, where they are in memory.
    pub(super) const fn in_memory(&self) -> Option<&Bytes> {
        match &self.0 {
            Content::Memory(bytes) => Some(bytes),
            Content::Source { .. } => None,
        }
    }

    /// The SHA-256 that the source computed, where it computes it for the whole of this body.
    pub(super) fn known_sha256(&self) -> Option<[u8; 32]> {
        match &self.0 {
            Content::Source { source, start: 0, size } => source.sha256(*size),
            _ => None,
        }
    }

    /// Whether a transcript can rely on [`Body::known_sha256`].
    pub(super) fn is_hashed_elsewhere(&self) -> bool {
        matches!(&self.0, Content::Source { source, start: 0, .. } if source.hashes())
    }

    /// The body as the HTTP library takes it. What was read of a source is noted in `tally`, and how
    /// it went in `progress`.
    pub(super) fn outgoing(
        &self,
        tally: Option<Arc<Mutex<Tally>>>,
        progress: &Progress,
    ) -> reqwest::Body {
        match &self.0 {
            Content::Memory(bytes) if bytes.len() <= PIECE => bytes.clone().into(),
            Content::Memory(bytes) => {
                let pieces = Pieces::Memory(bytes.clone());
                let left = bytes.len() as u64;
                reqwest::Body::wrap(Outgoing { pieces, left, progress: progress.clone() })
            }
            Content::Source { source, start, size } => {
                let (sender, pieces) = mpsc::channel(AHEAD);
                let reading =
                    Reading::new(Arc::clone(source), *start, *size, tally, progress.clone());
                tokio::task::spawn_blocking(move || reading.run(&sender));
                let pieces = Pieces::Source(pieces);
                reqwest::Body::wrap(Outgoing { pieces, left: *size, progress: progress.clone() })
            }
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Content::Memory(bytes))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

/// Prints the size alone.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.size())
    }
}

/// How far a body got, for whoever waits for the answer.
#[derive(Clone, Default)]
pub(super) struct Progress(Arc<Known>);

#[derive(Default)]
struct Known {
    taken: AtomicU64,
    failure: Mutex<Option<io::Error>>,
}

impl Progress {
    /// How many bytes the connection took.
    pub(super) fn taken(&self) -> u64 {
        self.0.taken.load(Ordering::Relaxed)
    }

    /// Why the content could not be read.
    pub(super) fn failure(&self) -> Option<io::Error> {
        self.0.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn fail(&self, error: io::Error) {
        *self.0.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

/// The pieces as the HTTP library asks for them.
struct Outgoing {
    pieces: Pieces,
    left: u64,
    progress: Progress,
}

enum Pieces {
    Memory(Bytes),
    Source(mpsc::Receiver<Bytes>),
}

impl hyper::body::Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let piece = match &mut self.pieces {
            Pieces::Memory(bytes) => Some(bytes.split_to(PIECE.min(bytes.len()))),
            Pieces::Source(pieces) => match pieces.poll_recv(context) {
                Poll::Ready(piece) => piece,
                Poll::Pending => return Poll::Pending,
            },
        };
        // Without a piece, the reading thread ended before its time.
        let Some(piece) = piece else {
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        };
        let size = piece.len() as u64;
        self.left = self.left.saturating_sub(size);
        self.progress.0.taken.fetch_add(size, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_stays_within_its_body() {
        let memory = Body::from(b"0123456789".to_vec());
        let bytes = |body: &Body| body.in_memory().unwrap().to_vec();
        assert_eq!(bytes(&memory.part(2, 3)), b"234");
        assert_eq!(bytes(&memory.part(8, 100)), b"89");
        assert!(memory.part(11, 1).is_empty());
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, b"0123456789").unwrap();
        let source = Body::from_source(Arc::new(file), 10);
        assert_eq!(source.part(2, 100).part(1, 100).size(), 7);
        assert_eq!(format!("{source:?}"), "Body(10 bytes)");
    }
}
