//! Why a login at a registry failed.

use std::fmt;

use super::challenge::ChallengeError;
use super::credentials::keychain::KeychainError;
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
    /// Another host, to which the registry redirected, asks for a login. It gets no credential of the
    /// registry's.
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
            Self::OtherHost => {
                f.write_str("the registry redirected to a host that wants a login; this host gets no credential")
            }
        }
    }
}

/// A variant that only wraps an error displays that error, so its source is that error's source.
impl std::error::Error for AuthenticationError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Challenge(error) => error.source(),
            Self::Realm(error) => error.source(),
            Self::Keychain(error) => error.source(),
            Self::Refused { .. } | Self::TokenServer(_) | Self::NoToken | Self::OtherHost => None,
        }
    }
}
