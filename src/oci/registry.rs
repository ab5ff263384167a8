//! One registry: its name, the scheme it is reached with, and the base URL of its API.

use url::Url;

use super::names::RegistryName;
use crate::wire::{Origin, TlsSettings, is_loopback_host};

/// A registry as a client reaches it. Scheme and base URL are computed once.
pub(super) struct Registry {
    pub(super) name: RegistryName,
    pub(super) plain_http: bool,
    /// `{scheme}://{authority}/v2/`
    pub(super) base: Url,
    /// The origin of the API, to which credentials are bound.
    pub(super) origin: Origin,
}

impl Registry {
    /// Computes how the registry is reached: over plain http if `plain_http` says so for every registry,
    /// and for loopback hosts that no TLS setting names.
    pub(super) fn new(name: RegistryName, plain_http: bool, tls: &TlsSettings) -> Self {
        let is_loopback = is_loopback_host(name.host());
        let plain_http = plain_http || (is_loopback && !tls.applies_to(&name.to_string()));
        let scheme = if plain_http { "http" } else { "https" };
        let base = Url::parse(&format!("{scheme}://{}/v2/", name.api_authority()));
        let origin = base.as_ref().ok().and_then(Origin::of);
        // `RegistryName` parsed the host as the host of a URL.
        let (Ok(base), Some(origin)) = (base, origin) else {
            unreachable!("the name of a registry is the authority of a URL")
        };
        Self { name, plain_http, base, origin }
    }

    /// Returns the URL of `path` below the base URL. `path` consists of names that parsed, and so needs
    /// no escaping.
    pub(super) fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("/v2/{path}"));
        url
    }
}
