//! Reads a body's source while what was read is sent.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;

use super::body::{AHEAD, BodySource, PIECE, Progress};
use super::tally::Tally;

/// How many of the newest pieces are usually in use: those ahead, and those that are being read and sent.
/// A piece that is in use for longer keeps its memory.
const IN_USE: usize = AHEAD + 2;

/// Reads a source on a thread of its own.
pub(super) struct Reading {
    source: Arc<dyn BodySource>,
    offset: u64,
    left: u64,
    tally: Option<Arc<Mutex<Tally>>>,
    progress: Progress,
    /// The newest pieces, the oldest first: when it was sent, its memory serves again. Fresh memory for
    /// each piece would have to be cleared and mapped first.
    sent: VecDeque<Bytes>,
}

impl Reading {
    /// Will read `left` bytes from `offset` on.
    pub(super) fn new(
        source: Arc<dyn BodySource>,
        offset: u64,
        left: u64,
        tally: Option<Arc<Mutex<Tally>>>,
        progress: Progress,
    ) -> Self {
        Self { source, offset, left, tally, progress, sent: VecDeque::new() }
    }

    /// Hands each piece on, until the end or a failure, of which the progress tells.
    pub(super) fn run(mut self, pieces: &mpsc::Sender<Bytes>) {
        while self.left > 0 {
            match self.piece() {
                Ok(piece) => {
                    if let Some(tally) = &self.tally {
                        tally.lock().unwrap_or_else(PoisonError::into_inner).add(&piece);
                    }
                    // Nobody waits for it any more where the connection broke.
                    if pieces.blocking_send(piece).is_err() {
                        return;
                    }
                }
                Err(error) => return self.progress.fail(error),
            }
        }
    }

    fn piece(&mut self) -> io::Result<Bytes> {
        let size = usize::try_from(self.left).unwrap_or(PIECE).min(PIECE);
        let mut buffer = self.buffer(size);
        let mut filled = 0;
        while filled < size {
            let room = buffer.get_mut(filled..).unwrap_or_default();
            match self.source.read_at(self.offset + filled as u64, room) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.offset += size as u64;
        self.left -= size as u64;
        let piece = buffer.freeze();
        self.sent.push_back(piece.clone());
        Ok(piece)
    }

    /// Memory for `size` bytes.
    fn buffer(&mut self, size: usize) -> BytesMut {
        let oldest = if self.sent.len() > IN_USE { self.sent.pop_front() } else { None };
        let mut buffer = oldest.and_then(|oldest| oldest.try_into_mut().ok()).unwrap_or_default();
        buffer.resize(size, 0);
        buffer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(content: &[u8], offset: u64, left: u64) -> Reading {
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, content).unwrap();
        Reading::new(Arc::new(file), offset, left, None, Progress::default())
    }

    #[test]
    fn a_source_that_ends_early_is_an_error() {
        let mut reading = reading(b"0123", 1, 4);
        assert_eq!(reading.piece().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn memory_serves_again_and_never_while_somebody_has_it() {
        let pieces = 4 * IN_USE;
        let content: Vec<u8> =
            (0..pieces * PIECE + 5).map(|at| u8::try_from(at / PIECE).unwrap()).collect();
        for is_kept in [false, true] {
            let mut reading = reading(&content, 0, content.len() as u64);
            let (mut kept, mut places) = (Vec::new(), std::collections::HashSet::new());
            for start in (0..content.len()).step_by(PIECE) {
                let piece = reading.piece().unwrap();
                assert_eq!(piece, content[start..content.len().min(start + PIECE)]);
                places.insert(piece.as_ptr());
                if is_kept {
                    kept.push(piece);
                }
            }
            assert_eq!(reading.left, 0);
            assert_eq!(places.len(), if is_kept { pieces + 1 } else { IN_USE + 1 });
            if is_kept {
                assert_eq!(kept.concat(), content);
            }
        }
    }
}
