//! The HTTP library's clients. Each keeps its connections open for later requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::redirect::Policy;

use super::error::{Source, cause};
use super::origin::Origin;
use super::record::handshake::Handshakes;
use super::request::Request;
use super::resolve::SystemResolver;
use super::settings::{Settings, TlsSettings, unused_tls};
use super::target::Destination;

/// One client for each [`ConnectionKey`], made when it is first needed: reading the system's
/// certificates takes time.
pub(super) struct ClientPool {
    connect_timeout: Duration,
    tls: TlsSettings,
    /// Notes the TLS versions, if exchanges are recorded.
    handshakes: Option<Arc<Handshakes>>,
    clients: Mutex<HashMap<ConnectionKey, reqwest::Client>>,
}

/// The properties of a request's connection. Requests with equal keys may share connections.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ConnectionKey {
    uses_tls: bool,
    /// True for loopback, which is never reached through a proxy.
    is_direct: bool,
    /// Host names with an internal address are refused.
    is_public_only: bool,
    /// The registry, `HOST[:PORT]`, whose certificates of `certs.d` are used and that the client
    /// certificate is shown to.
    registry: Option<String>,
}

impl ConnectionKey {
    pub(super) fn new(request: &Request, origin: &Origin, through_proxy: bool) -> Self {
        let uses_tls = origin.is_secure();
        let is_registry = request.target.destination == Destination::Registry;
        Self {
            uses_tls,
            is_direct: origin.is_loopback(),
            // With a proxy, only the proxy's own name is resolved here, and that may be internal.
            is_public_only: request.target.public_only && !through_proxy,
            registry: (uses_tls && is_registry).then(|| origin.authority()),
        }
    }
}

impl ClientPool {
    pub(super) fn new(settings: &Settings, handshakes: Option<Arc<Handshakes>>) -> Self {
        Self {
            connect_timeout: settings.connect_timeout,
            tls: settings.tls.clone(),
            handshakes,
            clients: Mutex::default(),
        }
    }

    pub(super) fn client(&self, key: ConnectionKey) -> Result<reqwest::Client, Source> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let client = self.build(&key)?;
        clients.insert(key, client.clone());
        Ok(client)
    }

    fn build(&self, key: &ConnectionKey) -> Result<reqwest::Client, Source> {
        let tls = if key.uses_tls {
            self.tls.config(key.registry.as_deref(), self.handshakes.clone())?
        } else {
            unused_tls()?
        };
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .tls_info(key.uses_tls && self.handshakes.is_some())
            .dns_resolver(SystemResolver { public_only: key.is_public_only })
            .redirect(Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(self.connect_timeout);
        if key.is_direct {
            builder = builder.no_proxy();
        }
        builder.build().map_err(|error| cause(&error))
    }
}
