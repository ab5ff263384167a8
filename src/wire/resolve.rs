//! Resolves host names, and tells internal addresses: a registry must not be able to direct requests to
//! them.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

#[derive(Debug)]
pub(super) struct SystemResolver {
    /// Refuse a name that has an internal address.
    pub(super) public_only: bool,
}

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let public_only = self.public_only;
        Box::pin(async move {
            // The port is a placeholder: the HTTP library sets its own.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let addresses: Vec<_> =
                found.map_err(|error| ResolveError::Unknown(Some(error)))?.collect();
            if addresses.is_empty() {
                return Err(ResolveError::Unknown(None).into());
            }
            if public_only && addresses.iter().any(|address| is_internal(address.ip())) {
                return Err(ResolveError::Internal.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[derive(Debug)]
pub(super) enum ResolveError {
    Unknown(Option<io::Error>),
    Internal,
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown(_) => "the host name could not be resolved",
            Self::Internal => "the host name has an internal address",
        })
    }
}

impl std::error::Error for ResolveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unknown(error) => error.as_ref().map(|error| error as _),
            Self::Internal => None,
        }
    }
}

/// Returns true if an address belongs to this machine or to a private network: loopback, private,
/// link-local, shared (RFC 6598), unspecified or broadcast, or one of these inside an IPv6 address.
pub(crate) fn is_internal(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_internal_v4(ip),
        IpAddr::V6(ip) => is_internal_v6(ip),
    }
}

fn is_internal_v4(ip: Ipv4Addr) -> bool {
    let [a, b, ..] = ip.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || a == 0
        || is_shared
        || ip.is_broadcast()
}

fn is_internal_v6(ip: Ipv6Addr) -> bool {
    if let Some(ip) = ip.to_ipv4() {
        return is_internal_v4(ip);
    }
    let [first, second, third, ..] = ip.segments();
    // NAT64 (RFC 6052) and 6to4 (RFC 3056) carry an IPv4 address.
    let inner = match (first, second) {
        (0x64, 0xff9b) => Some([ip.segments()[6], ip.segments()[7]]),
        (0x2002, _) => Some([second, third]),
        _ => None,
    };
    if let Some([high, low]) = inner {
        return is_internal_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    }
    ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Advisory 4.
    #[tokio::test]
    async fn name_with_an_internal_address_is_refused_for_a_public_only_request() {
        let resolve =
            |public_only| SystemResolver { public_only }.resolve("localhost".parse().unwrap());
        assert!(resolve(false).await.unwrap().count() > 0);
        let error = resolve(true).await.err().unwrap();
        let error = error.downcast_ref::<ResolveError>();
        assert!(matches!(error, Some(ResolveError::Internal)), "{error:?}");
    }

    #[test]
    fn addresses_of_this_machine_and_of_private_networks_are_internal() {
        for (address, expected) in [
            ("127.8.9.10", true),
            ("10.1.2.3", true),
            ("172.31.255.255", true),
            ("172.32.0.0", false),
            ("192.168.0.1", true),
            ("169.254.169.254", true),
            ("100.64.0.1", true),
            ("100.128.0.1", false),
            ("0.1.2.3", true),
            ("255.255.255.255", true),
            ("8.8.8.8", false),
            ("::", true),
            ("::1", true),
            ("::ffff:192.168.0.1", true),
            ("::ffff:8.8.8.8", false),
            ("fe80::1", true),
            ("fd12::1", true),
            ("64:ff9b::7f00:1", true),
            ("64:ff9b::808:808", false),
            ("2002:7f00:1::", true),
            ("2001:4860:4860::8888", false),
        ] {
            assert_eq!(is_internal(address.parse().unwrap()), expected, "{address}");
        }
    }
}
