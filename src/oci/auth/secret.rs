//! Secrets in memory: values that print nothing.

use std::fmt;

use zeroize::Zeroizing;

/// A secret. It shows nothing of itself in debug output, and its memory is overwritten when it goes.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes over `text`.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself, to be sent and nothing else.
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

/// What proves to a registry who asks.
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
    /// A refresh token, for which a token server gives others (`identitytoken`).
    IdentityToken(Secret),
    /// A bearer token that is sent as it is (`registrytoken`).
    RegistryToken(Secret),
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
