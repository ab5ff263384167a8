//! The client of any number of registries: connections, and how to reach each registry.

use std::sync::Arc;

use url::Url;

use super::reference::{RegistryName, RepositoryName};
use super::repository::Repository;
use crate::wire::{Settings, Transport, is_loopback_host};

/// A client. Clones share connections.
#[derive(Clone)]
pub struct Client {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) transport: Transport,
    plain_http: bool,
}

impl Client {
    /// A client that speaks https, and plain http to loopback hosts alone.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self::with_plain_http(settings, false)
    }

    /// A client that speaks plain http to every registry where `plain_http` is set.
    #[must_use]
    pub fn with_plain_http(settings: Settings, plain_http: bool) -> Self {
        Self { shared: Arc::new(Shared { transport: Transport::new(settings), plain_http }) }
    }

    /// The repository `name` of `registry`. Nothing is sent yet. `purpose` stands before each
    /// operation in a transcript, such as `push`.
    #[must_use]
    pub fn repository(
        &self,
        registry: &RegistryName,
        name: &RepositoryName,
        purpose: &'static str,
    ) -> Repository {
        Repository::new(self.clone(), registry.clone(), name.clone(), purpose)
    }

    /// `{scheme}://{registry}/v2/{path}`; `path` consists of names that parsed.
    pub(super) fn api_url(&self, registry: &RegistryName, path: &str) -> Url {
        let plain = self.shared.plain_http || is_loopback_host(registry.host());
        let scheme = if plain { "http" } else { "https" };
        let url = format!("{scheme}://{}/v2/{path}", registry.api_authority());
        match Url::parse(&url) {
            Ok(url) => url,
            // `RegistryName` admits only hosts and ports that a URL can hold.
            Err(_) => unreachable!("a registry's name is a URL's authority"),
        }
    }
}
