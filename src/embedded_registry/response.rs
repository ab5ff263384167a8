//! Responses, among them the error responses of the specification.

use std::fmt;
use std::io;

use bytes::Bytes;
use hyper::{Response, StatusCode};
use serde_json::json;

use super::response_body::ResponseBody;

/// The result of a handler. Its error is an error response.
pub(super) type ApiResult<T = ApiResponse> = Result<T, ApiResponse>;

#[derive(Debug)]
pub(super) struct ApiResponse {
    status: StatusCode,
    headers: Vec<(&'static str, String)>,
    body: ResponseBody,
}

impl ApiResponse {
    pub(super) const fn new(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: ResponseBody::Bytes(Bytes::new()) }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub(super) fn body(mut self, content_type: &str, body: impl Into<ResponseBody>) -> Self {
        self.headers.push(("content-type", content_type.to_owned()));
        self.body = body.into();
        self
    }

    /// Converts this into the response for the HTTP library. The response to a HEAD request has the
    /// length of the body, but not the body.
    pub(super) fn into_response(self, is_head: bool) -> Response<ResponseBody> {
        let mut builder = Response::builder()
            .status(self.status)
            .header("docker-distribution-api-version", "registry/2.0");
        for (name, value) in &self.headers {
            builder = builder.header(*name, value);
        }
        if is_head {
            builder = builder.header("content-length", self.body.size());
        }
        let body = if is_head { ResponseBody::Bytes(Bytes::new()) } else { self.body };
        builder.body(body).unwrap_or_else(|_| {
            // A stored media type may not be a valid header value.
            let mut response = Response::new(ResponseBody::Bytes(Bytes::new()));
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
    }
}

/// The reason for which a request is rejected: a status and an error code (distribution specification,
/// "Error Codes").
#[derive(Clone, Copy)]
pub(super) struct Rejection(StatusCode, &'static str);

impl Rejection {
    pub(super) const BLOB_UNKNOWN: Self = Self(StatusCode::NOT_FOUND, "BLOB_UNKNOWN");
    pub(super) const BLOB_UPLOAD_INVALID: Self =
        Self(StatusCode::BAD_REQUEST, "BLOB_UPLOAD_INVALID");
    pub(super) const BLOB_UPLOAD_UNKNOWN: Self = Self(StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN");
    pub(super) const BODY_TOO_LARGE: Self = Self(StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID");
    pub(super) const DENIED: Self = Self(StatusCode::FORBIDDEN, "DENIED");
    pub(super) const DIGEST_INVALID: Self = Self(StatusCode::BAD_REQUEST, "DIGEST_INVALID");
    pub(super) const INTERNAL: Self = Self(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN");
    pub(super) const MANIFEST_BLOB_UNKNOWN: Self =
        Self(StatusCode::BAD_REQUEST, "MANIFEST_BLOB_UNKNOWN");
    pub(super) const MANIFEST_INVALID: Self = Self(StatusCode::BAD_REQUEST, "MANIFEST_INVALID");
    pub(super) const MANIFEST_UNKNOWN: Self = Self(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN");
    pub(super) const NAME_INVALID: Self = Self(StatusCode::BAD_REQUEST, "NAME_INVALID");
    pub(super) const NAME_UNKNOWN: Self = Self(StatusCode::NOT_FOUND, "NAME_UNKNOWN");
    pub(super) const RANGE_NOT_SATISFIABLE: Self =
        Self(StatusCode::RANGE_NOT_SATISFIABLE, "BLOB_UPLOAD_INVALID");
    pub(super) const STORAGE_FULL: Self = Self(StatusCode::INSUFFICIENT_STORAGE, "UNKNOWN");
    pub(super) const TOO_MANY_TAGS: Self = Self(StatusCode::URI_TOO_LONG, "MANIFEST_INVALID");
    pub(super) const UNSUPPORTED: Self = Self(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED");

    pub(super) fn because(self, message: impl fmt::Display) -> ApiResponse {
        let Self(status, code) = self;
        let body = json!({ "errors": [{ "code": code, "message": message.to_string() }] });
        ApiResponse::new(status).body("application/json", body.to_string())
    }
}

impl From<io::Error> for ApiResponse {
    fn from(error: io::Error) -> Self {
        let rejection = match error.kind() {
            io::ErrorKind::StorageFull => Rejection::STORAGE_FULL,
            _ => Rejection::INTERNAL,
        };
        rejection.because(error)
    }
}
