//! Why a login at a registry failed, and why no credential could be read or stored.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use super::challenge::ChallengeError;
use super::realm::RealmError;
use crate::oci::error_response::ErrorResponse;

/// Why a login at a registry failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum AuthenticationError {
    /// The registry refused the request (401) and no other credential can be sent.
    Refused {
        /// The registry's response.
        response: ErrorResponse,
        /// Whether a credential was sent.
        with_credential: bool,
    },
    /// The registry's challenge cannot be answered.
    Challenge(ChallengeError),
    /// The realm is not allowed: no request was sent to the token server.
    Realm(RealmError),
    /// The token server refused.
    TokenServer(ErrorResponse),
    /// The token server's response has no token that can be sent.
    NoToken,
    /// A source of credentials cannot be read.
    Keychain(KeychainError),
    /// Another host, to which the registry led, asks for a login, or leads to a place that does. It gets
    /// no credential of the registry's.
    OtherHost,
}

impl fmt::Display for AuthenticationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { response, with_credential: false } => {
                write!(f, "the registry wants a login ({response})")
            }
            Self::Refused { response, with_credential: true } => {
                write!(f, "the registry did not accept the login ({response})")
            }
            Self::Challenge(error) => error.fmt(f),
            Self::Realm(error) => error.fmt(f),
            Self::TokenServer(response) => write!(f, "the token server refused ({response})"),
            Self::NoToken => f.write_str("the token server's answer has no usable token"),
            Self::Keychain(error) => error.fmt(f),
            Self::OtherHost => f.write_str(
                "the registry led to another host, where a login is wanted; no credential is sent there",
            ),
        }
    }
}

/// A variant that only wraps an error displays that error, so its source is that error's source.
impl Error for AuthenticationError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Challenge(error) => error.source(),
            Self::Realm(error) => error.source(),
            Self::Keychain(error) => error.source(),
            Self::Refused { .. } | Self::TokenServer(_) | Self::NoToken | Self::OtherHost => None,
        }
    }
}

/// Why no credential could be read or stored. No value of a file is part of it, and a failure never means that
/// there is no credential.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeychainError {
    /// A configuration file cannot be read or written.
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// A configuration file is not one JSON object.
    MalformedFile {
        /// The file.
        path: PathBuf,
        /// The line of the error, from 1.
        line: usize,
    },
    /// The entry for the registry in a configuration file is broken.
    Entry {
        /// The file.
        path: PathBuf,
        /// The entry's key.
        key: String,
    },
    /// There is no file to store credentials in.
    NoFile,
    /// The name in the configuration is not a valid helper name.
    HelperName(String),
    /// The helper cannot be run; most often it is not installed.
    HelperRun {
        /// The helper's name.
        name: String,
        /// The reason.
        error: io::Error,
    },
    /// The helper did not answer in time.
    HelperTimeout(String),
    /// The helper reported a failure.
    HelperFailed {
        /// The helper's name.
        name: String,
        /// The helper's message, safe to print.
        said: String,
    },
    /// The helper's answer does not have the protocol's form.
    HelperAnswer(String),
    /// The server's name or the credential contains a control character, which no helper gets.
    HelperInput(String),
    /// The program's own source failed.
    Source(Box<dyn Error + Send + Sync>),
}

impl fmt::Display for KeychainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, .. } => path.display().fmt(f),
            Self::MalformedFile { path, line } => {
                write!(f, "{}: line {line}: not one JSON object", path.display())
            }
            Self::Entry { path, key } => {
                write!(f, "{}: the entry {key:?} cannot be read", path.display())
            }
            Self::NoFile => f.write_str("no home directory is known; set HOME or DOCKER_CONFIG"),
            Self::HelperName(name) => write!(f, "{name:?} cannot be a credential helper"),
            Self::HelperRun { name, .. } => write!(f, "docker-credential-{name} cannot be run"),
            Self::HelperTimeout(name) => {
                write!(f, "docker-credential-{name} did not answer in time")
            }
            Self::HelperFailed { name, said } => {
                write!(f, "docker-credential-{name} failed: {said}")
            }
            Self::HelperAnswer(name) => {
                write!(f, "the output of docker-credential-{name} cannot be parsed")
            }
            Self::HelperInput(name) => {
                write!(f, "refusing to pass control characters to docker-credential-{name}")
            }
            Self::Source(error) => error.fmt(f),
        }
    }
}

/// The program's own error is displayed as it is, so its source is that error's source.
impl Error for KeychainError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::File { error, .. } | Self::HelperRun { error, .. } => Some(error),
            Self::Source(error) => error.source(),
            _ => None,
        }
    }
}
