//! The body of a request, and the form in which the HTTP library takes it: piece by piece.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::sync::mpsc;

use super::progress::{BodyTally, SendProgress};
use super::source::{BodySource, PIECE_SIZE, PIECES_AHEAD, SourceReader};

/// The body of a request. Clones share the content.
#[derive(Clone)]
pub(crate) struct Body(Content);

#[derive(Clone)]
enum Content {
    Memory(Bytes),
    Source { source: Arc<dyn BodySource>, start: u64, size: u64 },
}

impl Body {
    pub(crate) const fn empty() -> Self {
        Self(Content::Memory(Bytes::new()))
    }

    /// Makes a body of the first `size` bytes of `source`, which are read on another thread while they
    /// are sent.
    pub(crate) fn from_source(source: Arc<dyn BodySource>, size: u64) -> Self {
        Self(Content::Source { source, start: 0, size })
    }

    pub(crate) const fn size(&self) -> u64 {
        match &self.0 {
            Content::Memory(bytes) => bytes.len() as u64,
            Content::Source { size, .. } => *size,
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.size() == 0
    }

    /// Returns at most `length` bytes of this body from `offset` on.
    pub(crate) fn part(&self, offset: u64, length: u64) -> Self {
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

    /// Returns an empty tally for this body. It does not hash what the source hashes itself: then
    /// [`Body::known_sha256`] is the digest.
    pub(crate) fn tally(&self) -> BodyTally {
        match &self.0 {
            Content::Source { source, start: 0, .. } if source.hashes() => {
                BodyTally::without_hash()
            }
            _ => BodyTally::new(),
        }
    }

    /// Returns the SHA-256 of the whole body if its source computed it.
    pub(crate) fn known_sha256(&self) -> Option<[u8; 32]> {
        match &self.0 {
            Content::Source { source, start: 0, size } => source.sha256(*size),
            _ => None,
        }
    }

    /// Returns the body as the HTTP library takes it. `progress` follows the sending.
    pub(crate) fn outgoing(&self, progress: SendProgress) -> Outgoing {
        match &self.0 {
            Content::Memory(bytes) => Outgoing::from_memory(bytes.clone(), progress),
            Content::Source { source, start, size } => {
                Outgoing::from_source(Arc::clone(source), *start, *size, progress)
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

/// The pieces of a body that are still to be sent. Each counts in `progress` when it is taken.
pub(crate) struct Outgoing {
    pieces: Pieces,
    left: u64,
    progress: SendProgress,
}

enum Pieces {
    Memory(Bytes),
    Source(mpsc::Receiver<Bytes>),
}

impl Outgoing {
    const fn from_memory(bytes: Bytes, progress: SendProgress) -> Self {
        let left = bytes.len() as u64;
        Self { pieces: Pieces::Memory(bytes), left, progress }
    }

    /// Starts to read `size` bytes of `source` from `start` on, on a thread of their own.
    fn from_source(
        source: Arc<dyn BodySource>,
        start: u64,
        size: u64,
        progress: SendProgress,
    ) -> Self {
        let (sender, pieces) = mpsc::channel(PIECES_AHEAD);
        let reader = SourceReader::new(source, start, size, progress.clone());
        tokio::task::spawn_blocking(move || reader.run(&sender));
        Self { pieces: Pieces::Source(pieces), left: size, progress }
    }
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
            Pieces::Memory(bytes) => Some(bytes.split_to(PIECE_SIZE.min(bytes.len()))),
            Pieces::Source(pieces) => match pieces.poll_recv(context) {
                Poll::Ready(piece) => piece,
                Poll::Pending => return Poll::Pending,
            },
        };
        // The reader stopped early: `progress` has its error.
        let Some(piece) = piece else {
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        };
        self.left = self.left.saturating_sub(piece.len() as u64);
        self.progress.sent(&piece);
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
    use std::future::poll_fn;
    use std::io::Write as _;
    use std::sync::Mutex;
    use std::sync::mpsc as std_mpsc;

    use hyper::body::Body as _;
    use sha2::{Digest as _, Sha256};

    use super::*;

    /// Content in memory that tells how far it was read.
    struct WatchedSource {
        content: Bytes,
        read: Mutex<std_mpsc::Sender<u64>>,
    }

    impl BodySource for WatchedSource {
        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            let from = usize::try_from(offset).unwrap();
            buffer.copy_from_slice(&self.content[from..from + buffer.len()]);
            // The test does not watch to the end.
            let _ = self.read.lock().unwrap().send(offset + buffer.len() as u64);
            Ok(buffer.len())
        }
    }

    fn content() -> Bytes {
        let pieces = 3 * PIECES_AHEAD;
        (0..pieces * PIECE_SIZE).map(|at| u8::try_from(at / PIECE_SIZE).unwrap()).collect()
    }

    /// Takes two pieces as a connection does, drops the rest, and checks what was counted.
    async fn assert_two_pieces_are_counted(mut outgoing: Outgoing, progress: &SendProgress) {
        for _ in 0..2 {
            let frame = poll_fn(|context| Pin::new(&mut outgoing).poll_frame(context)).await;
            assert_eq!(frame.unwrap().unwrap().into_data().unwrap().len(), PIECE_SIZE);
        }
        drop(outgoing);
        let tally = progress.take_tally().unwrap();
        assert_eq!(tally.size, 2 * PIECE_SIZE as u64);
        let expected: [u8; 32] = Sha256::digest(&content()[..2 * PIECE_SIZE]).into();
        assert_eq!(tally.sha256(), Some(expected));
    }

    #[tokio::test]
    async fn only_pieces_of_memory_that_were_taken_are_counted() {
        let progress = SendProgress::new(Some(BodyTally::new()));
        let outgoing = Outgoing::from_memory(content(), progress.clone());
        assert_two_pieces_are_counted(outgoing, &progress).await;
    }

    #[tokio::test]
    async fn pieces_of_a_source_that_were_only_read_are_not_counted() {
        let (read, reads) = std_mpsc::channel();
        let source = Arc::new(WatchedSource { content: content(), read: Mutex::new(read) });
        let progress = SendProgress::new(Some(BodyTally::new()));
        let size = source.content.len() as u64;
        let outgoing = Outgoing::from_source(source, 0, size, progress.clone());
        // Nothing is taken yet, and the reader is as far ahead as it gets.
        let ahead = (PIECES_AHEAD + 1) * PIECE_SIZE;
        assert!(reads.iter().any(|end| end == ahead as u64));
        assert_two_pieces_are_counted(outgoing, &progress).await;
    }

    #[test]
    fn part_stays_within_its_body() {
        let memory = Body::from(b"0123456789".to_vec());
        let bytes = |body: &Body| match &body.0 {
            Content::Memory(bytes) => bytes.to_vec(),
            Content::Source { .. } => panic!("not in memory"),
        };
        assert_eq!(bytes(&memory.part(2, 3)), b"234");
        assert_eq!(bytes(&memory.part(8, 100)), b"89");
        assert!(memory.part(11, 1).is_empty());
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let source = Body::from_source(Arc::new(file), 10);
        assert_eq!(source.part(2, 100).part(1, 100).size(), 7);
        assert_eq!(format!("{source:?}"), "Body(10 bytes)");
    }
}
