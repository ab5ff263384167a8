//! Logging in: challenges, tokens, and credentials.
//!
//! A challenge belongs to an origin, a credential to a registry and a path in it, a token to a scope.
//! Nothing here prints a secret, and a credential leaves this module only bound to an origin.

pub(super) mod authenticator;
mod challenge;
mod challenge_cache;
pub(super) mod credentials;
pub(super) mod error;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod realm;
pub(super) mod scope;
mod token;

pub use challenge::ChallengeError;
pub use credentials::keychain::{CredentialStore, Keychain};
pub use credentials::secret::{Credential, CredentialFuture, CredentialSource, Secret};
pub use error::KeychainError;
pub use realm::RealmError;
pub use scope::Access;
