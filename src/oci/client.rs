//! The client of any number of registries: connections, logins, and how to reach each registry.

use std::fmt;
use std::sync::Arc;

use url::Url;

use super::auth::{Access, Authenticator, Keychain};
use super::reference::{RegistryName, RepositoryName};
use super::repository::Repository;
use super::retry::RetryPolicy;
use super::upload::Cleaning;
use super::warning::Warnings;
use crate::wire::{Settings, TlsSettings, Transport, is_loopback_host};

/// A client. Clones share connections and logins.
#[derive(Clone)]
pub struct Client {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) transport: Arc<Transport>,
    pub(super) authenticator: Authenticator,
    pub(super) retry: RetryPolicy,
    pub(super) warnings: Warnings,
    pub(super) cleaning: Cleaning,
    tls: TlsSettings,
    plain_http: bool,
}

/// Makes a [`Client`].
#[derive(Debug, Clone, Default)]
pub struct ClientBuilder {
    settings: Settings,
    keychain: Keychain,
    plain_http: bool,
    retry: RetryPolicy,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("plain_http", &self.shared.plain_http)
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// Where credentials come from; nowhere, unless this says otherwise.
    #[must_use]
    pub fn keychain(mut self, keychain: Keychain) -> Self {
        self.keychain = keychain;
        self
    }

    /// Speaks plain http to every registry.
    #[must_use]
    pub const fn plain_http(mut self, plain_http: bool) -> Self {
        self.plain_http = plain_http;
        self
    }

    /// What is tried again, and how often.
    #[must_use]
    pub const fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The client.
    #[must_use]
    pub fn build(self) -> Client {
        let tls = self.settings.tls.clone();
        Client {
            shared: Arc::new(Shared {
                transport: Arc::new(Transport::new(self.settings)),
                authenticator: Authenticator::new(self.keychain),
                retry: self.retry,
                warnings: Warnings::default(),
                cleaning: Cleaning::default(),
                tls,
                plain_http: self.plain_http,
            }),
        }
    }
}

impl Client {
    /// An anonymous client that speaks https, and plain http to loopback hosts alone.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self::builder(settings).build()
    }

    /// A client with further settings.
    #[must_use]
    pub fn builder(settings: Settings) -> ClientBuilder {
        ClientBuilder { settings, ..ClientBuilder::default() }
    }

    /// The repository `name` of `registry`, for reading or writing. Nothing is sent yet.
    #[must_use]
    pub fn repository(
        &self,
        registry: &RegistryName,
        name: &RepositoryName,
        access: Access,
    ) -> Repository {
        Repository::new(self.clone(), registry.clone(), name.clone(), access)
    }

    /// The same connections with other credentials.
    pub(super) fn with_keychain(&self, keychain: Keychain) -> Self {
        Self {
            shared: Arc::new(Shared {
                transport: Arc::clone(&self.shared.transport),
                authenticator: Authenticator::new(keychain),
                retry: self.shared.retry,
                warnings: Warnings::default(),
                cleaning: Cleaning::default(),
                tls: self.shared.tls.clone(),
                plain_http: self.shared.plain_http,
            }),
        }
    }

    /// Whether plain http is spoken to the registry: where that was asked for, and to loopback
    /// unless a setting speaks of TLS there.
    #[must_use]
    pub fn speaks_plain_http(&self, registry: &RegistryName) -> bool {
        self.shared.plain_http
            || (is_loopback_host(registry.host())
                && !self.shared.tls.applies_to(&registry.to_string()))
    }

    /// `{scheme}://{registry}/v2/{path}`; `path` consists of names that parsed.
    pub(super) fn api_url(&self, registry: &RegistryName, path: &str) -> Url {
        let scheme = if self.speaks_plain_http(registry) { "http" } else { "https" };
        let url = format!("{scheme}://{}/v2/{path}", registry.api_authority());
        match Url::parse(&url) {
            Ok(url) => url,
            // `RegistryName` admits only hosts and ports that a URL can hold.
            Err(_) => unreachable!("a registry's name is a URL's authority"),
        }
    }
}
