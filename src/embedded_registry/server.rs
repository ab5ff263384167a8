//! Receives requests and passes each to the handler of its endpoint.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{CONTENT_RANGE, CONTENT_TYPE, HOST, HeaderName, RANGE};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};

use super::api::{Api, UploadSessions, parse_digest};
use super::request_body::RequestBody;
use super::response::{ApiResponse, ApiResult, Rejection, ResponseBody};
use super::storage::Storage;
use super::uploads::UploadRequest;
use crate::oci::{ApiPath, MANIFEST_LIMIT, RepositoryName, TagOrDigest};
use crate::wire::{Listener, Service, is_loopback_host};

/// A registry that accepts connections, but answers none before [`EmbeddedRegistry::serve`].
#[derive(Debug)]
pub struct EmbeddedRegistry {
    listener: Listener,
    api: Arc<Api>,
}

impl EmbeddedRegistry {
    /// Listens at `address`. Port 0 takes a free port.
    ///
    /// # Errors
    /// If the system does not allow to listen at `address`.
    pub async fn bind(address: SocketAddr, storage: Storage) -> io::Result<Self> {
        let listener = Listener::bind(address).await?;
        let is_loopback = listener.local_addr().ip().is_loopback();
        let api = Api { storage, uploads: UploadSessions::default(), is_loopback };
        Ok(Self { listener, api: Arc::new(api) })
    }

    /// Returns the address that it listens at.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.listener.local_addr()
    }

    /// Answers requests until `shutdown` resolves, then closes all connections.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        self.listener.serve(self.api, shutdown).await;
    }
}

impl Service for Api {
    type Body = ResponseBody;

    async fn respond(&self, request: Request<Incoming>) -> Response<ResponseBody> {
        let is_head = request.method() == Method::HEAD;
        let (parts, body) = request.into_parts();
        let mut body = RequestBody(body);
        let response = self.handle(&parts, &mut body).await;
        body.discard().await;
        response.unwrap_or_else(|rejected| rejected).into_response(is_head)
    }
}

impl Api {
    async fn handle(&self, parts: &Parts, body: &mut RequestBody) -> ApiResult {
        self.check_host(&parts.headers)?;
        let nowhere = || Rejection::NAME_UNKNOWN.because("the API has no such path");
        let path = ApiPath::parse(parts.uri.path()).ok_or_else(nowhere)?;
        let query = parts.uri.query().unwrap_or_default();
        let method = &parts.method;
        let header = |name: HeaderName| parts.headers.get(name).and_then(|v| v.to_str().ok());
        let is_read = matches!(*method, Method::GET | Method::HEAD);
        match &path {
            ApiPath::Base if is_read => {
                Ok(ApiResponse::new(StatusCode::OK).body("application/json", "{}"))
            }
            ApiPath::Manifest { repository, reference } => {
                let (name, target) = (name(repository)?, tag_or_digest(reference)?);
                match *method {
                    Method::GET | Method::HEAD => self.read_manifest(&name, &target),
                    Method::DELETE => self.delete_manifest(&name, &target),
                    Method::PUT => {
                        let content = body.read(MANIFEST_LIMIT).await?;
                        self.write_manifest(&name, &target, query, header(CONTENT_TYPE), content)
                    }
                    _ => Err(Rejection::UNSUPPORTED
                        .because("a manifest takes GET, HEAD, PUT and DELETE")),
                }
            }
            ApiPath::Blob { repository, digest } => {
                self.blob(method, &name(repository)?, &parse_digest(digest)?, header(RANGE))
            }
            ApiPath::UploadStart { repository } if method == Method::POST => {
                self.start_upload(&name(repository)?, query, body).await
            }
            ApiPath::UploadSession { repository, id } => {
                let (name, content_range) = (&name(repository)?, header(CONTENT_RANGE));
                self.upload(UploadRequest { method, name, id, query, content_range }, body).await
            }
            ApiPath::TagList { repository } if is_read => self.tags(&name(repository)?, query),
            ApiPath::Referrers { repository, digest } if is_read => {
                self.referrers(&name(repository)?, &parse_digest(digest)?, query)
            }
            _ => Err(Rejection::UNSUPPORTED.because("the method is not allowed here")),
        }
    }

    /// Rejects requests to a loopback address under any other host name than loopback's.
    ///
    /// A web page can make a browser send requests to loopback under the page's own host name (DNS
    /// rebinding). No other client has a reason to use such a name.
    fn check_host(&self, headers: &HeaderMap) -> ApiResult<()> {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let without_port = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        let address = without_port.trim_start_matches('[').trim_end_matches(']');
        let is_allowed = !self.is_loopback
            || is_loopback_host(without_port)
            || address.parse::<IpAddr>().is_ok();
        let rejected =
            || Rejection::DENIED.because("this registry answers only to its loopback address");
        is_allowed.then_some(()).ok_or_else(rejected)
    }
}

fn name(text: &str) -> ApiResult<RepositoryName> {
    text.parse().map_err(|error| Rejection::NAME_INVALID.because(error))
}

fn tag_or_digest(text: &str) -> ApiResult<TagOrDigest> {
    if text.contains(':') {
        return parse_digest(text).map(TagOrDigest::Digest);
    }
    text.parse().map(TagOrDigest::Tag).map_err(|error| Rejection::MANIFEST_INVALID.because(error))
}
