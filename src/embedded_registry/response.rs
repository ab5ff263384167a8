//! Responses, among them the error responses of the specification.

use std::fmt;
use std::io;

use bytes::Bytes;
use hyper::{Response, StatusCode};
use serde_json::json;

use super::response_body::ResponseBody;

/// The status, header fields and body of a response.
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

/// The reason for which a request is rejected. It decides the status and the error code
/// (distribution specification, "Error Codes").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rejection {
    BlobUnknown,
    BlobUploadInvalid,
    BlobUploadUnknown,
    BodyTooLarge,
    Denied,
    DigestInvalid,
    Internal,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestUnknown,
    NameInvalid,
    NameUnknown,
    RangeNotSatisfiable,
    StorageFull,
    TagInvalid,
    TooManyTags,
    Unsupported,
}

impl Rejection {
    const fn status_and_code(self) -> (StatusCode, &'static str) {
        match self {
            Self::BlobUnknown => (StatusCode::NOT_FOUND, "BLOB_UNKNOWN"),
            Self::BlobUploadInvalid => (StatusCode::BAD_REQUEST, "BLOB_UPLOAD_INVALID"),
            Self::BlobUploadUnknown => (StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID"),
            Self::Denied => (StatusCode::FORBIDDEN, "DENIED"),
            Self::DigestInvalid => (StatusCode::BAD_REQUEST, "DIGEST_INVALID"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN"),
            Self::ManifestBlobUnknown => (StatusCode::BAD_REQUEST, "MANIFEST_BLOB_UNKNOWN"),
            Self::ManifestInvalid | Self::TagInvalid => {
                (StatusCode::BAD_REQUEST, "MANIFEST_INVALID")
            }
            Self::ManifestUnknown => (StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN"),
            Self::NameInvalid => (StatusCode::BAD_REQUEST, "NAME_INVALID"),
            Self::NameUnknown => (StatusCode::NOT_FOUND, "NAME_UNKNOWN"),
            Self::RangeNotSatisfiable => (StatusCode::RANGE_NOT_SATISFIABLE, "BLOB_UPLOAD_INVALID"),
            Self::StorageFull => (StatusCode::INSUFFICIENT_STORAGE, "UNKNOWN"),
            Self::TooManyTags => (StatusCode::URI_TOO_LONG, "MANIFEST_INVALID"),
            Self::Unsupported => (StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED"),
        }
    }

    /// Returns the error response, with a message for people.
    pub(super) fn because(self, message: impl fmt::Display) -> ApiResponse {
        let (status, code) = self.status_and_code();
        let body = json!({ "errors": [{ "code": code, "message": message.to_string() }] });
        ApiResponse::new(status).body("application/json", body.to_string())
    }
}

impl From<io::Error> for ApiResponse {
    fn from(error: io::Error) -> Self {
        let rejection = match error.kind() {
            io::ErrorKind::StorageFull => Rejection::StorageFull,
            _ => Rejection::Internal,
        };
        rejection.because(error)
    }
}
