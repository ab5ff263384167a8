//! What should not be shared, and where it is.

use std::fmt;

/// The kind of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExposureKind {
    /// A value of a well-known form.
    Token,
    /// A private key.
    PrivateKey,
    /// A value under a name that holds secrets.
    Named,
    /// A URL with a password, or a secret parameter.
    Url,
    /// A path below a home directory.
    HomePath,
    /// An image that only the machine has that built it. On others, its name belongs to whoever registers it.
    LocalImage,
}

impl ExposureKind {
    /// Returns true for what lets others in; false for what is only of no use, or private, elsewhere.
    pub(crate) const fn is_secret(self) -> bool {
        !matches!(self, Self::HomePath | Self::LocalImage)
    }
}

impl fmt::Display for ExposureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "looks like an access token",
            Self::PrivateKey => "is a private key",
            Self::Named => "looks like a secret by its name",
            Self::Url => "is a URL with a credential in it",
            Self::HomePath => "is a path in a home directory",
            Self::LocalImage => "names an image that only this machine has",
        })
    }
}

/// A value that should not be shared.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exposure {
    /// The path of the value, such as `env_vars.API_TOKEN` or `cmd_args.2`.
    pub path: String,
    /// What it looks like.
    pub kind: ExposureKind,
}

impl Exposure {
    /// Returns the environment variable that holds the secret. Its value can be replaced by a reference to a
    /// secret; no other value can.
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        let name = self.path.strip_prefix("env_vars.")?;
        self.kind.is_secret().then_some(name)
    }
}
