//! Reads transcripts, finished or still being written.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read as _};

use serde::Deserialize;

use crate::timestamp::Timestamp;
use crate::wire::{Exchange, FORMAT_VERSION, RecordedBody};

/// The longest line that is read, in bytes.
const LINE_LIMIT: usize = 8 * 1024 * 1024;

/// A recorded exchange, and its line in the transcript.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Recorded {
    /// The line of the transcript, from 1.
    pub line: usize,
    /// The record.
    pub exchange: Exchange,
}

impl Recorded {
    /// Returns when the request was started, in seconds since 1970, or 0 if the record has no valid
    /// time.
    pub(super) fn started(&self) -> f64 {
        let start = &self.exchange.start;
        // `Timestamp` ignores the fraction of a second.
        let fraction = start.get(19..23).and_then(|fraction| fraction.parse().ok()).unwrap_or(0.0);
        let epoch = Timestamp::from_unix(0);
        let whole =
            start.parse::<Timestamp>().ok().zip(epoch).map(|(start, epoch)| start.since(epoch));
        whole.unwrap_or_default().as_secs_f64() + fraction
    }

    /// Returns the status of the response, or 0 if there is no response.
    pub(crate) fn status(&self) -> u16 {
        self.exchange.response.as_ref().map_or(0, |response| response.status)
    }

    pub(super) fn status_text(&self) -> String {
        match self.status() {
            0 => "—".to_owned(),
            status => status.to_string(),
        }
    }

    pub(super) fn sent(&self, name: &str) -> Option<&str> {
        field(&self.exchange.request.headers, name)
    }

    pub(super) fn received(&self, name: &str) -> Option<&str> {
        field(&self.exchange.response.as_ref()?.headers, name)
    }

    pub(super) fn request_body(&self) -> Option<&RecordedBody> {
        self.exchange.request.body.as_ref()
    }

    /// Returns the text of the request's body, or an empty text if it is not recorded.
    pub(super) fn request_text(&self) -> &str {
        self.request_body().and_then(|body| body.text.as_deref()).unwrap_or_default()
    }

    pub(super) fn response_body(&self) -> Option<&RecordedBody> {
        self.exchange.response.as_ref()?.body.as_ref()
    }

    pub(super) fn sent_size(&self) -> u64 {
        self.request_body().map_or(0, |body| body.size)
    }

    pub(super) fn received_size(&self) -> u64 {
        self.response_body().map_or(0, |body| body.size)
    }
}

fn field<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

/// Returns a number of bytes for people. A number without a prefix such as k gets `unit`.
pub(super) fn size_text(bytes: u64, unit: &str) -> String {
    match bytes {
        0..=9_999 => format!("{bytes}{unit}"),
        10_000..=9_999_999 => format!("{} kB", bytes / 1000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

/// Returns the records of each run of a program, in the order in which their requests were started.
/// (A transcript has them in the order in which they ended.)
pub(super) fn runs(records: &[Recorded]) -> Vec<Vec<&Recorded>> {
    let mut runs: BTreeMap<&str, Vec<&Recorded>> = BTreeMap::new();
    for record in records {
        runs.entry(&record.exchange.run).or_default().push(record);
    }
    let mut runs: Vec<_> = runs.into_values().collect();
    for run in &mut runs {
        run.sort_by_key(|record| record.exchange.seq);
    }
    runs
}

/// Reads the records of a transcript as they are written.
#[derive(Debug)]
pub struct TranscriptReader<R> {
    source: BufReader<R>,
    line: usize,
    /// The beginning of a line that is not complete yet.
    rest: Vec<u8>,
}

#[derive(Deserialize)]
struct Version {
    v: u32,
}

impl<R: io::Read> TranscriptReader<R> {
    /// Reads from `source`.
    #[must_use]
    pub fn new(source: R) -> Self {
        Self { source: BufReader::with_capacity(64 * 1024, source), line: 0, rest: Vec::new() }
    }

    /// Returns the records of all complete lines that were not read before.
    ///
    /// # Errors
    /// If the file cannot be read, or a complete line is not a record of this version. An incomplete
    /// last line is not an error: it is being written, or a crash cut it short.
    pub fn read(&mut self) -> Result<Vec<Recorded>, TranscriptError> {
        let mut records = Vec::new();
        loop {
            // One byte more than a line may have: its end, or proof that it is too long.
            let room = (LINE_LIMIT + 1).saturating_sub(self.rest.len()) as u64;
            let mut source = self.source.by_ref().take(room);
            source.read_until(b'\n', &mut self.rest).map_err(TranscriptError::Io)?;
            // The end of the line is not part of it: errors count columns.
            if self.rest.pop_if(|byte| *byte == b'\n').is_none() {
                let is_too_long = self.rest.len() > LINE_LIMIT;
                let error = TranscriptError::TooLong { line: self.line + 1 };
                return if is_too_long { Err(error) } else { Ok(records) };
            }
            self.line += 1;
            let line = std::mem::take(&mut self.rest);
            if !line.trim_ascii().is_empty() {
                records.push(Recorded { line: self.line, exchange: parse(&line, self.line)? });
            }
        }
    }

    pub(crate) fn is_cut_short(&self) -> bool {
        !self.rest.is_empty()
    }
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

/// The reason why a transcript cannot be read. Lines and columns count from 1, columns in bytes.
#[derive(Debug)]
#[non_exhaustive]
pub enum TranscriptError {
    /// The file cannot be read.
    Io(io::Error),
    /// A line is not a record.
    Malformed {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// A record has another version of the format.
    Version {
        /// The line.
        line: usize,
        /// The version.
        version: u32,
    },
    /// A line has more than 8 MiB.
    TooLong {
        /// The line.
        line: usize,
    },
}

impl fmt::Display for TranscriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(_) => f.write_str("the file cannot be read"),
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
    fn start_is_read_to_the_millisecond_across_the_end_of_a_month() {
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
    fn incomplete_last_line_is_accepted_and_malformed_line_is_an_error() {
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
