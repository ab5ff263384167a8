//! The addresses and ports of this machine at which a server is published.

use std::net::IpAddr;
use std::str::FromStr;

use super::declared::InvalidValue;

/// The field `host`: an IP address, or none for all addresses of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostAddress(pub Option<IpAddr>);

impl FromStr for HostAddress {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let address = (!text.is_empty()).then(|| text.parse()).transpose();
        address.map(Self).map_err(|_| InvalidValue::HostAddress(text.to_owned()))
    }
}

/// A port of the container that this machine publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishedPort {
    /// The address on this machine; all addresses if it is missing.
    pub address: Option<IpAddr>,
    /// The port on this machine; the engine chooses one if it is missing.
    pub host: Option<u16>,
    /// The port in the container.
    pub container: u16,
}

/// Parses an entry of `publish`: `host:container`, or `container`.
impl FromStr for PublishedPort {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let port = |port: &str| {
            let port = port.parse::<u16>().ok().filter(|port| *port > 0);
            port.ok_or_else(|| InvalidValue::Port { field: "publish", text: text.to_owned() })
        };
        let (host, container) = match text.split_once(':') {
            Some((host, container)) => (Some(port(host)?), port(container)?),
            None => (None, port(text)?),
        };
        Ok(Self { address: None, host, container })
    }
}
