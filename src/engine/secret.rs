//! Secrets that a run configuration names and never holds: `name,target=VARIABLE`.

use std::fmt;
use std::str::FromStr;

use crate::oci::auth::Secret;

/// In front of the names that `ToolHive` keeps for itself.
const RESERVED: &str = "__thv_";
/// In front of the name of the variable that holds a secret, for `ToolHive`'s environment provider.
const VARIABLE: &str = "TOOLHIVE_SECRET_";

/// A secret, and the environment variable that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretReference {
    /// The secret's name.
    pub name: String,
    /// The variable in the container.
    pub target: String,
}

impl SecretReference {
    /// The variable of this process in which `ToolHive`'s environment provider looks.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{VARIABLE}{}", self.name)
    }

    /// The secret, if the environment of this process has it.
    #[must_use]
    pub fn from_environment(&self) -> Option<Secret> {
        let value = std::env::var(self.variable()).ok()?;
        (!value.is_empty()).then(|| Secret::new(value))
    }
}

/// A text that is no secret reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSecret(pub String);

impl fmt::Display for InvalidSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the secret {:?} has not the form NAME,target=VARIABLE", self.0)
    }
}

impl std::error::Error for InvalidSecret {}

impl FromStr for SecretReference {
    type Err = InvalidSecret;

    fn from_str(text: &str) -> Result<Self, InvalidSecret> {
        let invalid = || InvalidSecret(text.to_owned());
        let (name, target) = text.split_once(",target=").ok_or_else(invalid)?;
        if name.is_empty() || target.is_empty() || name.contains(',') || name.starts_with(RESERVED)
        {
            return Err(invalid());
        }
        Ok(Self { name: name.to_owned(), target: target.to_owned() })
    }
}
