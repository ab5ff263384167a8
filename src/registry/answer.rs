//! Responses, and the errors of the specification.

use std::fmt;
use std::io;

use bytes::Bytes;
use hyper::{Response, StatusCode};
use serde_json::json;

use super::payload::Payload;

/// A response that is being made.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    headers: Vec<(&'static str, String)>,
    body: Payload,
}

impl Answer {
    pub(super) const fn new(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Payload::Bytes(Bytes::new()) }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub(super) fn body(self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.payload(content_type, Payload::Bytes(body.into()))
    }

    pub(super) fn payload(mut self, content_type: &str, payload: Payload) -> Self {
        self.headers.push(("content-type", content_type.to_owned()));
        self.body = payload;
        self
    }

    /// The response; to HEAD it has the length of the body that it leaves out.
    pub(super) fn into_response(self, head: bool) -> Response<Payload> {
        let mut builder = Response::builder()
            .status(self.status)
            .header("docker-distribution-api-version", "registry/2.0");
        for (name, value) in &self.headers {
            builder = builder.header(*name, value);
        }
        if head {
            builder = builder.header("content-length", self.body.size());
        }
        let body = if head { Payload::Bytes(Bytes::new()) } else { self.body };
        builder.body(body).unwrap_or_else(|_| {
            // A stored media type that is no header value.
            let mut response = Response::new(Payload::Bytes(Bytes::new()));
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
    }
}

/// Why a request is refused (distribution specification, "Error Codes").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    BlobUnknown,
    BlobUploadInvalid,
    BlobUploadUnknown,
    DigestInvalid,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestUnknown,
    NameInvalid,
    NameUnknown,
    SizeInvalid,
    TagInvalid,
    UriTooLong,
    Denied,
    Unsupported,
    Range,
    Full,
    Unknown,
}

impl Code {
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
            Self::SizeInvalid => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::Denied => StatusCode::FORBIDDEN,
            Self::Unsupported => StatusCode::METHOD_NOT_ALLOWED,
            Self::Range => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::Full => StatusCode::INSUFFICIENT_STORAGE,
            Self::Unknown => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::BlobUnknown => "BLOB_UNKNOWN",
            Self::BlobUploadInvalid | Self::Range => "BLOB_UPLOAD_INVALID",
            Self::BlobUploadUnknown => "BLOB_UPLOAD_UNKNOWN",
            Self::DigestInvalid => "DIGEST_INVALID",
            Self::ManifestBlobUnknown => "MANIFEST_BLOB_UNKNOWN",
            Self::ManifestInvalid | Self::TagInvalid | Self::UriTooLong => "MANIFEST_INVALID",
            Self::ManifestUnknown => "MANIFEST_UNKNOWN",
            Self::NameInvalid => "NAME_INVALID",
            Self::NameUnknown => "NAME_UNKNOWN",
            Self::SizeInvalid => "SIZE_INVALID",
            Self::Denied => "DENIED",
            Self::Unsupported => "UNSUPPORTED",
            Self::Full | Self::Unknown => "UNKNOWN",
        }
    }

    /// The refusal, with a message for people.
    pub(super) fn because(self, message: impl fmt::Display) -> Answer {
        let body = json!({ "errors": [{ "code": self.name(), "message": message.to_string() }] });
        Answer::new(self.status()).body("application/json", body.to_string())
    }
}

impl From<io::Error> for Answer {
    fn from(error: io::Error) -> Self {
        let code = match error.kind() {
            io::ErrorKind::StorageFull => Code::Full,
            _ => Code::Unknown,
        };
        code.because(error)
    }
}
