//! Secrets and credentials in memory, which are never printed, and the interface for an embedding program's
//! own source of credentials.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::oci::names::{RegistryName, RepositoryName};
use crate::wire::{Authorization, Origin};

/// A secret. Debug output does not show it, and its memory is overwritten when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Makes a secret of `text`.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Returns the secret itself, which must only be sent.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// A credential for a registry.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Credential {
    /// A name and a password.
    Password {
        /// The name.
        username: String,
        /// The password.
        password: Secret,
    },
    /// A refresh token, which a token server exchanges for bearer tokens (`identitytoken`).
    IdentityToken(Secret),
    /// A bearer token that is sent as it is (`registrytoken`).
    RegistryToken(Secret),
}

impl Credential {
    /// Returns the credential that is stored under `username`. Docker and the helpers mark an identity token
    /// by this name.
    pub(super) fn stored(username: &str, secret: Secret) -> Self {
        match username {
            "<token>" => Self::IdentityToken(secret),
            _ => Self::Password { username: username.to_owned(), password: secret },
        }
    }

    /// Returns the `Authorization` of a name and password, bound to `origin`; `None` for tokens.
    pub(crate) fn basic(&self, origin: Origin) -> Option<Authorization> {
        let Self::Password { username, password } = self else { return None };
        Some(Authorization::new(origin, format!("Basic {}", encode(username, password))))
    }
}

/// Returns `base64(name:password)`.
pub(super) fn encode(username: &str, password: &Secret) -> String {
    let pair = Secret::new(format!("{username}:{}", password.expose()));
    STANDARD.encode(pair.expose())
}

/// The future of [`CredentialSource::credential`]: a credential, or `None` if the source has none for the
/// registry.
pub type CredentialFuture<'a> = Pin<
    Box<dyn Future<Output = Result<Option<Credential>, Box<dyn Error + Send + Sync>>> + Send + 'a>,
>;

/// A source of credentials in a program that keeps them itself, for instance in a vault. Its debug output
/// must not hold a secret.
pub trait CredentialSource: fmt::Debug + Send + Sync {
    /// Returns the credential for `registry`, or for one repository of it.
    ///
    /// It is called at most once for each repository that a client uses, and only if the registry asks for
    /// a login. An error ends the operation; it never means that there is no credential.
    fn credential<'a>(
        &'a self,
        registry: &'a RegistryName,
        repository: Option<&'a RepositoryName>,
    ) -> CredentialFuture<'a>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_no_secret() {
        let secret = || Secret::new("FAKE-secret".to_owned());
        let password = Credential::Password { username: "me".to_owned(), password: secret() };
        let shown = format!(
            "{password:?} {:?} {:?}",
            Credential::IdentityToken(secret()),
            Credential::RegistryToken(secret())
        );
        assert!(shown.contains("me") && !shown.contains("FAKE"), "{shown}");
    }
}
