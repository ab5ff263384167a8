//! Where records of exchanges go.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::exchange::Exchange;

/// Takes the record of each exchange as it ends.
///
/// A record comes once per request that was started, from whichever task ended it. An error from
/// [`Recorder::record`] fails the request that was recorded: traffic that cannot be accounted for
/// is not silently let through.
pub trait Recorder: Send + Sync {
    /// Takes one record.
    ///
    /// # Errors
    /// Whatever kept the record from being written.
    fn record(&self, exchange: &Exchange) -> io::Result<()>;
}

/// Appends one JSON object a line to a file.
///
/// Each line is one write to a file opened for appending, so that several processes may share a
/// file, and a file is valid up to its last line after a crash.
#[derive(Debug)]
pub struct JsonLinesRecorder {
    file: Mutex<File>,
}

impl JsonLinesRecorder {
    /// Opens `path` for appending, and creates it for its owner alone (mode 0600) if it is new.
    ///
    /// # Errors
    /// Where the file cannot be opened.
    pub fn append_to(path: &Path) -> io::Result<Self> {
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
    /// Starts with no record.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The records so far, in the order in which the exchanges ended.
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
