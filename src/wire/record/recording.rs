//! Follows one exchange from its start to its end, and passes its record to the recorder.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use hyper_util::client::legacy::connect::HttpInfo;
use sha2::{Digest as _, Sha256};

use super::super::body::progress::{BodyTally, SendProgress};
use super::super::error::{HttpError, HttpErrorKind};
use super::super::headers::Headers;
use super::super::request::Request;
use super::exchange::{
    Exchange, ExchangeError, FORMAT_VERSION, Peer, ReceivedResponse, RecordedBody, Recorder,
    SentRequest,
};
use super::handshake::Handshakes;
use super::redact::Redactor;
use crate::printable::chain;
use crate::random::random_u64;
use crate::timestamp::Timestamp;

const HTTP_VERSION: &str = "HTTP/1.1";

/// The transcript of one run: what its records have in common.
pub(crate) struct Transcript {
    recorder: Arc<dyn Recorder>,
    redactor: Redactor,
    run: String,
    seq: AtomicU64,
    /// The list in which TLS verifiers note the negotiated versions.
    pub(crate) handshakes: Arc<Handshakes>,
}

impl Transcript {
    pub(crate) fn new(recorder: Arc<dyn Recorder>) -> Self {
        Self {
            recorder,
            redactor: Redactor::new(),
            run: format!("{:016x}", random_u64()),
            seq: AtomicU64::new(0),
            handshakes: Arc::default(),
        }
    }
}

/// An exchange that has not ended. It is recorded when it finishes or fails; dropping it before that
/// records it as `cancelled`.
pub(crate) struct Recording {
    transcript: Arc<Transcript>,
    exchange: Exchange,
    started: Instant,
    request: Request,
    progress: SendProgress,
    pub(crate) response_body: BodyTally,
    is_recorded: bool,
}

impl Recording {
    /// Starts with `request` and all header fields that are `sent` with it. `progress` counts what is
    /// sent of its body.
    pub(crate) fn start(
        transcript: &Arc<Transcript>,
        request: &Request,
        sent: &Headers,
        progress: SendProgress,
    ) -> Self {
        let redactor = &transcript.redactor;
        let exchange = Exchange {
            v: FORMAT_VERSION,
            run: transcript.run.clone(),
            seq: transcript.seq.fetch_add(1, Ordering::Relaxed) + 1,
            start: Timestamp::now().with_milliseconds(),
            duration_ms: 0.0,
            operation: request.operation.to_string(),
            attempt: request.attempt,
            request: SentRequest {
                method: request.method.to_string(),
                url: redactor.url(&request.target.url, request.target.is_foreign()),
                version: HTTP_VERSION.to_owned(),
                headers: redactor.headers(sent.iter(), &request.target.url),
                body: None,
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
            progress,
            response_body: BodyTally::new(),
            is_recorded: false,
        }
    }

    pub(crate) fn response(&mut self, response: &reqwest::Response, headers: &Headers) {
        self.exchange.response = Some(ReceivedResponse {
            status: response.status().as_u16(),
            version: format!("{:?}", response.version()),
            headers: self.transcript.redactor.headers(headers.iter(), &self.request.target.url),
            body: None,
        });
        let certificate = response
            .extensions()
            .get::<reqwest::tls::TlsInfo>()
            .and_then(reqwest::tls::TlsInfo::peer_certificate);
        let version = certificate.and_then(|der| self.transcript.handshakes.version(der));
        let connection = response.extensions().get::<HttpInfo>();
        self.exchange.peer = connection.map(|connection| Peer {
            addr: connection.remote_addr().to_string(),
            local_addr: Some(connection.local_addr().to_string()),
            tls_version: version.map(str::to_owned),
            cert_sha256: certificate.map(|der| hex::encode(Sha256::digest(der))),
        });
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.record()
    }

    /// Records an exchange that failed, and returns its error, or that of the recorder if the record
    /// could not be written.
    pub(crate) fn fail(mut self, error: HttpError) -> HttpError {
        self.exchange.error =
            Some(ExchangeError { kind: error.word().to_owned(), message: chain(&error) });
        match self.record() {
            Ok(()) => error,
            Err(failure) => HttpError::new(error.origin().cloned(), HttpErrorKind::Record(failure)),
        }
    }

    fn record(&mut self) -> io::Result<()> {
        self.is_recorded = true;
        if let Some(sent) = self.progress.take_tally() {
            let is_whole = sent.size == self.request.body.size();
            let known = self.request.body.known_sha256().filter(|_| is_whole);
            self.exchange.request.body = self.recorded_body(sent, is_whole, known);
        }
        let received = std::mem::replace(&mut self.response_body, BodyTally::without_hash());
        let body = self.recorded_body(received, self.exchange.error.is_none(), None);
        if let Some(response) = &mut self.exchange.response {
            response.body = body;
        }
        self.exchange.duration_ms = (self.started.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        self.transcript.recorder.record(&self.exchange)
    }

    /// Returns the record of a body, or `None` if no byte of it was transferred. `known` is its digest
    /// if the tally has none.
    fn recorded_body(
        &self,
        tally: BodyTally,
        is_whole: bool,
        known: Option<[u8; 32]>,
    ) -> Option<RecordedBody> {
        let is_confidential = self.request.confidential;
        let size = tally.size;
        let sha256 = tally.sha256().or(known).filter(|_| !is_confidential);
        let text = tally.into_text().filter(|_| is_whole);
        let text = if is_confidential {
            text.and_then(|text| self.transcript.redactor.confidential_text(&text))
        } else {
            text
        };
        (size > 0).then(|| RecordedBody { size, sha256: sha256.map(hex::encode), text })
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if !self.is_recorded {
            self.exchange.error = Some(ExchangeError {
                kind: "cancelled".to_owned(),
                message: "the exchange was given up before its end".to_owned(),
            });
            // A destructor has no caller to report an error to.
            let _ = self.record();
        }
    }
}
