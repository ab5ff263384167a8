//! Gives [`crate::fuzzing`] access to this module's parsers.

use std::path::Path;

use url::Url;

use super::challenge::Challenge;
use super::credentials::docker_config::{DockerConfig, Entry};
use super::credentials::secret::{Credential, Secret};
use super::realm;
use crate::oci::names::{RegistryName, RepositoryName};

/// Parses the values of `WWW-Authenticate` fields, and checks the realm as before a request to it.
pub(crate) fn challenge<'a>(values: impl Iterator<Item = &'a str>, registry: &Url) {
    if let Ok(Challenge::Bearer { realm, .. }) = Challenge::choose(values)
        && let Ok(url) = realm::check(&realm, registry, false, false)
    {
        assert_eq!(url.scheme(), "https", "{url}");
        assert!(url.username().is_empty() && url.password().is_none(), "{url}");
    }
}

/// Parses a configuration file, looks up a registry, stores a login and removes it.
pub(crate) fn docker_config(bytes: &[u8], registry: &RegistryName, repository: &RepositoryName) {
    let Ok(mut config) = DockerConfig::parse(Path::new("config.json"), bytes) else { return };
    let _ = config.find(registry, Some(repository));
    // The credential is with a helper, or its entry is broken.
    let elsewhere = config.helper_for(registry).is_some() || config.find(registry, None).is_err();
    config.set(registry, "me", &Secret::new("FAKE-password".to_owned()));
    if !elsewhere {
        let found = config.find(registry, None);
        let Ok(Entry::Credential(Credential::Password { username, password })) = found else {
            panic!("a login was stored and is not found");
        };
        assert!(username == "me" && password.expose() == "FAKE-password");
    }
    assert!(config.remove(registry));
    assert!(!config.remove(registry));
}
