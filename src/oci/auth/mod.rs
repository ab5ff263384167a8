//! Logging in: challenges, tokens, and credentials.
//!
//! A challenge belongs to an origin, a credential to a registry and a path in it, a token to a scope.
//! Nothing here prints a secret, and a credential leaves this module only bound to an origin.

pub(super) mod authenticator;
mod challenge;
pub(super) mod credentials;
pub(super) mod error;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod realm;
pub(super) mod scope;
mod token;

pub use challenge::ChallengeError;
pub use credentials::docker_config::ConfigError;
pub use credentials::helper::HelperError;
pub use credentials::keychain::{CredentialStore, Keychain, KeychainError};
pub use credentials::secret::{Credential, CredentialFuture, CredentialSource, Secret};
pub use realm::RealmError;
pub use scope::Access;
