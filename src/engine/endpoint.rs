//! The addresses and ports of an HTTP server, on this machine and in its container.

use std::net::{IpAddr, Ipv4Addr};

use super::error::PlanError;
use crate::runconfig::{
    EffectivePermissions, InvalidValue, McpTransport, PublishedPort, RunConfig,
};

/// An HTTP server's address and port on this machine, and its port in the container.
pub(super) struct Endpoint {
    address: Option<IpAddr>,
    pub(super) port: u16,
    pub(super) target: u16,
    /// False in the host's network, where clients connect to the server's own port.
    is_published: bool,
}

impl Endpoint {
    /// Returns the endpoint of a server; none for `stdio`. `port` replaces the configuration's.
    pub(super) fn of(
        config: &RunConfig,
        permissions: &EffectivePermissions<'_>,
        transport: McpTransport,
        port: Option<u16>,
    ) -> Result<Option<Self>, PlanError> {
        if transport == McpTransport::Stdio {
            return Ok(None);
        }
        let address = config.host.get()?.0;
        let target = port_number("target_port", config.target_port)?;
        let is_published = permissions.publishes_server;
        let port = match port {
            _ if !is_published => target,
            Some(port) => port,
            None => port_number("port", config.port)?,
        };
        Ok(Some(Self { address, port, target, is_published }))
    }

    pub(super) fn published(&self) -> Option<PublishedPort> {
        let Self { address, port, target, is_published } = *self;
        is_published.then_some(PublishedPort { address, host: Some(port), container: target })
    }

    pub(super) fn url(&self, transport: McpTransport) -> String {
        let path = transport.path().unwrap_or_default();
        format!("http://{}:{}{path}", url_host(self.address), self.port)
    }
}

/// Returns the host of a URL for a server that is published at `address`, or at all addresses.
pub(super) fn url_host(address: Option<IpAddr>) -> String {
    match address {
        Some(IpAddr::V6(address)) if address.is_unspecified() => "[::1]".to_owned(),
        Some(IpAddr::V6(address)) => format!("[{address}]"),
        Some(IpAddr::V4(address)) if !address.is_unspecified() => address.to_string(),
        _ => Ipv4Addr::LOCALHOST.to_string(),
    }
}

fn port_number(field: &'static str, number: i64) -> Result<u16, PlanError> {
    let port = u16::try_from(number).ok().filter(|port| *port > 0);
    port.ok_or_else(|| PlanError::Value(InvalidValue::Port { field, text: number.to_string() }))
}
