//! Reads files without trusting their size.

#[cfg(unix)]
use std::fs;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Reads the file at `path`, but never more than `limit` + 1 bytes. A result of more than `limit`
/// bytes means that the file is larger than `limit`.
pub(crate) fn read_capped(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a file of settings as [`read_capped`] does. Fails if it is a pipe: reading would wait until
/// somebody writes to it.
pub(crate) fn read_settings(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if fs::metadata(path)?.file_type().is_fifo() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a pipe, not a regular file"));
        }
    }
    read_capped(path, limit)
}
