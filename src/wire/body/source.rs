//! Content that is read while it is sent.

use std::fs::File;
use std::io;

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
