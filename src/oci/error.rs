//! Why an operation on a registry failed.

use std::fmt;
use std::io;

use super::auth::error::AuthenticationError;
use super::descriptor::Mismatch;
use super::error_response::{ErrorCode, ErrorResponse};
use super::manifest::InvalidManifest;
use crate::wire::{HttpError, HttpErrorKind, Response};

/// A failed operation on a registry: the step that failed, the resource concerned, and the reason.
///
/// `Display` shows step and resource; [`std::error::Error::source`] is the [`ErrorKind`].
#[derive(Debug)]
pub struct Error {
    step: &'static str,
    resource: String,
    kind: Box<ErrorKind>,
}

/// The result of a step of an operation, whose error has no context yet.
pub(super) type Result<T, E = ErrorKind> = std::result::Result<T, E>;

/// Why an operation on a registry failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The registry requires a login, or did not accept the credential (401).
    Authentication(AuthenticationError),
    /// The account may not do this: 403, or 401 for a token that its login was exchanged for.
    Denied(ErrorResponse),
    /// There is no such repository, manifest or blob (404).
    NotFound(ErrorResponse),
    /// Any other error response, with the registry's own code and message.
    Registry(ErrorResponse),
    /// The TLS handshake failed.
    Tls(HttpError),
    /// The registry could not be reached, or the connection broke.
    Network(HttpError),
    /// The content does not have the promised digest or size.
    Mismatch(Mismatch),
    /// The content is larger than the limit, in bytes.
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// The manifest cannot be used.
    Manifest(InvalidManifest),
    /// Content on this machine could not be read or written.
    Local(io::Error),
    /// The registry's response breaks the protocol.
    Protocol(ProtocolViolation),
}

/// How a registry's response breaks the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProtocolViolation {
    /// An upload was accepted without a `Location`, or with one that is not a URL.
    UploadLocation,
    /// The upload's `Location` leads from https to http.
    UploadDowngrade,
    /// The `Content-Type` header is not a media type.
    ContentType(String),
    /// The `Docker-Content-Digest` header is not a digest.
    DigestHeader(String),
    /// The request does not allow for this status.
    Status(u16),
    /// The response is compressed, which was not asked for.
    ContentEncoding(String),
    /// The registry reports more bytes of an upload than were sent, or lost some.
    UploadOffset {
        /// How many bytes the registry reports.
        has: u64,
        /// How many bytes were sent.
        sent: u64,
    },
    /// The registry wants larger chunks of an upload than can be held in memory; the size in bytes.
    ChunkMinimum(u64),
    /// The response to a request for the rest of a blob holds another part of it.
    ContentRange(String),
    /// A list has more pages than this.
    TooManyPages(usize),
    /// The next page of a list is one that was read before.
    RepeatedPage,
    /// The next page of a list is at another origin.
    OtherOriginPage,
    /// The next page of a list has no URL to which a request can be sent.
    PageUrl,
    /// A list does not have the specification's form.
    List,
    /// A list has more entries than this.
    ListLength(usize),
    /// The answer is a web page.
    WebPage,
    /// The server led to this URL, which is no part of a registry's API.
    LedElsewhere(String),
}

impl Error {
    pub(super) fn new(step: &'static str, resource: String, kind: ErrorKind) -> Self {
        Self { step, resource, kind: Box::new(kind) }
    }

    /// Returns the reason.
    #[must_use]
    pub const fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Returns the step that failed, such as `reading the manifest`.
    #[must_use]
    pub const fn step(&self) -> &'static str {
        self.step
    }

    /// Returns the repository, manifest or blob concerned.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }
}

impl ErrorKind {
    pub(super) async fn of_response(response: Response) -> Self {
        match ErrorResponse::read(response).await {
            Ok(response) => response.into(),
            Err(error) => error.into(),
        }
    }

    /// Returns the error that `response` carries, or a protocol violation if its status is not an error.
    pub(super) async fn of_unexpected(response: Response) -> Self {
        match response.status() {
            400.. => Self::of_response(response).await,
            status => ProtocolViolation::Status(status).into(),
        }
    }

    /// Returns true if the registry named one of `codes`.
    pub(super) fn has_code(&self, codes: &[ErrorCode]) -> bool {
        match self {
            Self::Registry(response) | Self::NotFound(response) => {
                codes.iter().any(|code| response.has_code(code))
            }
            _ => false,
        }
    }
}

impl From<AuthenticationError> for ErrorKind {
    fn from(error: AuthenticationError) -> Self {
        Self::Authentication(error)
    }
}

impl From<ProtocolViolation> for ErrorKind {
    fn from(violation: ProtocolViolation) -> Self {
        Self::Protocol(violation)
    }
}

