//! Web origins. A credential is bound to one.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

/// The longest URL that is requested, in bytes. A registry can make up longer ones; most servers take
/// half of it at most.
const URL_LIMIT: usize = 16 * 1024;

/// A web origin: scheme, host and port. A credential for one origin is never sent to another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Origin {
    secure: bool,
    host: String,
    port: u16,
}

impl Origin {
    /// Returns the origin of an `http` or `https` URL, and `None` for any other scheme.
    pub(crate) fn of(url: &Url) -> Option<Self> {
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        Some(Self { secure, host: url.host_str()?.to_owned(), port: url.port_or_known_default()? })
    }

    /// Returns the origin of a URL that may be requested. A URL that is longer than 16 KiB may not be,
    /// nor one with a user name: the HTTP library would turn that into a credential.
    pub(crate) fn of_request(url: &Url) -> Option<Self> {
        let has_user = !url.username().is_empty() || url.password().is_some();
        Self::of(url).filter(|_| !has_user && url.as_str().len() <= URL_LIMIT)
    }

    pub(crate) const fn is_secure(&self) -> bool {
        self.secure
    }

    /// Returns the value of the `host` header for this origin.
    pub(crate) fn authority(&self) -> String {
        let default = if self.secure { 443 } else { 80 };
        if self.port == default {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Returns true if the host is `localhost`, in 127.0.0.0/8, or `::1`.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback_host(&self.host)
    }
}

/// Returns true if `host` is `localhost`, an address in 127.0.0.0/8, or `::1`, with or without brackets.
pub(crate) fn is_loopback_host(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        Ok(Host::Ipv4(ip)) => ip.is_loopback(),
        Ok(Host::Ipv6(ip)) => ip.is_loopback(),
        Err(_) => host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()),
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(url: &str) -> Origin {
        Origin::of(&Url::parse(url).unwrap()).unwrap()
    }

    #[test]
    fn origins_differ_by_scheme_host_and_port() {
        assert_eq!(origin("https://a.example/x"), origin("https://A.example:443/y?z"));
        assert_ne!(origin("https://a.example"), origin("http://a.example"));
        assert_ne!(origin("https://a.example"), origin("https://a.example:8443"));
        assert_ne!(origin("https://a.example"), origin("https://b.example"));
        assert_eq!(Origin::of(&Url::parse("file:///etc/passwd").unwrap()), None);
    }

    #[test]
    fn overlong_url_or_url_with_a_user_name_is_not_requested() {
        let is_requested = |url: &str| Origin::of_request(&Url::parse(url).unwrap()).is_some();
        let start = "https://a.example/";
        let longest = format!("{start}{}", "x".repeat(URL_LIMIT - start.len()));
        assert!(is_requested(&longest));
        assert!(!is_requested(&format!("{longest}x")));
        assert!(
            !is_requested("https://me@a.example/") && !is_requested("https://:FAKE-pw@a.example/")
        );
    }

    #[test]
    fn authority_omits_the_default_port() {
        assert_eq!(origin("https://a.example:443/").authority(), "a.example");
        assert_eq!(origin("http://[::1]:5000/").authority(), "[::1]:5000");
        assert_eq!(origin("http://a.example:443").to_string(), "http://a.example:443");
    }

    #[test]
    fn only_localhost_and_loopback_addresses_are_loopback() {
        for host in ["localhost", "127.0.0.1", "127.8.9.10", "[::1]", "::1"] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in ["localhost.example", "10.0.0.1", "[::2]", "0.0.0.0", "a.localhost", ""] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }
}
