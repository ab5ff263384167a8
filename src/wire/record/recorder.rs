//! Recorders take the records of exchanges.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::exchange::Exchange;

/// Takes the record of each exchange when it ends.
///
/// Each request that was started is recorded once, by the task that ended it. An error of
/// [`Recorder::record`] fails the request: no traffic goes unrecorded.
pub trait Recorder: Send + Sync {
    /// Takes one record.
    ///
    /// # Errors
    /// Any failure to keep the record.
    fn record(&self, exchange: &Exchange) -> io::Result<()>;
}

/// Appends each record to a file, as one line of JSON.
///
/// Each line is one write to a file opened for appending. So several processes may share a file, and
/// after a crash all but the last line are valid.
#[derive(Debug)]
pub struct JsonLinesRecorder {
    file: Mutex<File>,
}

impl JsonLinesRecorder {
    /// Opens `path` for appending, and creates it with mode 0600 if it is missing.
    ///
    /// # Errors
    /// Any failure to open or create the file; [`io::ErrorKind::InvalidData`] if it has content that is
    /// no transcript. That content stays as it is.
    pub fn append_to(path: &Path) -> io::Result<Self> {
        refuse_other_content(path)?;
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        Ok(Self { file: Mutex::new(options.open(path)?) })
    }
}

/// Refuses a file that does not begin as a record: the path may be that of another file by mistake.
fn refuse_other_content(path: &Path) -> io::Result<()> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => {}
        // A device or a pipe has no content to keep, and a missing file is created.
        _ => return Ok(()),
    }
    let mut start = Vec::new();
    File::open(path)?.take(64).read_to_end(&mut start)?;
    start.retain(|byte| !byte.is_ascii_whitespace());
    if start.is_empty() || start.starts_with(br#"{"v":"#) {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "the file has content that is no transcript"))
}

impl Recorder for JsonLinesRecorder {
    fn record(&self, exchange: &Exchange) -> io::Result<()> {
        let mut line = serde_json::to_vec(exchange)?;
        line.push(b'\n');
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line)
    }
}

/// Keeps records in memory.
#[derive(Debug, Default)]
pub struct MemoryRecorder {
    exchanges: Mutex<Vec<Exchange>>,
}

impl MemoryRecorder {
    /// Returns the records so far, in the order in which the exchanges ended.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Recorder for MemoryRecorder {
    fn record(&self, exchange: &Exchange) -> io::Result<()> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange.clone());
        Ok(())
    }
}
