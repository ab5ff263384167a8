//! Reads requests and has them answered.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{CONTENT_RANGE, CONTENT_TYPE, HOST, HeaderName, RANGE};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};

use super::answer::{Answer, Code};
use super::payload::Payload;
use super::received::Received;
use super::route::Route;
use super::storage::Storage;
use super::uploads::{UploadRequest, Uploads};
use crate::oci::MANIFEST_LIMIT;
use crate::wire::{Listener, is_loopback_host};

/// A registry that listens, but does not answer before [`Registry::serve`].
#[derive(Debug)]
pub struct Registry {
    listener: Listener,
    api: Arc<Api>,
}

/// What answers requests.
#[derive(Debug)]
pub(super) struct Api {
    pub(super) storage: Storage,
    pub(super) uploads: Uploads,
    loopback: bool,
}

impl Registry {
    /// Listens at `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// Where the address cannot be listened at.
    pub async fn bind(address: SocketAddr, storage: Storage) -> io::Result<Self> {
        let listener = Listener::bind(address).await?;
        let loopback = listener.local_addr().ip().is_loopback();
        let api = Api { storage, uploads: Uploads::default(), loopback };
        Ok(Self { listener, api: Arc::new(api) })
    }

    /// Where it listens.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.listener.local_addr()
    }

    /// Answers requests until `shutdown` resolves. Connections that are open then are closed.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let Self { listener, api } = self;
        let answer = move |request| {
            let api = Arc::clone(&api);
            async move { api.respond(request).await }
        };
        listener.serve(answer, shutdown).await;
    }
}

impl Api {
    async fn respond(&self, request: Request<Incoming>) -> Response<Payload> {
        let head = request.method() == Method::HEAD;
        let (parts, body) = request.into_parts();
        let mut body = Received::new(body);
        let answered = self.answer(&parts, &mut body).await;
        body.discard().await;
        answered.unwrap_or_else(|refused| refused).into_response(head)
    }

    async fn answer(&self, parts: &Parts, body: &mut Received) -> Result<Answer, Answer> {
        self.check_host(&parts.headers)?;
        let route = Route::parse(parts.uri.path())?;
        let query = parts.uri.query().unwrap_or_default();
        let method = &parts.method;
        let header = |name: HeaderName| parts.headers.get(name).and_then(|v| v.to_str().ok());
        match &route {
            Route::Blob(name, digest) => self.blob(method, name, digest, header(RANGE)),
            Route::Upload(name, id) => {
                let content_range = header(CONTENT_RANGE);
                self.upload(UploadRequest { method, name, id, query, content_range }, body).await
            }
            Route::Uploads(name) if method == Method::POST => {
                self.start_upload(name, query, body).await
            }
            Route::Manifest(name, target) if method == Method::PUT => {
                let content = body.read(MANIFEST_LIMIT).await?;
                self.write_manifest(name, target, query, header(CONTENT_TYPE), content)
            }
            Route::Manifest(name, target) => self.manifest(method, name, target),
            Route::Base if is_read(method) => {
                Ok(Answer::new(StatusCode::OK).body("application/json", "{}"))
            }
            Route::Tags(name) if is_read(method) => self.tags(name, query),
            Route::Referrers(name, digest) if is_read(method) => {
                self.referrers(name, digest, query)
            }
            _ => Err(Code::Unsupported.because("the method is not allowed here")),
        }
    }

    /// A web page may make a browser send requests to loopback under a name of the page's own (DNS
    /// rebinding); nobody else has a reason to use such a name.
    fn check_host(&self, headers: &HeaderMap) -> Result<(), Answer> {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let without_port = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        let bare = without_port.trim_start_matches('[').trim_end_matches(']');
        if !self.loopback || is_loopback_host(without_port) || bare.parse::<IpAddr>().is_ok() {
            Ok(())
        } else {
            Err(Code::Denied.because("this registry answers to its loopback address alone"))
        }
    }
}

fn is_read(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}
