//! What can go wrong with a registry, told apart by type.

use std::fmt;
use std::io;

use super::auth::{ChallengeError, KeychainError, RealmError};
use super::descriptor::Mismatch;
use super::error_response::ErrorResponse;
use super::manifest::InvalidManifest;
use super::media_type::MediaType;
use crate::wire;

/// A failed operation on a registry: what was tried, where, and why it failed.
#[derive(Debug)]
pub struct Error {
    step: &'static str,
    resource: String,
    kind: Box<ErrorKind>,
}

/// Why an operation on a registry failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The registry wants to know who asks, or did not accept the credential (401).
    Authentication(AuthenticationError),
    /// Whoever asks may not do this (403).
    Denied(ErrorResponse),
    /// There is no such repository, manifest or blob (404).
    NotFound(ErrorResponse),
    /// Any other refusal, with the registry's own code and message.
    Registry(ErrorResponse),
    /// The TLS handshake failed.
    Tls(wire::HttpError),
    /// The registry could not be reached, or the connection broke.
    Network(wire::HttpError),
    /// The bytes are not those that digest and size promise.
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
    /// The registry's answer breaks the protocol.
    Protocol(Violation),
}

/// Why a login at a registry failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum AuthenticationError {
    /// The registry refused, whatever was sent.
    Refused {
        /// What it said.
        refusal: ErrorResponse,
        /// Whether a credential was sent.
        with_credential: bool,
    },
    /// The registry's challenge cannot be answered.
    Challenge(ChallengeError),
    /// The token server that the registry names is not asked.
    Realm(RealmError),
    /// The token server refused.
    TokenServer(ErrorResponse),
    /// The token server's answer has no token that can be sent.
    NoToken,
    /// A credential cannot be read.
    Keychain(KeychainError),
    /// A host that the registry led to wants a login; it gets no credential of the registry's.
    Elsewhere,
}

impl fmt::Display for AuthenticationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { refusal, with_credential: false } => {
                write!(f, "the registry wants a login ({refusal})")
            }
            Self::Refused { refusal, with_credential: true } => {
                write!(f, "the registry did not accept the login ({refusal})")
            }
            Self::Challenge(error) => error.fmt(f),
            Self::Realm(error) => error.fmt(f),
            Self::TokenServer(error) => write!(f, "the token server refused ({error})"),
            Self::NoToken => f.write_str("the token server's answer has no usable token"),
            Self::Keychain(error) => error.fmt(f),
            Self::Elsewhere => {
                f.write_str("a host that the registry led to wants a login, and gets no credential")
            }
        }
    }
}

impl std::error::Error for AuthenticationError {}

impl From<AuthenticationError> for ErrorKind {
    fn from(error: AuthenticationError) -> Self {
        Self::Authentication(error)
    }
}

/// How a registry's answer breaks the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// An upload was accepted without a `Location` to go on with, or with one that is no URL.
    UploadLocation,
    /// The upload's `Location` leads from https to http.
    UploadDowngrade,
    /// The `Content-Type` header is not a media type.
    ContentType(String),
    /// The `Docker-Content-Digest` header is not a digest.
    DigestHeader(String),
    /// A status that the request does not allow for.
    Status(u16),
    /// A manifest of another type than was asked for.
    UnexpectedType(MediaType),
    /// The answer is compressed, which was not asked for.
    ContentEncoding(String),
    /// The registry says that it has bytes of an upload that were not sent, or lost some.
    UploadOffset {
        /// How many it says it has.
        has: u64,
        /// How many it can have.
        sent: u64,
    },
    /// The registry wants larger chunks of an upload than can be held in memory.
    ChunkMinimum(u64),
    /// The answer to a request for the rest of a blob is another part of it.
    ContentRange(String),
    /// The next page of a list cannot be asked for, and why.
    NextPage(&'static str),
    /// A list is not of the specification's form.
    List,
    /// A list has more entries than this.
    ListLength(usize),
}

impl Error {
    pub(super) fn new(step: &'static str, resource: String, kind: ErrorKind) -> Self {
        Self { step, resource, kind: Box::new(kind) }
    }

    /// Why it failed.
    #[must_use]
    pub const fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// What was being done, such as `reading the manifest`.
    #[must_use]
    pub const fn step(&self) -> &'static str {
        self.step
    }

    /// The repository or manifest concerned.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }
}

impl From<wire::HttpError> for ErrorKind {
    fn from(error: wire::HttpError) -> Self {
        match error.kind() {
            wire::HttpErrorKind::Tls(_) => Self::Tls(error),
            wire::HttpErrorKind::BodyTooLarge(limit) => Self::TooLarge { limit: *limit },
            _ => match error.into_content() {
                Ok(error) => Self::Local(error),
                Err(error) => Self::Network(error),
            },
        }
    }
}

impl From<ErrorResponse> for ErrorKind {
    fn from(refusal: ErrorResponse) -> Self {
        match refusal.status {
            401 => AuthenticationError::Refused { refusal, with_credential: false }.into(),
            403 => Self::Denied(refusal),
            404 => Self::NotFound(refusal),
            _ => Self::Registry(refusal),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.step, self.resource, self.kind)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authentication(error) => error.fmt(f),
            Self::Denied(error) => write!(f, "access denied ({error})"),
            Self::NotFound(error) => write!(f, "not found ({error})"),
            Self::Registry(error) => write!(f, "the registry refused ({error})"),
            Self::Tls(error) | Self::Network(error) => error.fmt(f),
            Self::Mismatch(error) => write!(f, "the content is not what was promised: {error}"),
            Self::TooLarge { limit } => write!(f, "larger than {limit} bytes"),
            Self::Manifest(error) => error.fmt(f),
            Self::Local(error) => write!(f, "the local file failed: {error}"),
            Self::Protocol(error) => write!(f, "the registry breaks the protocol: {error}"),
        }
    }
}

impl fmt::Display for Violation {
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
            Self::UnexpectedType(found) => write!(f, "{found} was not asked for"),
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
            Self::NextPage(error) => write!(f, "the next page of a list {error}"),
            Self::List => f.write_str("a list is not of the specification's form"),
            Self::ListLength(limit) => write!(f, "a list has more than {limit} entries"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.kind {
            ErrorKind::Tls(error) | ErrorKind::Network(error) => Some(error),
            ErrorKind::Mismatch(error) => Some(error),
            ErrorKind::Authentication(error) => Some(error),
            ErrorKind::Manifest(error) => Some(error),
            ErrorKind::Local(error) => Some(error),
            _ => None,
        }
    }
}