impl From<Mismatch> for ErrorKind {
    fn from(mismatch: Mismatch) -> Self {
        Self::Mismatch(mismatch)
    }
}

impl From<HttpError> for ErrorKind {
    fn from(error: HttpError) -> Self {
        match error.kind() {
            HttpErrorKind::Tls(_) => Self::Tls(error),
            HttpErrorKind::BodyTooLarge(limit) => Self::TooLarge { limit: *limit },
            _ => match error.into_content() {
                Ok(error) => Self::Local(error),
                Err(error) => Self::Network(error),
            },
        }
    }
}

impl From<ErrorResponse> for ErrorKind {
    fn from(response: ErrorResponse) -> Self {
        match response.status {
            401 => AuthenticationError::Refused { response, with_credential: false }.into(),
            403 => Self::Denied(response),
            404 => Self::NotFound(response),
            _ => Self::Registry(response),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.step, self.resource)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.kind)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authentication(error) => error.fmt(f),
            Self::Denied(response) => write!(f, "access denied ({response})"),
            Self::NotFound(response) => write!(f, "not found ({response})"),
            Self::Registry(response) => write!(f, "the registry refused ({response})"),
            Self::Tls(error) | Self::Network(error) => error.fmt(f),
            Self::Mismatch(_) => f.write_str("the content is not what was promised"),
            Self::TooLarge { limit } => write!(f, "larger than {limit} bytes"),
            Self::Manifest(error) => error.fmt(f),
            Self::Local(_) => f.write_str("the local file failed"),
            Self::Protocol(_) => f.write_str("the registry breaks the protocol"),
        }
    }
}

/// A variant that only wraps an error displays that error, so its source is that error's source.
impl std::error::Error for ErrorKind {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Authentication(error) => error.source(),
            Self::Tls(error) | Self::Network(error) => error.source(),
            Self::Manifest(error) => error.source(),
            Self::Mismatch(error) => Some(error),
            Self::Local(error) => Some(error),
            Self::Protocol(violation) => Some(violation),
            Self::Denied(_) | Self::NotFound(_) | Self::Registry(_) | Self::TooLarge { .. } => None,
        }
    }
}

impl fmt::Display for ProtocolViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UploadLocation => f.write_str("an upload has no usable Location"),
            Self::UploadDowngrade => {
                f.write_str("an upload's Location leads from https to http and is not followed")
            }
            Self::ContentType(text) => write!(f, "Content-Type {text:?} is not a media type"),
            Self::DigestHeader(text) => {
                write!(f, "Docker-Content-Digest {text:?} is not a digest")
            }
            Self::Status(status) => write!(f, "status {status} was not expected"),
            Self::ContentEncoding(encoding) => {
                write!(f, "the answer is compressed ({encoding}), which was not asked for")
            }
            Self::UploadOffset { has, sent } => {
                write!(f, "it has {has} bytes of an upload, where {sent} were sent")
            }
            Self::ChunkMinimum(size) => write!(f, "it wants chunks of at least {size} bytes"),
            Self::ContentRange(range) => {
                write!(f, "{range:?} is not the part of the blob that was asked for")
            }
            Self::TooManyPages(limit) => write!(f, "a list has more than {limit} pages"),
            Self::RepeatedPage => f.write_str("the next page of a list was read before"),
            Self::OtherOriginPage => f.write_str("the next page of a list is at another host"),
            Self::PageUrl => f.write_str("the next page of a list has no URL that can be asked"),
            Self::List => f.write_str("a list is not of the specification's form"),
            Self::ListLength(limit) => write!(f, "a list has more than {limit} entries"),
            Self::WebPage => f.write_str("its answer is a web page"),
            Self::LedElsewhere(url) => {
                write!(f, "it led to {url}, which is no part of a registry's API")
            }
        }
    }
}

impl std::error::Error for ProtocolViolation {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printable::chain;

    #[test]
    fn printed_chain_says_each_thing_once() {
        let shown = |kind: ErrorKind| chain(&Error::new("reading", "r/a".to_owned(), kind));
        assert_eq!(
            shown(ErrorResponse::parse(404, b"").into()),
            "reading r/a: not found (status 404)"
        );
        assert_eq!(
            shown(ErrorKind::Mismatch(Mismatch::Size { expected: 1, found: 2 })),
            "reading r/a: the content is not what was promised: expected 1 bytes, found 2"
        );
        assert_eq!(
            shown(ProtocolViolation::RepeatedPage.into()),
            "reading r/a: the registry breaks the protocol: the next page of a list was read before"
        );
        assert_eq!(shown(AuthenticationError::OtherHost.into()).matches("credential").count(), 1);
    }
}
