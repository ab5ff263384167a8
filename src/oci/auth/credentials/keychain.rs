//! The sources of credentials: one credential given explicitly, the embedding program's own source, and the
//! files that docker, podman and skopeo write.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::docker_config::{DockerConfig, Entry};
use super::helper::CredentialHelper;
use super::secret::{Credential, CredentialSource, Secret};
use crate::directories::{containers_config, home};
use crate::oci::auth::error::KeychainError;
use crate::oci::names::{RegistryName, RepositoryName};

/// The sources of credentials, in the order in which they are looked up. By default there is none.
#[derive(Debug, Clone, Default)]
pub struct Keychain {
    /// Used for every registry.
    explicit: Option<Credential>,
    source: Option<Arc<dyn CredentialSource>>,
    files: Vec<PathBuf>,
}

impl Keychain {
    /// Returns a keychain that reads the files of the user who runs this process.
    ///
    /// If `REGISTRY_AUTH_FILE` is set, that file is the only one. Otherwise Docker's files
    /// (`$DOCKER_CONFIG/config.json`, `~/.docker/config.json`) come before those of podman
    /// (`$XDG_RUNTIME_DIR/containers/auth.json`, `~/.config/containers/auth.json`).
    #[must_use]
    pub fn from_environment() -> Self {
        Self { files: files(|name| env::var_os(name)), ..Self::default() }
    }

    /// Adds the file `path`, before all other files.
    #[must_use]
    pub fn with_file(mut self, path: PathBuf) -> Self {
        self.files.insert(0, path);
        self
    }

    /// Uses `credential` for every registry, before all other sources.
    #[must_use]
    pub fn with_credential(mut self, credential: Credential) -> Self {
        self.explicit = Some(credential);
        self
    }

    /// Adds `source`, before all files.
    #[must_use]
    pub fn with_source(mut self, source: Arc<dyn CredentialSource>) -> Self {
        self.source = Some(source);
        self
    }

    /// Returns the credential for a registry, or for a repository of it; `None` means anonymous.
    /// A source that names this registry and cannot be read is never treated as a source without a credential.
    pub(crate) async fn credential(
        &self,
        registry: &RegistryName,
        repository: Option<&RepositoryName>,
    ) -> Result<Option<Credential>, KeychainError> {
        if let Some(credential) = &self.explicit {
            return Ok(Some(credential.clone()));
        }
        if let Some(source) = &self.source {
            let found = source.credential(registry, repository).await;
            if let Some(credential) = found.map_err(KeychainError::Source)? {
                return Ok(Some(credential));
            }
        }
        for path in &self.files {
            let Some(config) = DockerConfig::read(path)? else { continue };
            let found = match config.find(registry, repository)? {
                Entry::Credential(credential) => Some(credential),
                Entry::Helper { name, server } => {
                    CredentialHelper::new(&name)?.get(&server).await?
                }
                Entry::None => None,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Stores a name and password with the helper that the first file names, or else in that file. Returns
    /// where they were stored.
    ///
    /// # Errors
    /// [`KeychainError`]; nothing is changed then.
    pub async fn store(
        &self,
        registry: &RegistryName,
        username: &str,
        password: &Secret,
    ) -> Result<CredentialStore, KeychainError> {
        let (path, config) = self.first_file()?;
        if let Some((name, server)) = config.helper_for(registry) {
            CredentialHelper::new(&name)?.store(&server, username, password).await?;
            return Ok(CredentialStore::Helper(name));
        }
        DockerConfig::update(path, |config| config.set(registry, username, password)).await?;
        Ok(CredentialStore::File(path.clone()))
    }

    /// Removes the registry's credential from the first file and its helper. Returns true if there was one.
    ///
    /// # Errors
    /// [`KeychainError`].
    pub async fn erase(&self, registry: &RegistryName) -> Result<bool, KeychainError> {
        let (path, config) = self.first_file()?;
        let mut known = false;
        if let Some((name, server)) = config.helper_for(registry) {
            known = CredentialHelper::new(&name)?.erase(&server).await?;
        }
        let was_in_file = DockerConfig::update(path, |config| _ = config.remove(registry)).await?;
        Ok(known || was_in_file)
    }

    fn first_file(&self) -> Result<(&PathBuf, DockerConfig), KeychainError> {
        let path = self.files.first().ok_or(KeychainError::NoFile)?;
        Ok((path, DockerConfig::read(path)?.unwrap_or_else(|| DockerConfig::empty(path))))
    }
}

fn files(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let directory = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(file) = directory("REGISTRY_AUTH_FILE") {
        return vec![file];
    }
    let docker = directory("DOCKER_CONFIG").or_else(|| Some(home(&variable)?.join(".docker")));
    let runtime = directory("XDG_RUNTIME_DIR").map(|dir| dir.join("containers"));
    let containers = runtime.into_iter().chain(containers_config(&variable));
    let docker = docker.map(|dir| dir.join("config.json"));
    docker.into_iter().chain(containers.map(|dir| dir.join("auth.json"))).collect()
}

/// Where a credential was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialStore {
    /// With the credential helper of this name.
    Helper(String),
    /// In this file, unencrypted.
    File(PathBuf),
}

impl fmt::Display for CredentialStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Helper(name) => write!(f, "docker-credential-{name}"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Vec<String> {
        let value = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
        };
        files(value).iter().map(|path| path.display().to_string()).collect()
    }

    #[cfg(unix)]
    #[test]
    fn files_are_looked_up_in_the_order_of_docker_and_podman() {
        let home = ("HOME", "/home/me");
        assert_eq!(
            found(&[home]),
            ["/home/me/.docker/config.json", "/home/me/.config/containers/auth.json"]
        );
        assert_eq!(
            found(&[
                home,
                ("DOCKER_CONFIG", "/d"),
                ("XDG_RUNTIME_DIR", "/run/me"),
                ("XDG_CONFIG_HOME", "/c"),
            ]),
            ["/d/config.json", "/run/me/containers/auth.json", "/c/containers/auth.json"]
        );
        assert_eq!(found(&[home, ("REGISTRY_AUTH_FILE", "/auth.json")]), ["/auth.json"]);
        assert_eq!(found(&[]), [""; 0]);
    }
}
