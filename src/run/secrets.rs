//! The secrets of a run: which values are known, and which are missing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::{RunError, UnusableOption};
use crate::capped_read::read_capped;
use crate::engine::PlanError;
use crate::oci::auth::Secret;
use crate::runconfig::{Declared, SecretReference};

/// The largest file of a secret, in bytes.
const FILE_LIMIT: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Secrets {
    /// Values by the secret's name.
    pub(super) known: BTreeMap<String, Secret>,
    pub(super) missing: Vec<SecretReference>,
}

impl Secrets {
    /// Looks for each of `wanted` in `files`, then in the environment of this process.
    pub(super) fn find(
        wanted: &[Declared<SecretReference>],
        files: &BTreeMap<String, PathBuf>,
    ) -> Result<Self, RunError> {
        let wanted = wanted.iter().map(|secret| secret.get().cloned());
        let wanted: Vec<_> = wanted.collect::<Result<_, _>>().map_err(PlanError::from)?;
        if let Some(name) = files.keys().find(|name| wanted.iter().all(|s| s.name != **name)) {
            return Err(UnusableOption::UnknownSecret(name.clone()).into());
        }
        let mut secrets = Self { known: BTreeMap::new(), missing: Vec::new() };
        for secret in wanted {
            let value = match files.get(&secret.name) {
                Some(path) => Some(read_file(path)?),
                None => secret.value_in_environment(),
            };
            match value {
                Some(value) => drop(secrets.known.insert(secret.name, value)),
                None => secrets.missing.push(secret),
            }
        }
        Ok(secrets)
    }

    pub(super) fn supply(&mut self, name: &str, value: Secret) {
        self.missing.retain(|secret| secret.name != name);
        self.known.insert(name.to_owned(), value);
    }

    /// Returns all values by name, with an empty one for each that is missing.
    pub(super) fn with_placeholders(&self) -> BTreeMap<String, Secret> {
        let mut all = self.known.clone();
        all.extend(self.missing.iter().map(|s| (s.name.clone(), Secret::new(String::new()))));
        all
    }
}

/// Reads a secret from a file. One line break at the end is not part of it.
fn read_file(path: &Path) -> Result<Secret, RunError> {
    let bytes = read_capped(path, FILE_LIMIT)
        .map_err(|error| RunError::Io { doing: format!("reading {}", path.display()), error })?;
    let bytes = zeroize::Zeroizing::new(bytes);
    if bytes.len() > FILE_LIMIT {
        return Err(UnusableOption::SecretSize(path.to_owned(), FILE_LIMIT).into());
    }
    let text =
        std::str::from_utf8(&bytes).map_err(|_| UnusableOption::SecretEncoding(path.to_owned()))?;
    let text = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    if text.is_empty() {
        return Err(UnusableOption::EmptySecret(path.to_owned()).into());
    }
    Ok(Secret::new(text.to_owned()))
}
