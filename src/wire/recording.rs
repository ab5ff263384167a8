//! Follows one exchange from its start to its end and hands the record on, whatever that end is.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use sha2::{Digest as _, Sha256};

use super::error::Error;
use super::exchange::{
    Exchange, ExchangeError, FORMAT_VERSION, Peer, ReceivedResponse, RecordedBody, SentRequest,
};
use super::headers::Headers;
use super::recorder::Recorder;
use super::redact::{Redactor, random_u64};
use super::request::{Destination, Request};
use crate::timestamp::Timestamp;

/// The longest text of a body that a record holds, in bytes.
const TEXT_LIMIT: usize = 64 * 1024;
const HTTP_VERSION: &str = "HTTP/1.1";

/// The transcript of one run: what its records have in common.
pub(super) struct Transcript {
    recorder: Arc<dyn Recorder>,
    redactor: Redactor,
    run: String,
    seq: AtomicU64,
}

impl Transcript {
    pub(super) fn new(recorder: Arc<dyn Recorder>) -> Self {
        Self {
            recorder,
            redactor: Redactor::new(),
            run: format!("{:016x}", random_u64()),
            seq: AtomicU64::new(0),
        }
    }
}

/// An exchange under way. It is recorded when it finishes or fails, and as `cancelled` when it is
/// dropped before.
pub(super) struct Recording {
    transcript: Arc<Transcript>,
    exchange: Exchange,
    started: Instant,
    request: Request,
    body: Tally,
    recorded: bool,
}

impl Recording {
    /// Starts with the request and the header fields that are sent with it.
    pub(super) fn start(transcript: &Arc<Transcript>, request: &Request, sent: &Headers) -> Self {
        let redactor = &transcript.redactor;
        let body = (!request.body.is_empty()).then(|| {
            let mut tally = Tally::new();
            tally.add(&request.body);
            tally.finish(redactor, request.confidential, true)
        });
        let exchange = Exchange {
            v: FORMAT_VERSION,
            run: transcript.run.clone(),
            seq: transcript.seq.fetch_add(1, Ordering::Relaxed) + 1,
            start: Timestamp::now().with_milliseconds(),
            duration_ms: 0.0,
            operation: request.operation.to_string(),
            attempt: request.attempt,
            request: SentRequest {
                method: request.method.as_str().to_owned(),
                url: redactor.url(&request.url, request.destination == Destination::Redirected),
                version: HTTP_VERSION.to_owned(),
                headers: redactor.headers(sent.iter(), &request.url),
                body,
            },
            response: None,
            peer: None,
            error: None,
        };
        Self {
            transcript: Arc::clone(transcript),
            exchange,
            started: Instant::now(),
            request: request.clone(),
            body: Tally::new(),
            recorded: false,
        }
    }

    /// Notes the head of the response.
    pub(super) fn response(&mut self, response: &reqwest::Response, headers: &Headers) {
        self.exchange.response = Some(ReceivedResponse {
            status: response.status().as_u16(),
            version: format!("{:?}", response.version()),
            headers: self.transcript.redactor.headers(headers.iter(), &self.request.url),
            body: None,
        });
        let certificate = response
            .extensions()
            .get::<reqwest::tls::TlsInfo>()
            .and_then(reqwest::tls::TlsInfo::peer_certificate);
        self.exchange.peer = response.remote_addr().map(|addr| Peer {
            addr: addr.to_string(),
            tls_version: None,
            cert_sha256: certificate.map(|der| hex::encode(Sha256::digest(der))),
        });
    }

    /// Notes a piece of the response's body.
    pub(super) fn chunk(&mut self, piece: &[u8]) {
        self.body.add(piece);
    }

    /// Records an exchange that ended well.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.record()
    }

    /// Records an exchange that failed.
    pub(super) fn fail(mut self, error: &Error) -> io::Result<()> {
        self.exchange.error =
            Some(ExchangeError { kind: error.word().to_owned(), message: error.to_string() });
        self.record()
    }

    fn record(&mut self) -> io::Result<()> {
        self.recorded = true;
        let body = std::mem::replace(&mut self.body, Tally::new());
        if let Some(response) = &mut self.exchange.response {
            let whole = self.exchange.error.is_none();
            response.body = (body.size > 0)
                .then(|| body.finish(&self.transcript.redactor, self.request.confidential, whole));
        }
        self.exchange.duration_ms = (self.started.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        self.transcript.recorder.record(&self.exchange)
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if !self.recorded {
            self.exchange.error = Some(ExchangeError {
                kind: "cancelled".to_owned(),
                message: "the exchange was given up before its end".to_owned(),
            });
            // Whoever cancelled is not there any more to be told.
            let _ = self.record();
        }
    }
}

/// Size, digest and, while it is short, the text of a body.
struct Tally {
    size: u64,
    hash: Sha256,
    start: Vec<u8>,
}

impl Tally {
    fn new() -> Self {
        Self { size: 0, hash: Sha256::new(), start: Vec::new() }
    }

    fn add(&mut self, piece: &[u8]) {
        self.size += piece.len() as u64;
        self.hash.update(piece);
        let room = (TEXT_LIMIT + 1).saturating_sub(self.start.len()).min(piece.len());
        self.start.extend_from_slice(&piece[..room]);
    }

    fn finish(self, redactor: &Redactor, confidential: bool, whole: bool) -> RecordedBody {
        let short = whole && self.start.len() <= TEXT_LIMIT;
        let text = short.then(|| textual(self.start)).flatten();
        RecordedBody {
            size: self.size,
            sha256: (!confidential).then(|| hex::encode(self.hash.finalize())),
            text: if confidential {
                text.and_then(|text| redactor.confidential_text(&text))
            } else {
                text
            },
        }
    }
}

/// The bytes as text, if that is what they are: UTF-8 without control characters but white space.
fn textual(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    let binary = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    (!text.contains(binary)).then_some(text)
}
