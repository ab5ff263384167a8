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

/// Returns true if an address belongs to this machine or to a private network, or is for some other reason
/// no server's on the internet: the registries of special addresses (RFC 6890) say that it is not globally
/// reachable. An IPv6 address that carries an IPv4 address is what that one is.
pub(crate) fn is_internal(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_internal_v4(ip),
        IpAddr::V6(ip) => is_internal_v6(ip),
    }
}

fn is_internal_v4(ip: Ipv4Addr) -> bool {
    match ip.octets() {
        // This network, and multicast and all that follows it; shared (RFC 6598), the protocols' own, and
        // benchmarks (RFC 2544).
        [0 | 224.., ..] | [100, 64..128, ..] | [192, 0, 0, _] | [198, 18 | 19, ..] => true,
        _ => ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_documentation(),
    }
}

fn is_internal_v6(ip: Ipv6Addr) -> bool {
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match ip.segments() {
        // IPv4-mapped, NAT64 (RFC 6052) and 6to4 (RFC 3056).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_internal_v4(v4(high, low))
        }
        [0x2002, high, low, ..] => is_internal_v4(v4(high, low)),
        // The protocols' own (Teredo among them) and two ranges for documentation.
        [0x2001, 0..0x200 | 0xdb8, ..] | [0x3fff, 0..0x1000, ..] => true,
        // Only 2000::/3 has servers of the internet.
        [first, ..] => !(0x2000..0x4000).contains(&first),
    }
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
            ("192.0.0.8", true),
            ("192.0.1.1", false),
            ("192.0.2.1", true),
            ("198.18.0.1", true),
            ("198.20.0.1", false),
            ("203.0.113.1", true),
            ("224.0.0.1", true),
            ("240.0.0.1", true),
            ("223.255.255.255", false),
            ("8.8.8.8", false),
            ("::", true),
            ("::1", true),
            ("::ffff:192.168.0.1", true),
            ("::ffff:8.8.8.8", false),
            ("fe80::1", true),
            ("fd12::1", true),
            ("fec0::1", true),
            ("feff::1", true),
            ("ff02::1", true),
            ("::127.0.0.1", true),
            ("::ffff:0:127.0.0.1", true),
            ("::ffff:0:8.8.8.8", true),
            ("64:ff9b:1::7f00:1", true),
            ("100::1", true),
            ("2001::7f00:1", true),
            ("2001:db8::1", true),
            ("3fff:fff::1", true),
            ("3fff:1000::1", false),
            ("5f00::1", true),
            ("2606:4700::1111", false),
            ("2002:808:808::", false),
            ("64:ff9b::7f00:1", true),
            ("64:ff9b::808:808", false),
            ("2002:7f00:1::", true),
            ("2001:4860:4860::8888", false),
        ] {
            assert_eq!(is_internal(address.parse().unwrap()), expected, "{address}");
        }
    }
}
