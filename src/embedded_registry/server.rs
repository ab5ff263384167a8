//! Receives requests and passes each to the handler of its endpoint.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{CONTENT_RANGE, CONTENT_TYPE, HeaderName, RANGE};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};

use super::api::{Api, UploadSessions, parse_digest};
use super::request_body::RequestBody;
use super::response::{ApiResponse, ApiResult, Rejection, ResponseBody};
use super::storage::Storage;
use super::uploads::UploadRequest;
use crate::oci::{ApiPath, MANIFEST_LIMIT, RepositoryName, TagOrDigest};
use crate::wire::{ForeignRequest, Listener, Service};

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
        let api = Api { storage, uploads: UploadSessions::default() };
        Ok(Self { listener, api: Arc::new(api) })
    }

    /// Answers requests for these host names too. Without a name, the host of a request must be an IP
    /// address or `localhost`, so that a web page cannot reach the registry under a name of its own.
    #[must_use]
    pub fn with_host_names(self, names: &[String]) -> Self {
        Self { listener: self.listener.with_host_names(names), ..self }
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

    fn refuse(&self, foreign: ForeignRequest) -> Response<ResponseBody> {
        Rejection::DENIED.because(foreign).into_response(false)
    }
}

impl Api {
    async fn handle(&self, parts: &Parts, body: &mut RequestBody) -> ApiResult {
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
