//! Content that is read while it is sent, on a thread of its own.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;

use super::progress::SendProgress;

/// Content that can be read from any offset, from another thread, more than once.
pub trait BodySource: Send + Sync {
    /// Reads bytes from `offset` into `buffer` and returns their number, which may be smaller than
    /// the buffer. 0 means that the content ends at `offset`.
    ///
    /// # Errors
    /// Any failure to read the content. It ends the request that the content is sent with.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Returns true if this source computes the SHA-256 of what is read from its start on, so that
    /// a transcript need not compute it again.
    fn hashes(&self) -> bool {
        false
    }

    /// Returns the SHA-256 of the first `size` bytes if [`BodySource::hashes`] is true and exactly
    /// these bytes have been read so far.
    fn sha256(&self, size: u64) -> Option<[u8; 32]> {
        let _ = size;
        None
    }
}

impl BodySource for File {
    #[cfg(unix)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, buffer, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(self, buffer, offset)
    }
}

/// The size of the pieces in which a source is read, in bytes.
pub(super) const PIECE_SIZE: usize = 128 * 1024;
/// How many pieces may wait for the connection.
pub(super) const PIECES_AHEAD: usize = 4;
/// How many pieces are usually in use at a time: those that wait, the one that is being read, and the
/// one that is being sent.
const PIECES_IN_USE: usize = PIECES_AHEAD + 2;

pub(super) struct SourceReader {
    source: Arc<dyn BodySource>,
    offset: u64,
    left: u64,
    progress: SendProgress,
    /// The newest pieces, oldest first. Once a piece was sent, its memory is used for another one:
    /// the operating system would have to map and clear new memory.
    recent: VecDeque<Bytes>,
}

impl SourceReader {
    pub(super) const fn new(
        source: Arc<dyn BodySource>,
        offset: u64,
        left: u64,
        progress: SendProgress,
    ) -> Self {
        Self { source, offset, left, progress, recent: VecDeque::new() }
    }

    /// Reads to the end, or until the pieces are no longer received. Reports an error to the progress.
    pub(super) fn run(mut self, pieces: &mpsc::Sender<Bytes>) {
        while self.left > 0 {
            match self.next_piece() {
                Ok(piece) => {
                    // The connection broke, and dropped the receiver.
                    if pieces.blocking_send(piece).is_err() {
                        return;
                    }
                }
                Err(error) => return self.progress.fail(error),
            }
        }
    }

    fn next_piece(&mut self) -> io::Result<Bytes> {
        let size = usize::try_from(self.left).unwrap_or(PIECE_SIZE).min(PIECE_SIZE);
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
        self.recent.push_back(piece.clone());
        Ok(piece)
    }

    /// Returns memory for `size` bytes: that of the oldest piece if it is no longer in use.
    fn buffer(&mut self, size: usize) -> BytesMut {
        let oldest = if self.recent.len() > PIECES_IN_USE { self.recent.pop_front() } else { None };
        let mut buffer = oldest.and_then(|oldest| oldest.try_into_mut().ok()).unwrap_or_default();
        buffer.resize(size, 0);
        buffer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(content: &[u8], offset: u64, left: u64) -> SourceReader {
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, content).unwrap();
        SourceReader::new(Arc::new(file), offset, left, SendProgress::new(None))
    }

    #[test]
    fn source_that_ends_early_is_an_error() {
        let mut reader = reader(b"0123", 1, 4);
        assert_eq!(reader.next_piece().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn memory_of_a_piece_is_reused_only_after_the_piece_was_dropped() {
        let pieces = 4 * PIECES_IN_USE;
        let content: Vec<u8> =
            (0..pieces * PIECE_SIZE + 5).map(|at| u8::try_from(at / PIECE_SIZE).unwrap()).collect();
        for is_kept in [false, true] {
            let mut reader = reader(&content, 0, content.len() as u64);
            let (mut kept, mut addresses) = (Vec::new(), std::collections::HashSet::new());
            for start in (0..content.len()).step_by(PIECE_SIZE) {
                let piece = reader.next_piece().unwrap();
                assert_eq!(piece, content[start..content.len().min(start + PIECE_SIZE)]);
                addresses.insert(piece.as_ptr());
                if is_kept {
                    kept.push(piece);
                }
            }
            assert_eq!(reader.left, 0);
            assert_eq!(addresses.len(), if is_kept { pieces + 1 } else { PIECES_IN_USE + 1 });
            if is_kept {
                assert_eq!(kept.concat(), content);
            }
        }
    }
}
