//! The life of a request, from top to bottom: follow redirects, send, wait for the response, record.
//!
//! The transport never retries, never adds a header field that is not recorded, and never gives a
//! credential to another origin than the credential's own.

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hyper::Method;
use url::Url;

use super::body::progress::SendProgress;
use super::error::{HttpError, HttpErrorKind};
use super::headers::Headers;
use super::origin::Origin;
use super::pool::{ClientPool, ConnectionKey};
use super::proxy::Proxies;
use super::record::recording::{Recording, Transcript};
use super::request::Request;
use super::response::Response;
use super::settings::Settings;
use super::target::Target;

/// Sends requests to any number of origins. Connections are kept open for later requests.
pub(crate) struct Transport {
    settings: Settings,
    transcript: Option<Arc<Transcript>>,
    pool: ClientPool,
    /// Read with the first request that might need one.
    proxies: OnceLock<Proxies>,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Transport {
    /// Makes a transport without any connection. TLS is set up with the first https request.
    pub(crate) fn new(settings: Settings) -> Self {
        let recorder = settings.recorder.clone();
        let transcript = recorder.map(|recorder| Arc::new(Transcript::new(recorder)));
        let handshakes = transcript.as_ref().map(|transcript| Arc::clone(&transcript.handshakes));
        let pool = ClientPool::new(&settings, handshakes);
        Self { settings, transcript, pool, proxies: OnceLock::new() }
    }

    /// Sends `request` and follows redirects. Those of GET and HEAD are all followed. Of other methods
    /// only 307 and 308 are, which repeat the request unchanged: 301, 302 and 303 would turn an upload
    /// into a GET.
    ///
    /// The credential stays with its origin, as [`super::Authorization`] says, and is not sent there
    /// again once another origin was asked. See [`Target`].
    pub(crate) async fn follow(&self, mut request: Request) -> Result<Response, HttpError> {
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send(request.clone()).await?;
            if !matches!(response.status(), 301 | 302 | 303 | 307 | 308) {
                return Ok(response);
            }
            let location = response.headers().get("location");
            let next = location.and_then(|location| response.names(location));
            let next = next_target(&request.method, response.url(), response.status(), next)
                .map_err(|kind| HttpError::new(Origin::of(response.url()), kind))?;
            if next.is_foreign() {
                request.authorization = None;
            }
            request.target = next;
            response.discard().await?;
        }
        Err(HttpError::new(Origin::of(&request.target.url), HttpErrorKind::TooManyRedirects))
    }

    /// Sends `request` and waits for the head of the response. A response of any status is no error.
    pub(crate) async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let origin = Origin::of_request(&request.target.url)
            .ok_or_else(|| HttpError::new(None, HttpErrorKind::UnsupportedUrl))?;
        let failed = |kind| HttpError::new(Some(origin.clone()), kind);
        if request.target.is_refused() {
            return Err(failed(HttpErrorKind::InternalAddress));
        }
        let headers = self.sent_headers(&request, &origin);
        let header_map =
            headers.to_map().map_err(|name| failed(HttpErrorKind::InvalidHeader(name)))?;
        let through_proxy = !origin.is_loopback() && self.proxies().applies_to(&request.target.url);
        let key = ConnectionKey::new(&request, &origin, through_proxy);
        let client = self.pool.client(key).map_err(|source| {
            HttpError::with_source(Some(origin.clone()), HttpErrorKind::Setup, source)
        })?;

        let progress = SendProgress::new(self.transcript.is_some().then(|| request.body.tally()));
        let recording = self
            .transcript
            .as_ref()
            .map(|transcript| Recording::start(transcript, &request, &headers, progress.clone()));
        let method = request.method.clone();
        let mut outgoing = client.request(method, request.target.url.clone()).headers(header_map);
        if !request.body.is_empty() {
            let body = request.body.outgoing(progress.clone());
            outgoing = outgoing.body(reqwest::Body::wrap(body));
        }

