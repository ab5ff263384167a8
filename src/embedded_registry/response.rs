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
    DigestInvalid,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestUnknown,
    NameInvalid,
    NameUnknown,
    BodyTooLarge,
    TagInvalid,
    TooManyTags,
    Denied,
    Unsupported,
    RangeNotSatisfiable,
    StorageFull,
    Internal,
}

impl Rejection {
    const fn status(self) -> StatusCode {
        match self {
            Self::BlobUnknown
            | Self::BlobUploadUnknown
            | Self::ManifestUnknown
            | Self::NameUnknown => StatusCode::NOT_FOUND,
            Self::BlobUploadInvalid
            | Self::DigestInvalid
            | Self::ManifestBlobUnknown
            | Self::ManifestInvalid
            | Self::NameInvalid
            | Self::TagInvalid => StatusCode::BAD_REQUEST,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyTags => StatusCode::URI_TOO_LONG,
            Self::Denied => StatusCode::FORBIDDEN,
            Self::Unsupported => StatusCode::METHOD_NOT_ALLOWED,
            Self::RangeNotSatisfiable => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn error_code(self) -> &'static str {
        match self {
            Self::BlobUnknown => "BLOB_UNKNOWN",
            Self::BlobUploadInvalid | Self::RangeNotSatisfiable => "BLOB_UPLOAD_INVALID",
            Self::BlobUploadUnknown => "BLOB_UPLOAD_UNKNOWN",
            Self::DigestInvalid => "DIGEST_INVALID",
            Self::ManifestBlobUnknown => "MANIFEST_BLOB_UNKNOWN",
            Self::ManifestInvalid | Self::TagInvalid | Self::TooManyTags => "MANIFEST_INVALID",
            Self::ManifestUnknown => "MANIFEST_UNKNOWN",
            Self::NameInvalid => "NAME_INVALID",
            Self::NameUnknown => "NAME_UNKNOWN",
            Self::BodyTooLarge => "SIZE_INVALID",
            Self::Denied => "DENIED",
            Self::Unsupported => "UNSUPPORTED",
            Self::StorageFull | Self::Internal => "UNKNOWN",
        }
    }

    /// Returns the error response, with a message for people.
    pub(super) fn because(self, message: impl fmt::Display) -> ApiResponse {
        let body =
            json!({ "errors": [{ "code": self.error_code(), "message": message.to_string() }] });
        ApiResponse::new(self.status()).body("application/json", body.to_string())
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
