//! Gives [`crate::fuzzing`] access to the private parsers of this module.

use std::path::Path;

use url::Url;

use super::challenge::Challenge;
use super::credentials::docker_config::{DockerConfig, Entry};
use super::credentials::secret::{Credential, Secret};
use super::realm;
use crate::oci::names::{RegistryName, RepositoryName};

/// Parses the values of `WWW-Authenticate` fields, and checks that a realm that is accepted is an
/// https URL without user information.
pub(crate) fn challenge<'a>(values: impl Iterator<Item = &'a str>, registry: &Url) {
    if let Ok(Challenge::Bearer { realm, .. }) = Challenge::choose(values)
        && let Ok(url) = realm::check(&realm, registry, false, false)
    {
        assert_eq!(url.scheme(), "https", "{url}");
        assert!(url.username().is_empty() && url.password().is_none(), "{url}");
    }
}

/// Parses a configuration file, then stores, finds and removes a credential.
pub(crate) fn docker_config(bytes: &[u8], registry: &RegistryName, repository: &RepositoryName) {
    let Ok(mut config) = DockerConfig::parse(Path::new("config.json"), bytes) else { return };
    let _ = config.find(registry, Some(repository));
    // A credential is not found in the file if a helper has it, or if an entry is malformed.
    let is_elsewhere =
        config.helper_for(registry).is_some() || config.find(registry, None).is_err();
    config.set(registry, "me", &Secret::new("FAKE-password".to_owned()));
    if !is_elsewhere {
        let found = config.find(registry, None);
        let Ok(Entry::Credential(Credential::Password { username, password })) = found else {
            panic!("the stored credential is not found");
        };
        assert!(username == "me" && password.expose() == "FAKE-password");
    }
    assert!(config.remove(registry));
    assert!(!config.remove(registry));
}
