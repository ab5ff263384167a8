//! Uploads: their steps, in order, each where the one before said.

use std::collections::HashMap;

use url::Url;

use super::view::View;
use super::{Finding, note, rule};
use crate::audit::place::Place;
use crate::oci::{Algorithm, Digest};

/// An upload that is open.
struct Session {
    /// Line of the request that opened it.
    opened: usize,
    location: String,
    received: u64,
    /// Whether the registry last said `0-0`, which stands for nothing as well as for one byte.
    unclear: bool,
    smallest: u64,
    /// The size of the last chunk, if it was smaller than the registry wants.
    small: Option<u64>,
    /// How many requests carried content, and the SHA-256 of the last one's.
    chunks: u32,
    last: Option<String>,
    /// A chunk that got no answer.
    unanswered: Option<String>,
    /// The algorithm that was named when the upload was opened.
    algorithm: Option<String>,
    /// Whether the last answer was 416.
    is_out_of_step: bool,
    /// Whether the last request was to close it, and got no answer.
    perhaps_closed: bool,
}

pub(super) fn check(views: &[View<'_>], findings: &mut Vec<Finding>) {
    let mut sessions: HashMap<String, Session> = HashMap::new();
    for view in views {
        length(view, findings);
        match (&view.place, view.method()) {
            (Place::UploadStart { .. }, "POST") => start(view, &mut sessions, findings),
            (_, "PATCH" | "PUT" | "GET" | "DELETE") => {
                if let Some(session) = sessions.remove(&path(&view.url)) {
                    step(view, session, &mut sessions, findings);
                }
            }
            _ => {}
        }
    }
    for session in sessions.values().filter(|session| !session.perhaps_closed) {
        if let Some(view) = views.iter().find(|view| view.line == session.opened) {
            note(
                findings,
                view,
                &rule::UPLOAD_ABANDONED,
                "the upload is neither finished nor cancelled",
            );
        }
    }
}

/// A session is known by its URL without the query, which changes with each step.
fn path(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.into()
}

fn length(view: &View<'_>, findings: &mut Vec<Finding>) {
    let size = view.request_body().map_or(0, |body| body.size);
    match view.sent("content-length") {
        Some(length) if length.parse() != Ok(size) && view.exchange.error.is_none() => {
            let message = format!("Content-Length is {length:?}, the body has {size} bytes");
            note(findings, view, &rule::CONTENT_LENGTH, message);
        }
        None if view.method() == "POST"
            && matches!(view.place, Place::UploadStart { .. })
            && view.sent("transfer-encoding").is_none() =>
        {
            note(
                findings,
                view,
                &rule::CONTENT_LENGTH,
                "an upload is started without Content-Length",
            );
        }
        _ => {}
    }
}

fn start(view: &View<'_>, sessions: &mut HashMap<String, Session>, findings: &mut Vec<Finding>) {
    if let Some(digest) = view.parameter("digest") {
        let sent = view.request_body().and_then(|body| body.sha256.as_deref());
        closing_digest(view, &digest, sent, findings);
    }
    let (202, Some(location)) = (view.status(), view.location()) else { return };
    let smallest = view.received("oci-chunk-min-length").and_then(|length| length.parse().ok());
    let session = Session {
        opened: view.line,
        location: location.to_string(),
        received: 0,
        unclear: false,
        smallest: smallest.unwrap_or(0),
        small: None,
        chunks: 0,
        last: None,
        unanswered: None,
        algorithm: view.parameter("digest-algorithm"),
        is_out_of_step: false,
        perhaps_closed: false,
    };
    sessions.insert(path(&location), session);
}

fn step(
    view: &View<'_>,
    mut session: Session,
    sessions: &mut HashMap<String, Session>,
    findings: &mut Vec<Finding>,
) {
    session.perhaps_closed = view.method() == "PUT" && view.status() == 0;
    match view.method() {
        "DELETE" => return,
        // The registry does not know it any more.
        _ if view.status() == 404 => return,
        "GET" => {
            session.unanswered = None;
            session.is_out_of_step = false;
            let range = view.received("range").and_then(|range| range.rsplit_once('-'));
            if let (204, Some((_, last))) = (view.status(), range) {
                let received = last.parse::<u64>().map_or(0, |last| last.saturating_add(1));
                session.unclear = received == 1;
                if received != session.received && !session.unclear {
                    session.received = received;
                    session.chunks += 1;
                }
            }
        }
        _ => sent(view, &mut session, findings),
    }
    if let Some(location) = view.location() {
        session.location = location.to_string();
    }
    let finished = view.method() == "PUT" && (200..300).contains(&view.status());
    if !finished {
        let place =
            Url::parse(&session.location).map_or_else(|_| path(&view.url), |url| path(&url));
        sessions.insert(place, session);
    }
}

/// A chunk, or the end.
fn sent(view: &View<'_>, session: &mut Session, findings: &mut Vec<Finding>) {
    let expected = Url::parse(&session.location).ok();
    let kept = expected.as_ref().is_none_or(|expected| {
        let query = expected.query().unwrap_or_default();
        view.url.query().unwrap_or_default().starts_with(query)
    });
    if !kept {
        note(findings, view, &rule::UPLOAD_LOCATION, "not the newest location of the upload");
    }
    if session.is_out_of_step {
        note(findings, view, &rule::RESYNCHRONISE, "goes on after 416 without asking");
    }
    session.is_out_of_step = view.status() == 416;
    let recorded = view.request_body().map_or(0, |body| body.size);
    let declared = view.sent("content-length").and_then(|length| length.parse().ok());
    // Of a request that broke, not everything was sent.
    let size = if view.is_whole() { recorded } else { declared.unwrap_or(recorded) };
    let range = view.sent("content-range");
    if let Some(small) = session.small.filter(|_| size > 0) {
        let message = format!("a chunk of {small} bytes, where {} were wanted", session.smallest);
        note(findings, view, &rule::CHUNK_SIZE, message);
    }
    if let Some(range) = range {
        content_range(view, range, size, session, findings);
    }
    let chunk = format!("{} {size}", range.unwrap_or("?"));
    if view.method() == "PATCH" && session.unanswered.as_ref() == Some(&chunk) {
        note(
            findings,
            view,
            &rule::UNSAFE_RETRY,
            "a chunk without an answer is sent again unasked",
        );
    }
    if view.status() == 0 {
        session.unanswered = Some(chunk);
        return;
    }
    if view.status() >= 300 {
        return;
    }
    if let Some(body) = view.request_body() {
        session.chunks += 1;
        session.last.clone_from(&body.sha256);
    }
    session.received = first(range).unwrap_or(session.received).saturating_add(size);
    session.unclear = false;
    // Some of a chunk may have been taken. `0-0` says nothing, nor does a 201.
    let range = view.received("range").and_then(|range| range.rsplit_once('-'));
    let taken = range.and_then(|(_, last)| last.parse::<u64>().ok()).filter(|last| *last > 0);
    if let (202, Some(last)) = (view.status(), taken) {
        session.received = session.received.min(last.saturating_add(1));
    }
    session.small = Some(size).filter(|size| *size < session.smallest && view.method() == "PATCH");
    if view.method() == "PUT" {
        match view.parameter("digest") {
            None => {
                note(findings, view, &rule::UPLOAD_DIGEST, "an upload is closed without a digest");
            }
            // What came in several pieces is recorded piece by piece and cannot be checked.
            Some(digest) => {
                let named = session.algorithm.as_deref().unwrap_or("sha256");
                if digest.split(':').next() != Some(named) {
                    let message = format!("{named} was to be expected from its start");
                    note(findings, view, &rule::DIGEST_ALGORITHM, message);
                }
                let whole = session.last.as_deref().filter(|_| session.chunks == 1);
                closing_digest(view, &digest, whole, findings);
            }
        }
    }
}

fn content_range(
    view: &View<'_>,
    range: &str,
    size: u64,
    session: &Session,
    findings: &mut Vec<Finding>,
) {
    let received = session.received;
    let last = range.split_once('-').and_then(|(_, last)| last.parse::<u64>().ok());
    match first(Some(range)).zip(last) {
        Some((first, last))
            if last.checked_sub(first).map(|n| n.saturating_add(1)) == Some(size) =>
        {
            if first != received && !(session.unclear && first < 2) {
                let message =
                    format!("the chunk starts at {first}, but {received} bytes were sent");
                note(findings, view, &rule::UPLOAD_ORDER, message);
            }
        }
        _ => {
            let message = format!("Content-Range {range:?} does not fit {size} bytes");
            note(findings, view, &rule::CONTENT_RANGE, message);
        }
    }
}

/// The first byte of a `Content-Range`.
fn first(range: Option<&str>) -> Option<u64> {
    range?.split_once('-')?.0.parse().ok()
}

/// Holds the digest that closes an upload against the SHA-256 of all that was sent, where that is
/// known.
fn closing_digest(view: &View<'_>, digest: &str, sent: Option<&str>, findings: &mut Vec<Finding>) {
    let Ok(parsed) = digest.parse::<Digest>() else {
        return note(findings, view, &rule::UPLOAD_DIGEST, format!("{digest:?} is no digest"));
    };
    let right = match sent {
        Some(sha256) if parsed.algorithm() == Algorithm::Sha256 => Some(sha256 == parsed.encoded()),
        _ => None,
    };
    if right == Some(false) {
        note(findings, view, &rule::UPLOAD_DIGEST, format!("what was sent is not {digest}"));
    }
}
