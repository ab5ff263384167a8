//! Docker's `config.json`, and `auth.json` of podman, skopeo and buildah.
//!
//! A malformed entry of the requested registry is an error; other entries are not checked. Writing keeps all
//! other content of the file.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::{Map, Value, json};

use super::secret::{Credential, Secret, encode};
use crate::atomic_file;
use crate::capped_read::read_settings;
use crate::oci::auth::error::KeychainError;
use crate::oci::names::{RegistryName, RepositoryName};

const SIZE_LIMIT: usize = 4 * 1024 * 1024;
/// How long a change of the file waits for others, and how often it looks whether they are done.
const LOCK_LIMIT: Duration = Duration::from_secs(30);
const LOCK_PAUSE: Duration = Duration::from_millis(20);
/// The key under which Docker stores credentials for Docker Hub.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

#[derive(Clone)]
pub(crate) struct DockerConfig {
    pub(super) path: PathBuf,
    content: Map<String, Value>,
}

/// What a file says about the credential of a registry.
pub(crate) enum Entry {
    Credential(Credential),
    /// The credential helper that keeps the credential, and the server's name there.
    Helper {
        name: String,
        server: String,
    },
    None,
}

impl DockerConfig {
    /// Reads the file at `path`. Returns `None` if there is no such file.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, KeychainError> {
        match read_settings(path, SIZE_LIMIT) {
            Ok(bytes) => Self::parse(path, &bytes).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(KeychainError::File { path: path.to_owned(), error }),
        }
    }

    pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, KeychainError> {
        if bytes.trim_ascii().is_empty() {
            return Ok(Self::empty(path));
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(content)) => Ok(Self { path: path.to_owned(), content }),
            Ok(_) => Err(KeychainError::MalformedFile { path: path.to_owned(), line: 1 }),
            Err(error) => {
                Err(KeychainError::MalformedFile { path: path.to_owned(), line: error.line() })
            }
        }
    }

    pub(super) fn empty(path: &Path) -> Self {
        Self { path: path.to_owned(), content: Map::new() }
    }

    /// Finds the credential of the registry. The first of these counts: its own helper (`credHelpers`), the
    /// longest entry for the repository or a namespace above it, the general helper (`credsStore`), the entry
    /// of the registry.
    pub(crate) fn find(
        &self,
        registry: &RegistryName,
        repository: Option<&RepositoryName>,
    ) -> Result<Entry, KeychainError> {
        let server = || storage_key(registry);
        if let Some((key, helper)) = self.entry_of("credHelpers", registry) {
            let name = helper.as_str().ok_or_else(|| self.broken(key))?.to_owned();
            return Ok(Entry::Helper { name, server: server() });
        }
        let auths = self.content.get("auths").and_then(Value::as_object);
        for wanted in path_keys(registry, repository) {
            if let Some(entry) = auths.and_then(|auths| auths.get(&wanted)) {
                return self.entry(&wanted, entry);
            }
        }
        if let Some(helper) = self.helper_for_all() {
            return Ok(Entry::Helper { name: helper.to_owned(), server: server() });
        }
        match self.entry_of("auths", registry) {
            Some((key, entry)) => self.entry(key, entry),
            None => Ok(Entry::None),
        }
    }

    /// Returns the entry of the object `field` that names the registry, with its key. The key that
    /// [`storage_key`] gives comes before others.
    fn entry_of(&self, field: &str, registry: &RegistryName) -> Option<(&String, &Value)> {
        let entries = self.content.get(field)?.as_object()?;
        let exact = entries.get_key_value(&storage_key(registry));
        exact.or_else(|| entries.iter().find(|(key, _)| names_registry(key, registry)))
    }

    fn helper_for_all(&self) -> Option<&str> {
        self.content.get("credsStore")?.as_str().filter(|name| !name.is_empty())
    }

    fn entry(&self, key: &str, entry: &Value) -> Result<Entry, KeychainError> {
        let broken = || self.broken(key);
        let entry = entry.as_object().ok_or_else(broken)?;
        let field = |name: &str| match entry.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            Some(_) => Err(broken()),
        };
        if let Some(token) = field("identitytoken")? {
            return Ok(Entry::Credential(Credential::IdentityToken(Secret::new(token))));
        }
        if let Some(token) = field("registrytoken")? {
            return Ok(Entry::Credential(Credential::RegistryToken(Secret::new(token))));
        }
        if let Some(encoded) = field("auth")? {
            return decode(&encoded).map(Entry::Credential).ok_or_else(broken);
        }
        match (field("username")?, field("password")?) {
            (Some(username), Some(password)) => Ok(Entry::Credential(Credential::Password {
                username,
                password: Secret::new(password),
            })),
            // Docker writes an empty entry if a helper keeps the credential.
            _ => Ok(match self.helper_for_all() {
                Some(name) => Entry::Helper { name: name.to_owned(), server: key.to_owned() },
                None => Entry::None,
            }),
        }
    }

    fn broken(&self, key: &str) -> KeychainError {
        KeychainError::Entry { path: self.path.clone(), key: key.to_owned() }
    }

    /// Returns the helper that keeps the registry's credential, if there is one, and the server's name there.
    pub(crate) fn helper_for(&self, registry: &RegistryName) -> Option<(String, String)> {
        let name = match self.entry_of("credHelpers", registry) {
            Some((_, helper)) => helper.as_str().filter(|name| !name.is_empty())?,
            None => self.helper_for_all()?,
        };
        Some((name.to_owned(), storage_key(registry)))
    }

    /// Applies `change` to the file at `path`, and writes it if that changed anything. Returns true if it
    /// was written.
    ///
    /// A lock keeps other processes of this program from changing the file at the same time. Docker and
    /// podman use no lock.
    pub(super) async fn update(
        path: &Path,
        change: impl Fn(&mut Self),
    ) -> Result<bool, KeychainError> {
        let changed = || {
            let before = Self::read(path)?.unwrap_or_else(|| Self::empty(path));
            let mut after = before.clone();
            change(&mut after);
            Ok((after.content != before.content).then_some(after))
        };
        if changed()?.is_none() {
            return Ok(false);
        }
        let _lock = lock(path).await?;
        // Another process may have written the file in the meantime.
        let Some(changed) = changed()? else { return Ok(false) };
        changed.write()?;
        Ok(true)
    }

    pub(crate) fn set(&mut self, registry: &RegistryName, username: &str, password: &Secret) {
        self.remove(registry);
        let entry = json!({ "auth": encode(username, password) });
        let auths = self.content.entry("auths").or_insert_with(|| json!({}));
        if !auths.is_object() {
            *auths = json!({});
        }
        if let Some(auths) = auths.as_object_mut() {
            auths.insert(storage_key(registry), entry);
        }
    }

    /// Removes the registry's entries. Returns true if there were any.
    pub(crate) fn remove(&mut self, registry: &RegistryName) -> bool {
        let Some(auths) = self.content.get_mut("auths").and_then(Value::as_object_mut) else {
            return false;
        };
        let before = auths.len();
        auths.retain(|key, _| !names_registry(key, registry));
        auths.len() != before
    }

    /// Writes the file atomically, readable only by its owner.
    pub(super) fn write(&self) -> Result<(), KeychainError> {
        let failed = |error| KeychainError::File { path: self.path.clone(), error };
        let mut text = serde_json::to_vec_pretty(&self.content)
            .map_err(|error| failed(io::Error::from(error)))?;
        text.push(b'\n');
        atomic_file::write_with_parents(&self.path, &text).map_err(failed)
    }
}

