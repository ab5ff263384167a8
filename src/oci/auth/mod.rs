//! Logging in: challenges, tokens, and where credentials come from.
//!
//! Nothing here prints a secret, and a credential leaves this module only bound to an origin.

mod authenticator;
mod challenge;
mod credential_helper;
mod credential_source;
mod docker_config;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod keychain;
mod realm;
mod scope;
mod secret;
mod token;

pub(super) use authenticator::{Authenticator, Sent, Subject};
pub use challenge::ChallengeError;
pub use credential_helper::HelperError;
pub use credential_source::{CredentialFuture, CredentialSource};
pub use docker_config::ConfigError;
pub use keychain::{CredentialStore, Keychain, KeychainError};
pub use realm::RealmError;
pub use scope::{Access, Scope};
pub use secret::{Credential, Secret};
