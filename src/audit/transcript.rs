//! Reading transcripts, finished or still being written.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde::Deserialize;

use crate::timestamp::Timestamp;
use crate::wire::{Exchange, FORMAT_VERSION};

/// The longest line that is read, in bytes.
const LINE_LIMIT: usize = 8 * 1024 * 1024;

/// A record, and the line of the file that it stands in, from 1.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Recorded {
    /// The line.
    pub line: usize,
    /// The record.
    pub exchange: Exchange,
}

impl Recorded {
    /// When the request was started, in seconds since 1970; 0 where the record does not say.
    pub(super) fn started(&self) -> f64 {
        let start = &self.exchange.start;
        // A timestamp passes over the fraction.
        let fraction = start.get(19..23).and_then(|fraction| fraction.parse().ok()).unwrap_or(0.0);
        let epoch = Timestamp::from_unix(0);
        let whole =
            start.parse::<Timestamp>().ok().zip(epoch).map(|(start, epoch)| start.since(epoch));
        whole.unwrap_or_default().as_secs_f64() + fraction
    }
}

/// Reads the records of a transcript as they are written.
pub struct TranscriptReader {
    source: Box<dyn io::Read + Send>,
    line: usize,
    rest: Vec<u8>,
}

impl fmt::Debug for TranscriptReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TranscriptReader").field("line", &self.line).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Version {
    v: u32,
}

impl TranscriptReader {
    /// Opens a file.
    ///
    /// # Errors
    /// Where the file cannot be opened.
    pub fn open(path: &Path) -> Result<Self, TranscriptError> {
        Ok(Self::new(File::open(path).map_err(TranscriptError::Io)?))
    }

    /// Reads from `source`.
    #[must_use]
    pub fn new(source: impl io::Read + Send + 'static) -> Self {
        Self { source: Box::new(source), line: 0, rest: Vec::new() }
    }

    /// The records of all lines that are whole by now and were not read before.
    ///
    /// # Errors
    /// [`TranscriptError`]; a line that is not whole is no error.
    pub fn read(&mut self) -> Result<Vec<Recorded>, TranscriptError> {
        let mut records = Vec::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let size = self.source.read(&mut buffer).map_err(TranscriptError::Io)?;
            if size == 0 {
                return Ok(records);
            }
            self.rest.extend_from_slice(buffer.get(..size).unwrap_or_default());
            self.take_lines(&mut records)?;
        }
    }

    /// Whether a line follows that is not whole: it is being written, or was cut short by a crash.
    #[must_use]
    pub fn is_cut_short(&self) -> bool {
        !self.rest.is_empty()
    }

    fn take_lines(&mut self, records: &mut Vec<Recorded>) -> Result<(), TranscriptError> {
        let mut start = 0;
        while let Some(length) = self.rest.get(start..).and_then(|rest| find(rest, b'\n')) {
            self.line += 1;
            let line = self.rest.get(start..start + length).unwrap_or_default();
            if !line.trim_ascii().is_empty() {
                records.push(Recorded { line: self.line, exchange: parse(line, self.line)? });
            }
            start += length + 1;
        }
        self.rest.drain(..start);
        if self.rest.len() > LINE_LIMIT {
            return Err(TranscriptError::TooLong { line: self.line + 1 });
        }
        Ok(())
    }
}

fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    bytes.iter().position(|byte| *byte == wanted)
}

fn parse(bytes: &[u8], line: usize) -> Result<Exchange, TranscriptError> {
    let malformed =
        |error: serde_json::Error| TranscriptError::Malformed { line, column: error.column() };
    let Version { v } = serde_json::from_slice(bytes).map_err(malformed)?;
    if v != FORMAT_VERSION {
        return Err(TranscriptError::Version { line, version: v });
    }
    serde_json::from_slice(bytes).map_err(malformed)
}

/// Why a transcript cannot be read. Lines and columns count from 1, columns in bytes.
#[derive(Debug)]
#[non_exhaustive]
pub enum TranscriptError {
    /// The file cannot be read.
    Io(io::Error),
    /// A line is no record.
    Malformed {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// A record of another version of the format.
    Version {
        /// The line.
        line: usize,
        /// The version.
        version: u32,
    },
    /// A line of more than 8 MiB.
    TooLong {
        /// The line.
        line: usize,
    },
}

impl fmt::Display for TranscriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Malformed { line, column } => {
                write!(f, "line {line}, column {column}: not a record of an exchange")
            }
            Self::Version { line, version } => write!(
                f,
                "line {line}: a record of version {version}; this program reads {FORMAT_VERSION}"
            ),
            Self::TooLong { line } => write!(f, "line {line} is longer than {LINE_LIMIT} bytes"),
        }
    }
}

impl std::error::Error for TranscriptError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINE: &str = include_str!("../../fixtures/exchanges/pull.jsonl");

    #[test]
    fn a_start_is_a_time_to_the_millisecond_even_over_the_end_of_a_month() {
        let mut reader = TranscriptReader::new(io::Cursor::new(LINE.as_bytes().to_vec()));
        let mut recorded = reader.read().unwrap().remove(0);
        let mut started = |text: &str| {
            text.clone_into(&mut recorded.exchange.start);
            recorded.started()
        };
        let between = started("2026-12-01T00:00:00.250Z") - started("2026-11-30T23:59:59.750Z");
        assert!((between - 0.5).abs() < 1e-6, "{between}");
        assert!(started("yesterday").abs() < 1e-6);
    }

    #[test]
    fn a_line_that_was_cut_short_is_no_error_and_one_that_is_broken_is() {
        let read = |text: &str| {
            let mut reader = TranscriptReader::new(io::Cursor::new(text.as_bytes().to_vec()));
            reader.read().map(|records| (records.len(), reader.is_cut_short()))
        };
        assert!(matches!(read(LINE), Ok((1, false))));
        assert!(matches!(read(&format!("{LINE}\n{}", &LINE[..100])), Ok((1, true))));
        let broken = format!("{LINE}{}\n{LINE}", &LINE[..100]);
        assert!(matches!(read(&broken), Err(TranscriptError::Malformed { line: 2, .. })));
        let other = LINE.replace("\"v\":1", "\"v\":2");
        assert!(matches!(read(&other), Err(TranscriptError::Version { line: 1, version: 2 })));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = TranscriptReader::new(io::Cursor::new(bytes)).read();
        }
    }
}
