//! Responses, among them the error responses of the specification. A body is bytes in memory, or a
//! part of a file that is read while it is sent.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::{Response, StatusCode};

use crate::oci::error_body;

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
    pub(super) const TOO_MANY_REQUESTS: Self =
        Self(StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS");
    pub(super) const TOO_MANY_TAGS: Self = Self(StatusCode::URI_TOO_LONG, "MANIFEST_INVALID");
    pub(super) const UNSUPPORTED: Self = Self(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED");

    pub(super) fn because(self, message: impl fmt::Display) -> ApiResponse {
        let Self(status, code) = self;
        ApiResponse::new(status).body("application/json", error_body(code, &message.to_string()))
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

/// The most bytes that are read from a file at once.
const PIECE_SIZE: usize = 64 * 1024;

#[derive(Debug)]
pub(super) enum ResponseBody {
    Bytes(Bytes),
    /// A file, open at the next byte to send, and the number of bytes that are left to send.
    File(File, u64),
}

impl<T: Into<Bytes>> From<T> for ResponseBody {
    fn from(bytes: T) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl ResponseBody {
    pub(super) const fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(_, size) => *size,
        }
    }

    /// Cuts this to the bytes from `start` to `end`, inclusive. Both must lie within the content.
    pub(super) fn part(self, start: u64, end: u64) -> io::Result<Self> {
        let length = end.saturating_sub(start).saturating_add(1);
        match self {
            Self::Bytes(bytes) => {
                let index = |at| usize::try_from(at).map_err(io::Error::other);
                Ok(Self::Bytes(bytes.slice(index(start)?..=index(end)?)))
            }
            Self::File(mut file, _) => {
                file.seek(SeekFrom::Start(start))?;
                Ok(Self::File(file, length))
            }
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = io::Error;

    /// Reads files without a thread of their own: pieces are small, and this registry has few
    /// clients.
    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let read = match self.get_mut() {
            Self::Bytes(bytes) if bytes.is_empty() => return Poll::Ready(None),
            Self::Bytes(bytes) => Ok(std::mem::take(bytes)),
            Self::File(_, 0) => return Poll::Ready(None),
            Self::File(file, left) => read_piece(file, left),
        };
        Poll::Ready(Some(read.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.size() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.size())
    }
}

fn read_piece(file: &mut File, left: &mut u64) -> io::Result<Bytes> {
    let mut piece = vec![0; usize::try_from(*left).unwrap_or(PIECE_SIZE).min(PIECE_SIZE)];
    let read = file.read(&mut piece)?;
    if read == 0 {
        // The file became shorter than the `Content-Length` that was sent.
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    piece.truncate(read);
    *left -= read as u64;
    Ok(piece.into())
}
