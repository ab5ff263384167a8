//! The record of one exchange: the line format of a transcript, version 1, and the recorders that take records.
//!
//! No record holds a secret: it is made from redacted values only.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::atomic_file::destination;

pub(crate) const FORMAT_VERSION: u32 = 1;

/// One request, and the response or the error that ended it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Exchange {
    /// The version of the record's format: 1.
    pub v: u32,
    /// Identifies the run of the program: 16 hex digits.
    pub run: String,
    /// Counts the requests of a run from 1, in the order in which they were started.
    pub seq: u64,
    /// The time when the request was started: UTC, RFC 3339 with milliseconds.
    pub start: String,
    /// Milliseconds from the start to the end of the response's body.
    pub duration_ms: f64,
    /// The purpose of the request, such as `push: blob upload, start`.
    pub operation: String,
    /// Counts the attempts at one request from 1.
    pub attempt: u32,
    /// The request.
    pub request: SentRequest,
    /// The response, if its head was received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<ReceivedResponse>,
    /// The other end of the connection, if there was a response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<Peer>,
    /// The reason why there is no response, or an incomplete one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ExchangeError>,
}

/// The request of an [`Exchange`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SentRequest {
    /// The method.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// The protocol version, `HTTP/1.1`.
    pub version: String,
    /// Every header field, in the order in which it was sent, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, if a byte of it was transferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<RecordedBody>,
}

/// The response of an [`Exchange`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReceivedResponse {
    /// The status code.
    pub status: u16,
    /// The protocol version, such as `HTTP/1.1`.
    pub version: String,
    /// Every header field in order, names in lower case; fields of one name stand together.
    pub headers: Vec<(String, String)>,
    /// The body, if a byte of it was transferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<RecordedBody>,
}

/// The size and digest of a body, and its text if that is short and no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecordedBody {
    /// The number of bytes that were transferred: of a response those that were read, of a request
    /// those that the HTTP library took to write them to the connection. If the connection broke, the
    /// last of these may not have reached the other end: up to half a megabyte may have waited in the
    /// library, and more in the operating system.
    pub size: u64,
    /// SHA-256 of these bytes, in hex. Absent if the body holds a secret that might be guessed from
    /// it, or if only a part was sent of a body that is hashed elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The text, at most 64 KiB long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The other end of the connection, as far as the transport knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Peer {
    /// Its address and port: the proxy's if one is used.
    pub addr: String,
    /// Our own address and port. Within a run, both addresses together identify the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_addr: Option<String>,
    /// The negotiated TLS version, `TLSv1.2` or `TLSv1.3`. Absent if both were negotiated with this server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_version: Option<String>,
    /// SHA-256 of the server's certificate (DER), in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_sha256: Option<String>,
}

/// One line for people. The text is not safe to print: a record may have been read from a file.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.addr)?;
        if let Some(local) = &self.local_addr {
            write!(f, " to {local}")?;
        }
        if let Some(version) = &self.tls_version {
            write!(f, ", {version}")?;
        }
        if let Some(digest) = &self.cert_sha256 {
            write!(f, ", certificate sha256:{digest}")?;
        }
        Ok(())
    }
}

/// The reason why an exchange did not end with a complete response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExchangeError {
    /// A stable word: that of [`crate::wire::HttpError`], or `cancelled`.
    pub kind: String,
    /// The error and its causes, for people.
    pub message: String,
}

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
    /// no transcript, and [`io::ErrorKind::PermissionDenied`] if a symbolic link that another user made
    /// leads to it. That content stays as it is.
    pub fn append_to(path: &Path) -> io::Result<Self> {
        let path = &destination(path)?;
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
