//! Sends one request and receives one response: the only user of the HTTP library.
//!
//! It never follows a redirect, retries, adds a header that is not recorded, or gives a credential
//! to another origin than its own.

use std::collections::HashMap;
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::redirect::Policy;

use super::body::progress::SendProgress;
use super::error::{HttpError, HttpErrorKind, Source, cause};
use super::headers::Headers;
use super::origin::Origin;
use super::proxy::Proxies;
use super::record::recorder::Recorder;
use super::record::recording::{Recording, Transcript};
use super::request::{Destination, Method, Request};
use super::resolve::SystemResolver;
use super::response::Response;
use super::tls::{self, TlsSettings};

/// How a [`Transport`] connects.
#[derive(Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The value of the `user-agent` header.
    pub user_agent: String,
    /// The longest time that making a connection may take, TLS included.
    pub connect_timeout: Duration,
    /// The longest time without a byte sent or received while an answer is waited for.
    pub idle_timeout: Duration,
    /// Whom https connections trust, and a client certificate.
    pub tls: TlsSettings,
    /// Takes the record of each exchange.
    pub recorder: Option<Arc<dyn Recorder>>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("user_agent", &self.user_agent)
            .field("connect_timeout", &self.connect_timeout)
            .field("idle_timeout", &self.idle_timeout)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            user_agent: concat!("thv-oci/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(60),
            tls: TlsSettings::default(),
            recorder: None,
        }
    }
}

/// Connections to any number of origins, kept open for the next request.
pub struct Transport {
    settings: Settings,
    transcript: Option<Arc<Transcript>>,
    /// One HTTP client for each way to connect, made when it is first needed: reading the system's
    /// certificates takes time.
    clients: Mutex<HashMap<Way, reqwest::Client>>,
    /// Read with the first request that might go through one.
    proxies: OnceLock<Proxies>,
}

/// What connections may be shared between requests.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Way {
    secure: bool,
    /// Loopback is never reached through a proxy.
    direct: bool,
    public_only: bool,
    /// The registry, `HOST[:PORT]`, whose own certificates count and who is shown ours.
    registry: Option<String>,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Transport {
    /// Prepares nothing yet: TLS and trusted certificates are set up with the first https request.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let transcript =
            settings.recorder.clone().map(|recorder| Arc::new(Transcript::new(recorder)));
        Self { settings, transcript, clients: Mutex::default(), proxies: OnceLock::new() }
    }

    /// Sends `request` and waits for the head of the response.
    ///
    /// # Errors
    /// See [`HttpErrorKind`]. A response of any status is no error.
    pub async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let origin = Origin::of_request(&request.url)
            .ok_or_else(|| HttpError::new(None, HttpErrorKind::UnsupportedUrl))?;
        let failed = |kind| HttpError::new(Some(origin.clone()), kind);
        let sent = self.sent_headers(&request, &origin);
        let headers = sent.to_map().map_err(|name| failed(HttpErrorKind::InvalidHeader(name)))?;
        let client = self.client(&request, &origin).map_err(|source| {
            HttpError::with_source(Some(origin.clone()), HttpErrorKind::Setup, source)
        })?;
        let progress = SendProgress::new(self.transcript.is_some().then(|| request.body.tally()));
        let recording = self
            .transcript
            .as_ref()
            .map(|transcript| Recording::start(transcript, &request, &sent, progress.clone()));

        let mut outgoing = client.request(method(request.method), request.url.clone());
        if !request.body.is_empty() {
            let body = request.body.outgoing(progress.clone());
            outgoing = outgoing.body(reqwest::Body::wrap(body));
        }
        let idle = self.settings.idle_timeout;
        let failure = match await_response(outgoing.headers(headers).send(), idle, &progress).await
        {
            Some(Ok(inner)) => {
                let bodiless = request.method == Method::Head;
                return Response::new(inner, request.url, recording, bodiless, idle).await;
            }
            Some(Err(error)) => match progress.take_read_error() {
                Some(error) => failed(HttpErrorKind::Content(error)),
                None => HttpError::from_reqwest(Some(origin.clone()), &error),
            },
            None => failed(HttpErrorKind::Timeout),
        };
        match recording.map_or(Ok(()), |recording| recording.fail(&failure)) {
            Ok(()) => Err(failure),
            Err(error) => Err(failed(HttpErrorKind::Record(error))),
        }
    }

    fn proxies(&self) -> &Proxies {
        self.proxies.get_or_init(Proxies::from_environment)
    }

    /// Every header field of the request, in the order in which they are sent.
    fn sent_headers(&self, request: &Request, origin: &Origin) -> Headers {
        let mut headers = Headers::new();
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
            && let Some(value) = self.proxies().authorization(&request.url)
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

    fn client(&self, request: &Request, origin: &Origin) -> Result<reqwest::Client, Source> {
        let secure = origin.is_secure();
        let way = Way {
            secure,
            direct: origin.is_loopback(),
            public_only: request.destination == Destination::Public,
            registry: (secure && request.destination == Destination::Registry)
                .then(|| origin.authority()),
        };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&way) {
            return Ok(client.clone());
        }
        let client = self.connect(&way)?;
        clients.insert(way, client.clone());
        Ok(client)
    }

    fn connect(&self, way: &Way) -> Result<reqwest::Client, Source> {
        let tls = if way.secure {
            let watched = self.transcript.as_ref().map(|transcript| transcript.handshakes());
            self.settings.tls.config(way.registry.as_deref(), watched)?
        } else {
            tls::unused()?
        };
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .tls_info(way.secure && self.transcript.is_some())
            .dns_resolver(SystemResolver { public_only: way.public_only })
            .redirect(Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(self.settings.connect_timeout);
        if way.direct {
            builder = builder.no_proxy();
        }
        builder.build().map_err(|error| cause(&error))
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

const fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}
