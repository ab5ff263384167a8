//! Checks of uploads: the order of requests, where each goes, and what it declares.

use super::api_exchange::ApiExchange;
use super::rule;
use super::upload_tracker::{UploadSession, UploadTracker};
use crate::oci::{Algorithm, ApiPath, Digest};

/// What the requests of an upload session have shown so far.
#[derive(Default)]
struct Progress {
    /// The number of bytes that the registry has.
    received: u64,
    /// True if the registry last said `0-0`, which means no byte or one.
    is_ambiguous: bool,
    /// The smallest size of a chunk that the registry accepts before the last chunk.
    minimum_chunk: u64,
    /// The size of the last chunk, if it was smaller than that.
    short_chunk: Option<u64>,
    /// The number of requests with content, and the SHA-256 of the last one's content.
    chunks: u32,
    last_sha256: Option<String>,
    /// The range and size of a chunk that got no response.
    unanswered_chunk: Option<String>,
    /// The digest algorithm that the opening request announced.
    algorithm: Option<String>,
    /// True if the last response was 416: the client must ask for the state of the upload.
    must_resynchronise: bool,
}

pub(super) fn check(exchanges: &[ApiExchange<'_>]) {
    let mut uploads = UploadTracker::default();
    for exchange in exchanges {
        content_length(exchange);
        if is_start(exchange) {
            start(exchange, &mut uploads);
        } else if let Some(mut session) = uploads.take(exchange) {
            if exchange.status() == 404 {
                // The registry does not know the session any more.
                continue;
            }
            match exchange.method() {
                "GET" => status(exchange, &mut session.state),
                "PATCH" | "PUT" => content(exchange, &mut session),
                _ => {}
            }
            uploads.follow(exchange, session);
        }
    }
    for session in uploads.abandoned() {
        if let Some(opening) = exchanges.iter().find(|e| e.line == session.opened_at) {
            let message = "the upload is neither finished nor cancelled";
            opening.violates(&rule::UPLOAD_ABANDONED, message);
        }
    }
}

fn is_start(exchange: &ApiExchange<'_>) -> bool {
    matches!(exchange.path, Some(ApiPath::UploadStart { .. })) && exchange.method() == "POST"
}

fn content_length(exchange: &ApiExchange<'_>) {
    let size = exchange.sent_size();
    match exchange.sent("content-length") {
        Some(length) if length.parse() != Ok(size) && exchange.is_complete() => {
            let message = format!("Content-Length is {length:?}, the body has {size} bytes");
            exchange.violates(&rule::CONTENT_LENGTH, message);
        }
        None if is_start(exchange) && exchange.sent("transfer-encoding").is_none() => {
            exchange.violates(&rule::CONTENT_LENGTH, "an upload is started without Content-Length");
        }
        _ => {}
    }
}

fn start(exchange: &ApiExchange<'_>, uploads: &mut UploadTracker<Progress>) {
    if let Some(digest) = exchange.parameter("digest") {
        let sent = exchange.request_body().and_then(|body| body.sha256.as_deref());
        closing_digest(exchange, &digest, sent);
    }
    let minimum = exchange.received("oci-chunk-min-length").and_then(|length| length.parse().ok());
    let progress = Progress {
        minimum_chunk: minimum.unwrap_or(0),
        algorithm: exchange.parameter("digest-algorithm"),
        ..Progress::default()
    };
    uploads.open(exchange, progress);
}

/// Reads the response to a status request: how many bytes the registry has.
fn status(exchange: &ApiExchange<'_>, progress: &mut Progress) {
    progress.unanswered_chunk = None;
    progress.must_resynchronise = false;
    let range = exchange.received("range").and_then(|range| range.rsplit_once('-'));
    if let (204, Some((_, last))) = (exchange.status(), range) {
        let received = last.parse::<u64>().map_or(0, |last| last.saturating_add(1));
        progress.is_ambiguous = received == 1;
        if received != progress.received && !progress.is_ambiguous {
            progress.received = received;
            progress.chunks += 1;
        }
    }
}

/// Checks a request that sends a chunk or closes the upload.
fn content(exchange: &ApiExchange<'_>, session: &mut UploadSession<Progress>) {
    let expected_query = session.location.query().unwrap_or_default();
    if !exchange.url.query().unwrap_or_default().starts_with(expected_query) {
        exchange.violates(&rule::UPLOAD_LOCATION, "this is not the newest location of the upload");
    }
    let progress = &mut session.state;
    if progress.must_resynchronise {
        let message = "the upload continues after 416 without a status request";
        exchange.violates(&rule::RESYNCHRONISE, message);
    }
    progress.must_resynchronise = exchange.status() == 416;
    let recorded = exchange.sent_size();
    let declared = exchange.sent("content-length").and_then(|length| length.parse().ok());
    // If the exchange failed, a part of the body may not have been sent.
    let size = if exchange.is_complete() { recorded } else { declared.unwrap_or(recorded) };
    let range = exchange.sent("content-range");
    if let Some(short) = progress.short_chunk.filter(|_| size > 0) {
        let wanted = progress.minimum_chunk;
        let message = format!("a chunk of {short} bytes; the registry wants at least {wanted}");
        exchange.violates(&rule::CHUNK_SIZE, message);
    }
    if let Some(range) = range {
        content_range(exchange, range, size, progress);
    }
    let chunk = format!("{} {size}", range.unwrap_or("?"));
    if exchange.method() == "PATCH" && progress.unanswered_chunk.as_ref() == Some(&chunk) {
        let message = "a chunk that got no response is sent again without a status request";
        exchange.violates(&rule::UNSAFE_RETRY, message);
    }
    match exchange.status() {
        0 => progress.unanswered_chunk = Some(chunk),
        1..=299 => accepted(exchange, size, progress),
        _ => {}
    }
}

/// Notes the content that the registry accepted, and checks how the upload is closed.
fn accepted(exchange: &ApiExchange<'_>, size: u64, progress: &mut Progress) {
    if let Some(body) = exchange.request_body() {
        progress.chunks += 1;
        progress.last_sha256.clone_from(&body.sha256);
    }
    let first = exchange.sent("content-range").and_then(first_byte);
    progress.received = first.unwrap_or(progress.received).saturating_add(size);
    progress.is_ambiguous = false;
    // The registry may have kept only a part of a chunk. `0-0` and status 201 do not say how much.
    let range = exchange.received("range").and_then(|range| range.rsplit_once('-'));
    let last = range.and_then(|(_, last)| last.parse::<u64>().ok()).filter(|last| *last > 0);
    if let (202, Some(last)) = (exchange.status(), last) {
        progress.received = progress.received.min(last.saturating_add(1));
    }
    let is_short = exchange.method() == "PATCH" && size < progress.minimum_chunk;
    progress.short_chunk = is_short.then_some(size);
    if exchange.method() != "PUT" {
        return;
    }
    let Some(digest) = exchange.parameter("digest") else {
        return exchange.violates(&rule::UPLOAD_DIGEST, "an upload is closed without a digest");
    };
    let announced = progress.algorithm.as_deref().unwrap_or("sha256");
    if digest.split(':').next() != Some(announced) {
        let message = format!("the upload was started for a {announced} digest");
        exchange.violates(&rule::DIGEST_ALGORITHM, message);
    }
    // The digest of several chunks together is not recorded.
    let whole = progress.last_sha256.as_deref().filter(|_| progress.chunks == 1);
    closing_digest(exchange, &digest, whole);
}

fn content_range(exchange: &ApiExchange<'_>, range: &str, size: u64, progress: &Progress) {
    let received = progress.received;
    let last = range.split_once('-').and_then(|(_, last)| last.parse::<u64>().ok());
    let length = |first, last: u64| last.checked_sub(first).map(|span| span.saturating_add(1));
    match first_byte(range).zip(last) {
        Some((first, last)) if length(first, last) == Some(size) => {
            if first != received && !(progress.is_ambiguous && first < 2) {
                let message =
                    format!("the chunk starts at {first}, but {received} bytes were sent");
                exchange.violates(&rule::UPLOAD_ORDER, message);
            }
        }
        _ => {
            let message = format!("Content-Range {range:?} does not fit {size} bytes");
            exchange.violates(&rule::CONTENT_RANGE, message);
        }
    }
}

/// Returns the position of the first byte of a `Content-Range`.
fn first_byte(range: &str) -> Option<u64> {
    range.split_once('-')?.0.parse().ok()
}

/// Compares the digest that closes an upload with the SHA-256 of the content, if that is known.
fn closing_digest(exchange: &ApiExchange<'_>, digest: &str, sent_sha256: Option<&str>) {
    let Ok(parsed) = digest.parse::<Digest>() else {
        return exchange.violates(&rule::UPLOAD_DIGEST, format!("{digest:?} is not a digest"));
    };
    let is_sha256 = parsed.algorithm() == Algorithm::Sha256;
    if is_sha256 && sent_sha256.is_some_and(|sent| sent != parsed.encoded()) {
        let message = format!("the content that was sent does not have the digest {digest}");
        exchange.violates(&rule::UPLOAD_DIGEST, message);
    }
}