        let idle = self.settings.idle_timeout;
        let error = match await_response(outgoing.send(), idle, &progress).await {
            Some(Ok(response)) => {
                let has_no_body = request.method == Method::HEAD;
                let target = request.target;
                return Response::new(
                    response,
                    target,
                    recording,
                    through_proxy,
                    has_no_body,
                    idle,
                )
                .await;
            }
            Some(Err(error)) => match progress.take_read_error() {
                Some(error) => failed(HttpErrorKind::Content(error)),
                None => HttpError::from_reqwest(Some(origin.clone()), &error),
            },
            None => failed(HttpErrorKind::Timeout),
        };
        Err(match recording {
            Some(recording) => recording.fail(error),
            None => error,
        })
    }

    fn proxies(&self) -> &Proxies {
        self.proxies.get_or_init(Proxies::from_environment)
    }

    fn sent_headers(&self, request: &Request, origin: &Origin) -> Headers {
        let mut headers = Headers::default();
        headers.push("host", origin.authority());
        if request.headers.get("user-agent").is_none() {
            headers.push("user-agent", self.settings.user_agent.as_str());
        }
        if request.headers.get("accept").is_none() {
            // The HTTP library would add it unrecorded.
            headers.push("accept", "*/*");
        }
        if let Some(value) = request.authorization.as_ref().and_then(|a| a.value_for(origin)) {
            headers.push("authorization", value);
        }
        if !origin.is_secure()
            && !origin.is_loopback()
            && let Some(value) = self.proxies().authorization(&request.target.url)
        {
            headers.push("proxy-authorization", value);
        }
        for (name, value) in request.headers.iter() {
            headers.push(name, value);
        }
        if !(request.method.is_safe() && request.body.is_empty()) {
            headers.push("content-length", request.body.size().to_string());
        }
        headers
    }
}

/// Waits for the head of the response. Returns `None` once nothing was sent for `idle`.
async fn await_response<T>(
    response: impl Future<Output = T>,
    idle: Duration,
    progress: &SendProgress,
) -> Option<T> {
    let mut response = pin!(response);
    loop {
        let left = idle.saturating_sub(progress.last_activity().elapsed());
        match tokio::time::timeout(left, &mut response).await {
            Ok(response) => return Some(response),
            Err(_) if progress.last_activity().elapsed() < idle => {}
            Err(_) => return None,
        }
    }
}

const MAX_REDIRECTS: usize = 10;

/// Returns `next`, the target of a redirect of `url` with this status, or the reason why the redirect
/// must not be followed. `next` is `None` if the redirect names no URL that may be requested.
fn next_target(
    method: &Method,
    url: &Url,
    status: u16,
    next: Option<Target>,
) -> Result<Target, HttpErrorKind> {
    let repeats = matches!(status, 307 | 308);
    if !repeats && !method.is_safe() {
        return Err(HttpErrorKind::RedirectMethod);
    }
    let next = next.ok_or(HttpErrorKind::RedirectLocation)?;
    let downgrade = url.scheme() == "https" && next.url.scheme() != "https";
    if downgrade { Err(HttpErrorKind::RedirectDowngrade) } else { Ok(next) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_redirects_that_repeat_the_request_safely_are_followed() {
        use HttpErrorKind::{
            RedirectDowngrade as Downgrade, RedirectLocation as Location, RedirectMethod as Changed,
        };
        for (method, from, status, location, expected) in [
            (Method::GET, "https://a.example/x", 302, Some("/y?z"), Ok("https://a.example/y?z")),
            (
                Method::GET,
                "https://a.example/x",
                307,
                Some("//b.example/"),
                Ok("https://b.example/"),
            ),
            (
                Method::GET,
                "http://a.example/x",
                301,
                Some("https://a.example/"),
                Ok("https://a.example/"),
            ),
            (Method::HEAD, "https://a.example/x", 303, Some("y"), Ok("https://a.example/y")),
            (Method::PUT, "https://a.example/x", 308, Some("y"), Ok("https://a.example/y")),
            (Method::PUT, "https://a.example/x", 301, Some("y"), Err(Changed)),
            (Method::POST, "https://a.example/x", 303, Some("y"), Err(Changed)),
            (Method::GET, "https://a.example/x", 307, Some("http://a.example/x"), Err(Downgrade)),
            (Method::GET, "https://a.example/x", 307, None, Err(Location)),
            (Method::GET, "https://a.example/x", 307, Some("javascript:x"), Err(Location)),
            (
                Method::GET,
                "https://a.example/x",
                307,
                Some("https://me:pw@b.example/"),
                Err(Location),
            ),
        ] {
            let from = Target::registry(Url::parse(from).unwrap());
            let next = location.and_then(|location| from.named(location, None));
            let found = next_target(&method, &from.url, status, next);
            assert_eq!(
                found.map(|next| String::from(next.url)).map_err(|kind| kind.to_string()),
                expected.map(str::to_owned).map_err(|kind| kind.to_string()),
                "{status} {location:?}"
            );
        }
    }
}
