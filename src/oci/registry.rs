//! One registry: its name, the scheme it is reached with, and the base URL of its API.

use std::fmt;

use url::Url;

use super::names::RegistryName;
use crate::wire::{Origin, TlsSettings, is_loopback_host};

/// A registry as a client reaches it. Scheme and base URL are computed once.
pub(super) struct Registry {
    name: RegistryName,
    plain_http: bool,
    /// `{scheme}://{authority}/v2/`
    base: Url,
    origin: Origin,
}

impl Registry {
    pub(super) fn new(name: RegistryName, plain_http: bool, tls: &TlsSettings) -> Self {
        let plain_http = applies_plain_http(&name, plain_http, tls);
        let scheme = if plain_http { "http" } else { "https" };
        let base = Url::parse(&format!("{scheme}://{}/v2/", name.api_authority()));
        let origin = base.as_ref().ok().and_then(Origin::of);
        // `RegistryName` admits only hosts and ports that a URL can hold.
        let (Ok(base), Some(origin)) = (base, origin) else {
            unreachable!("the name of a registry is the authority of a URL")
        };
        Self { name, plain_http, base, origin }
    }

    pub(super) const fn name(&self) -> &RegistryName {
        &self.name
    }

    pub(super) const fn is_plain_http(&self) -> bool {
        self.plain_http
    }

    pub(super) const fn base(&self) -> &Url {
        &self.base
    }

    pub(super) const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Returns the URL of `path` below the base URL. `path` consists of names that parsed, and so needs
    /// no escaping.
    pub(super) fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("/v2/{path}"));
        url
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Registry({})", self.base)
    }
}

/// Returns true if plain http applies to the registry: if the client's setting `plain_http` says so for
/// every registry, and for loopback hosts that no TLS setting names.
pub(super) fn applies_plain_http(name: &RegistryName, plain_http: bool, tls: &TlsSettings) -> bool {
    plain_http || (is_loopback_host(name.host()) && !tls.applies_to(&name.to_string()))
}
