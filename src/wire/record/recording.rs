//! Follows one exchange from its start to its end and hands the record on, whatever that end is.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use hyper_util::client::legacy::connect::HttpInfo;
use sha2::{Digest as _, Sha256};

use super::super::error::HttpError;
use super::super::headers::Headers;
use super::super::request::{Destination, Request};
use super::super::tally::Tally;
use super::exchange::{
    Exchange, ExchangeError, FORMAT_VERSION, Peer, ReceivedResponse, SentRequest,
};
use super::handshake::Handshakes;
use super::recorder::Recorder;
use super::redact::{Redactor, random_u64};
use crate::timestamp::Timestamp;

const HTTP_VERSION: &str = "HTTP/1.1";

/// The transcript of one run: what its records have in common.
pub(in crate::wire) struct Transcript {
    recorder: Arc<dyn Recorder>,
    redactor: Redactor,
    run: String,
    seq: AtomicU64,
    handshakes: Arc<Handshakes>,
}

impl Transcript {
    pub(in crate::wire) fn new(recorder: Arc<dyn Recorder>) -> Self {
        Self {
            recorder,
            redactor: Redactor::new(),
            run: format!("{:016x}", random_u64()),
            seq: AtomicU64::new(0),
            handshakes: Arc::default(),
        }
    }

    /// Where to note which TLS version was agreed on.
    pub(in crate::wire) fn handshakes(&self) -> Arc<Handshakes> {
        Arc::clone(&self.handshakes)
    }
}

/// An exchange under way. It is recorded when it finishes or fails, and as `cancelled` when it is
/// dropped before.
pub(in crate::wire) struct Recording {
    transcript: Arc<Transcript>,
    exchange: Exchange,
    started: Instant,
    request: Request,
    /// What is sent of a body that is read on the way.
    passing: Option<Arc<Mutex<Tally>>>,
    body: Tally,
    recorded: bool,
}

impl Recording {
    /// Starts with the request and the header fields that are sent with it.
    pub(in crate::wire) fn start(
        transcript: &Arc<Transcript>,
        request: &Request,
        sent: &Headers,
    ) -> Self {
        let redactor = &transcript.redactor;
        let in_memory = request.body.in_memory();
        let body = in_memory
            .filter(|body| !body.is_empty())
            .map(|body| Tally::of(body).finish(redactor, request.confidential, true, None));
        let passing = in_memory.is_none().then(|| {
            let elsewhere = request.body.is_hashed_elsewhere();
            let tally = if elsewhere { Tally::without_hash() } else { Tally::new() };
            Arc::new(Mutex::new(tally))
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
            passing,
            body: Tally::new(),
            recorded: false,
        }
    }

    /// Where to note what is sent of a body that is read on the way.
    pub(in crate::wire) fn sending(&self) -> Option<Arc<Mutex<Tally>>> {
        self.passing.clone()
    }

    /// Notes the head of the response.
    pub(in crate::wire) fn response(&mut self, response: &reqwest::Response, headers: &Headers) {
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
        let version = certificate.and_then(|der| self.transcript.handshakes.version(der));
        let connection = response.extensions().get::<HttpInfo>();
        self.exchange.peer = connection.map(|connection| Peer {
            addr: connection.remote_addr().to_string(),
            local_addr: Some(connection.local_addr().to_string()),
            tls_version: version.map(str::to_owned),
            cert_sha256: certificate.map(|der| hex::encode(Sha256::digest(der))),
        });
    }

    /// Notes a piece of the response's body.
    pub(in crate::wire) fn chunk(&mut self, piece: &[u8]) {
        self.body.add(piece);
    }

    /// Records an exchange that ended well.
    pub(in crate::wire) fn finish(mut self) -> io::Result<()> {
        self.record()
    }

    /// Records an exchange that failed.
    pub(in crate::wire) fn fail(mut self, error: &HttpError) -> io::Result<()> {
        self.exchange.error =
            Some(ExchangeError { kind: error.word().to_owned(), message: error.to_string() });
        self.record()
    }

    fn record(&mut self) -> io::Result<()> {
        self.recorded = true;
        let redactor = &self.transcript.redactor;
        let confidential = self.request.confidential;
        if let Some(passing) = &self.passing {
            let mut sent = passing.lock().unwrap_or_else(PoisonError::into_inner);
            let sent = std::mem::replace(&mut *sent, Tally::without_hash());
            let whole = sent.size() == self.request.body.size();
            let known = self.request.body.known_sha256().filter(|_| whole);
            // Nothing of it was sent where there was no connection.
            self.exchange.request.body =
                (sent.size() > 0).then(|| sent.finish(redactor, confidential, whole, known));
        }
        let body = std::mem::replace(&mut self.body, Tally::new());
        if let Some(response) = &mut self.exchange.response {
            let whole = self.exchange.error.is_none();
            response.body =
                (body.size() > 0).then(|| body.finish(redactor, confidential, whole, None));
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
