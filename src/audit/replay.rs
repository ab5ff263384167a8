//! Serves the responses of a transcript to whoever asks for the same things.
//!
//! A bug report's transcript becomes a registry that behaves as the real one did.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::{Request, Response};
use url::Url;

use super::transcript::Recorded;
use crate::wire::{Exchange, Listener, RedactionMark, Service};

/// Header fields that the server makes itself.
const OWN_HEADERS: [&str; 4] = ["connection", "keep-alive", "transfer-encoding", "date"];

/// A transcript that is served.
pub struct Replay {
    listener: Listener,
    script: Arc<Script>,
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay").field("address", &self.local_addr()).finish_non_exhaustive()
    }
}

/// What is left of the transcript, and what was asked for beside it.
struct Script {
    exchanges: Mutex<VecDeque<Exchange>>,
    /// Where each recorded origin is now.
    home: String,
    origins: Vec<String>,
    /// Told of each request that is not in the transcript: method and target.
    unexpected: Box<dyn Fn(&str) + Send + Sync>,
}

impl Replay {
    /// Listens at `address`; port 0 takes a free one. `unexpected` is told of each request that is
    /// not, or not any more, in the transcript.
    ///
    /// # Errors
    /// Where the address cannot be listened at.
    pub async fn bind(
        address: SocketAddr,
        records: &[Recorded],
        unexpected: impl Fn(&str) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = Listener::bind(address).await?;
        let home = format!("http://{}", listener.local_addr());
        let mut exchanges: Vec<_> = records
            .iter()
            .map(|recorded| recorded.exchange.clone())
            .filter(|exchange| exchange.response.is_some())
            .collect();
        exchanges.sort_by(|a, b| (&a.run, a.seq).cmp(&(&b.run, b.seq)));
        let mut origins: Vec<_> =
            exchanges.iter().filter_map(|exchange| origin(&exchange.request.url)).collect();
        origins.sort();
        origins.dedup();
        let script = Script {
            exchanges: Mutex::new(exchanges.into()),
            home,
            origins,
            unexpected: Box::new(unexpected),
        };
        Ok(Self { listener, script: Arc::new(script) })
    }

    /// Where it listens.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.listener.local_addr()
    }

    /// Answers requests until `shutdown` resolves, and returns how many recorded exchanges nobody
    /// asked for.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> usize {
        let Self { listener, script } = self;
        listener.serve(Arc::clone(&script), shutdown).await;
        script.exchanges.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Service for Script {
    type Body = Full<Bytes>;

    async fn respond(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let method = request.method().to_string();
        let target =
            request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
        // What was sent does not matter, but has to be out of the connection's way.
        let _ = request.into_body().collect().await;
        if let Some(exchange) = self.take(&method, &target) {
            return self.recorded(&exchange);
        }
        (self.unexpected)(&format!("{method} {target}"));
        refuse("this request is not in the transcript")
    }
}

impl Script {
    /// The first exchange that is left of this method and target.
    fn take(&self, method: &str, target: &str) -> Option<Exchange> {
        let mut exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = exchanges.iter().position(|exchange| {
            let recorded = path_and_query(&exchange.request.url);
            exchange.request.method == method && unredacted(&recorded) == target
        })?;
        exchanges.remove(asked)
    }

    fn recorded(&self, exchange: &Exchange) -> Response<Full<Bytes>> {
        let Some(recorded) = &exchange.response else {
            return refuse("this exchange has no response");
        };
        let body = match &recorded.body {
            None => String::new(),
            Some(body) => match &body.text {
                Some(text) => unredacted(text),
                None => return refuse("this response's body is not in the transcript"),
            },
        };
        let mut response = Response::builder().status(recorded.status);
        for (name, value) in &recorded.headers {
            let own = OWN_HEADERS.contains(&name.as_str());
            // The length of a body that stands here may have changed with its redacted values.
            let length = name == "content-length" && exchange.request.method != "HEAD";
            if !own && !length {
                response = response.header(name, self.moved(&unredacted(value)));
            }
        }
        let response = response.body(Full::new(Bytes::from(body)));
        response.unwrap_or_else(|_| refuse("this response cannot be sent again"))
    }

    /// `text` with every recorded origin replaced by this server's.
    fn moved(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for origin in &self.origins {
            text = text.replace(origin.as_str(), &self.home);
        }
        text
    }
}

/// A redacted value as one that can be sent: `redacted-XXXXXXXX`.
fn unredacted(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, mark, after)) = RedactionMark::find(rest) {
        plain.extend([before, "redacted-", mark.id()]);
        rest = after;
    }
    plain.push_str(rest);
    plain
}

fn origin(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    Some(url.origin().ascii_serialization())
}

fn path_and_query(url: &str) -> String {
    let path = url.splitn(4, '/').nth(3).unwrap_or_default();
    format!("/{path}")
}

fn refuse(error: &str) -> Response<Full<Bytes>> {
    let body = serde_json::json!({ "errors": [{ "code": "UNSUPPORTED", "message": error }] });
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = hyper::StatusCode::NOT_IMPLEMENTED;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redacted_values_become_sendable() {
        for (text, plain) in [
            ("a", "a"),
            ("x=<redacted len=9 id=0badcafe>&y", "x=redacted-0badcafe&y"),
            ("a<redacted len=", "a<redacted len="),
        ] {
            assert_eq!(unredacted(text), plain);
        }
    }
}
