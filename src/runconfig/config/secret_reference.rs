//! References to secrets, `name,target=VARIABLE`. A run configuration never holds their values.

use std::str::FromStr;

use super::declared::InvalidValue;
use crate::oci::auth::Secret;

/// The prefix of names that `ToolHive` reserves for itself.
const RESERVED: &str = "__thv_";

/// The name of a secret, and the environment variable that gets its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretReference {
    /// The secret's name.
    pub name: String,
    /// The variable in the container.
    pub target: String,
}

impl SecretReference {
    /// Returns the secret's value, if the environment of this process has it: in the variable in which
    /// `ToolHive`'s environment provider looks.
    pub(crate) fn value_in_environment(&self) -> Option<Secret> {
        let value = std::env::var(format!("TOOLHIVE_SECRET_{}", self.name)).ok()?;
        (!value.is_empty()).then(|| Secret::new(value))
    }
}

impl FromStr for SecretReference {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text.split_once(",target=") {
            Some((name, target)) if is_secret_name(name) && !target.is_empty() => {
                Ok(Self { name: name.to_owned(), target: target.to_owned() })
            }
            _ => Err(InvalidValue::Secret(text.to_owned())),
        }
    }
}

/// Returns true if `name` can be the name of a secret in a reference.
pub(crate) fn is_secret_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(',') && !name.starts_with(RESERVED)
}