/// Waits for the lock of the file at `path`, and holds it until the value is dropped.
async fn lock(path: &Path) -> Result<File, KeychainError> {
    let failed = |error| KeychainError::File { path: path.to_owned(), error };
    let file = atomic_file::open_lock(path).map_err(failed)?;
    let locked = async {
        loop {
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
                // Some network file systems have no locks.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    return Ok(());
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Ok(()) => return Ok(()),
            }
        }
    };
    match tokio::time::timeout(LOCK_LIMIT, locked).await {
        Ok(locked) => locked.map(|()| file),
        Err(_) => Err(failed(io::Error::new(
            io::ErrorKind::TimedOut,
            "another process has been changing this file for half a minute",
        ))),
    }
}

pub(super) fn storage_key(registry: &RegistryName) -> String {
    if registry.is_docker_hub() { DOCKER_HUB_KEY.to_owned() } else { registry.to_string() }
}

/// Returns the keys for paths in podman's `auth.json`, the longest first: `host/a/b`, `host/a`.
fn path_keys(registry: &RegistryName, repository: Option<&RepositoryName>) -> Vec<String> {
    let mut keys = Vec::new();
    let mut path = repository.map_or("", RepositoryName::as_str);
    while !path.is_empty() {
        keys.push(format!("{registry}/{path}"));
        path = path.rsplit_once('/').map_or("", |(above, _)| above);
    }
    keys
}

/// Returns true if a key names the whole registry: its host, or a URL of it, of which Docker and podman
/// look only at the host. Without a scheme, a path is one of podman's namespaces, `v1` too.
///
/// A URL that goes on after the API's version is another thing: Docker keeps tokens for its own account
/// pages under `https://index.docker.io/v1/access-token` and `…/refresh-token`.
fn names_registry(key: &str, registry: &RegistryName) -> bool {
    let url = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://"));
    let (host, path) = url.unwrap_or(key).split_once('/').unwrap_or((url.unwrap_or(key), ""));
    let path = path.trim_end_matches('/');
    let is_whole = match url {
        Some(_) => !path.starts_with("v1/") && !path.starts_with("v2/"),
        None => path.is_empty(),
    };
    is_whole && host.parse::<RegistryName>().is_ok_and(|named| named == *registry)
}

/// Decodes `base64(name:password)`. Docker pads the password with NUL.
fn decode(encoded: &str) -> Option<Credential> {
    let bytes = STANDARD.decode(encoded).or_else(|_| STANDARD_NO_PAD.decode(encoded)).ok()?;
    let pair = Secret::new(String::from_utf8(bytes).ok()?);
    let (username, password) = pair.expose().split_once(':')?;
    let password = password.trim_end_matches('\0');
    if username.is_empty() || password.is_empty() {
        return None;
    }
    Some(Credential::stored(username, Secret::new(password.to_owned())))
}

#[cfg(test)]
mod tests;
