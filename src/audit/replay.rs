//! Serves the responses of a transcript to clients that send the same requests again.
//!
//! So the transcript of a bug report becomes a registry that behaves as the real one did.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::{Request, Response};
use url::Url;

use super::transcript::{Recorded, runs};
use crate::oci::error_body;
use crate::wire::{
    Exchange, ForeignRequest, Listener, ReceivedResponse, RedactionMark, SentRequest, Service,
};

/// Header fields that the HTTP library makes itself.
const OWN_HEADERS: [&str; 4] = ["connection", "keep-alive", "transfer-encoding", "date"];

/// Answers requests as the transcript has it.
pub(crate) struct Script {
    /// The exchanges that no client asked for yet.
    exchanges: Mutex<VecDeque<(SentRequest, ReceivedResponse)>>,
    /// The URL of this server. It replaces the recorded origins in header fields.
    own_url: String,
    origins: BTreeSet<String>,
    /// Called with the method and target of each request that is not in the transcript.
    unexpected: Box<dyn Fn(&str) + Send + Sync>,
}

/// Listens at `address`. `unexpected` is called with the method and target of each request that is
/// not in the transcript, or was answered already.
pub(crate) async fn replay(
    address: SocketAddr,
    records: &[Recorded],
    unexpected: impl Fn(&str) + Send + Sync + 'static,
) -> io::Result<(Listener, Script)> {
    let listener = Listener::bind(address).await?;
    let own_url = format!("http://{}", listener.local_addr());
    let answered = |recorded: &Recorded| {
        let Exchange { request, response, .. } = &recorded.exchange;
        Some((request.clone(), response.clone()?))
    };
    let exchanges: VecDeque<_> = runs(records).into_iter().flatten().filter_map(answered).collect();
    let urls = exchanges.iter().filter_map(|(request, _)| Url::parse(&request.url).ok());
    let origins = urls.map(|url| url.origin().ascii_serialization()).collect();
    let (exchanges, unexpected) = (Mutex::new(exchanges), Box::new(unexpected));
    Ok((listener, Script { exchanges, own_url, origins, unexpected }))
}

impl Service for Script {
    type Body = Full<Bytes>;

    async fn respond(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let method = request.method().to_string();
        let target =
            request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
        // The body is not compared, but must be read before the connection can be used again.
        let mut body = request.into_body();
        while let Some(Ok(_)) = body.frame().await {}
        if let Some((request, response)) = self.take(&method, &target) {
            return self.replay(&request, &response);
        }
        (self.unexpected)(&format!("{method} {target}"));
        not_implemented("this request is not in the transcript")
    }

    fn refuse(&self, foreign: ForeignRequest) -> Response<Full<Bytes>> {
        Response::new(Full::new(Bytes::from(error_body("DENIED", &foreign.to_string()))))
    }
}

impl Script {
    /// Returns the number of recorded exchanges that no client asked for yet.
    pub(crate) fn unused(&self) -> usize {
        self.exchanges().len()
    }

    fn exchanges(&self) -> MutexGuard<'_, VecDeque<(SentRequest, ReceivedResponse)>> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the first exchange with this method and target.
    fn take(&self, method: &str, target: &str) -> Option<(SentRequest, ReceivedResponse)> {
        let mut exchanges = self.exchanges();
        let asked = exchanges.iter().position(|(request, _)| {
            let path = request.url.splitn(4, '/').nth(3).unwrap_or_default();
            request.method == method && format!("/{}", placeholders(path)) == target
        })?;
        exchanges.remove(asked)
    }

    fn replay(&self, request: &SentRequest, recorded: &ReceivedResponse) -> Response<Full<Bytes>> {
        let body = match &recorded.body {
            None => String::new(),
            Some(body) => match &body.text {
                Some(text) => placeholders(text),
                None => return not_implemented("this response's body is not in the transcript"),
            },
        };
        let mut response = Response::builder().status(recorded.status);
        for (name, value) in &recorded.headers {
            let is_own = OWN_HEADERS.contains(&name.as_str());
            // Redacted values may have changed the length of the body.
            let is_length = name == "content-length" && request.method != "HEAD";
            if !is_own && !is_length {
                response = response.header(name, self.rewritten(&placeholders(value)));
            }
        }
        let response = response.body(Full::new(Bytes::from(body)));
        response.unwrap_or_else(|_| not_implemented("this response cannot be sent again"))
    }

    /// Returns `text` with the URL of this server in place of every recorded origin.
    fn rewritten(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for origin in &self.origins {
            text = text.replace(origin.as_str(), &self.own_url);
        }
        text
    }
}

/// Returns `text` with `redacted-XXXXXXXX` in place of every redaction mark, so that it can be sent.
fn placeholders(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, mark, after)) = RedactionMark::find(rest) {
        plain.extend([before, "redacted-", mark.id()]);
        rest = after;
    }
    plain.push_str(rest);
    plain
}

fn not_implemented(error: &str) -> Response<Full<Bytes>> {
    let body = error_body("UNSUPPORTED", error);
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = hyper::StatusCode::NOT_IMPLEMENTED;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redaction_marks_become_values_that_can_be_sent() {
        for (text, plain) in [
            ("a", "a"),
            ("x=<redacted len=9 id=0badcafe>&y", "x=redacted-0badcafe&y"),
            ("a<redacted len=", "a<redacted len="),
        ] {
            assert_eq!(placeholders(text), plain);
        }
    }
}
