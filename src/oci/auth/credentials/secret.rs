//! Secrets and credentials in memory. Neither is ever printed.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

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
    #[must_use]
    pub fn expose(&self) -> &str {
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
    /// Returns the `Authorization` of a name and password, bound to `origin`; `None` for tokens.
    pub(in crate::oci::auth) fn basic(&self, origin: Origin) -> Option<Authorization> {
        let Self::Password { username, password } = self else { return None };
        let pair = Secret::new(format!("{username}:{}", password.expose()));
        Some(Authorization::new(origin, format!("Basic {}", STANDARD.encode(pair.expose()))))
    }
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
