//! Requests that a web page of another site makes a browser send to a server on this machine.
//!
//! A page may send requests to any address. It may read the responses, too, if its own host name leads
//! to that address (DNS rebinding). No program but a browser sends such requests.

use std::fmt;
use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::header::{HOST, ORIGIN};

use super::origin::is_loopback_host;
use crate::printable::excerpt;

/// Why a request is refused as one of another site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ForeignRequest {
    /// It is for this host, which is none of the server's.
    Host(String),
    /// A page of this origin sent it.
    Origin(String),
    /// The browser says that a page of another origin sent it.
    Site(String),
}

impl fmt::Display for ForeignRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &str| excerpt(text, 100);
        match self {
            Self::Host(host) => write!(
                f,
                "the request is for the host {:?}; this server answers for IP addresses, localhost \
                 and the host names that it was given",
                shown(host)
            ),
            Self::Origin(origin) => {
                write!(f, "the request comes from a web page of {:?}", shown(origin))
            }
            Self::Site(site) => {
                write!(f, "the request comes from a web page of another site ({})", shown(site))
            }
        }
    }
}

/// Returns an error if a request with these header fields may come from another site's page. `names`
/// are the host names of this server, beside `localhost` and IP addresses.
pub(super) fn check(headers: &HeaderMap, names: &[String]) -> Result<(), ForeignRequest> {
    let host = values(headers, HOST.as_str()).next().unwrap_or_default();
    let is_own_host = |value: &String| {
        let name = without_port(value);
        is_loopback_host(name)
            || address(name).is_some()
            || names.iter().any(|own| own.eq_ignore_ascii_case(name))
    };
    if let Some(other) = values(headers, HOST.as_str()).find(|host| !is_own_host(host)) {
        return Err(ForeignRequest::Host(other));
    }
    if host.is_empty() {
        return Err(ForeignRequest::Host(host));
    }
    // A page of this server itself has this server's host. A proxy in front of it may speak https.
    let is_own_page = |origin: &String| {
        let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        authority.is_some_and(|authority| authority.eq_ignore_ascii_case(&host))
    };
    if let Some(other) = values(headers, ORIGIN.as_str()).find(|origin| !is_own_page(origin)) {
        return Err(ForeignRequest::Origin(other));
    }
    // `none` means that the user typed the address.
    let is_own_site = |site: &String| matches!(site.as_str(), "same-origin" | "none");
    match values(headers, "sec-fetch-site").find(|site| !is_own_site(site)) {
        Some(other) => Err(ForeignRequest::Site(other)),
        None => Ok(()),
    }
}

fn values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let text =
        |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.get_all(name).iter().map(text)
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

fn address(host: &str) -> Option<IpAddr> {
    let in_brackets = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    in_brackets.unwrap_or(host).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(fields: &[(&'static str, &str)]) -> Result<(), ForeignRequest> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().unwrap());
        }
        check(&headers, &["registry.lan".to_owned()])
    }

    #[test]
    fn host_is_an_address_localhost_or_a_name_of_the_server() {
        for host in [
            "localhost",
            "LocalHost:5055",
            "127.0.0.1:5055",
            "192.168.1.7",
            "[::1]:5055",
            "[fe80::1]",
            "registry.lan:5055",
            "Registry.LAN",
        ] {
            assert_eq!(checked(&[("host", host)]), Ok(()), "{host}");
        }
        for host in [
            "",
            ":5055",
            "evil.example",
            "evil.example:5055",
            "localhost.evil.example",
            "127.0.0.1.evil.example:5055",
            "registry.lan.evil.example",
            "evil.example:127.0.0.1",
        ] {
            assert_eq!(checked(&[("host", host)]), Err(ForeignRequest::Host(host.to_owned())));
        }
        assert_eq!(checked(&[]), Err(ForeignRequest::Host(String::new())));
        let two = checked(&[("host", "localhost"), ("host", "evil.example")]);
        assert_eq!(two, Err(ForeignRequest::Host("evil.example".to_owned())));
    }

    #[test]
    fn page_must_be_the_servers_own() {
        let from =
            |name: &'static str, value: &str| checked(&[("host", "localhost:5055"), (name, value)]);
        for origin in ["http://localhost:5055", "https://LOCALHOST:5055"] {
            assert_eq!(from("origin", origin), Ok(()), "{origin}");
        }
        for origin in [
            "null",
            "",
            "https://evil.example",
            "http://localhost",
            "http://localhost:3000",
            "http://127.0.0.1:5055",
            "http://localhost:5055.evil.example",
            "chrome-extension://localhost:5055",
        ] {
            assert_eq!(from("origin", origin), Err(ForeignRequest::Origin(origin.to_owned())));
        }
        for site in ["same-origin", "none"] {
            assert_eq!(from("sec-fetch-site", site), Ok(()), "{site}");
        }
        for site in ["cross-site", "same-site", "something-new", ""] {
            assert_eq!(from("sec-fetch-site", site), Err(ForeignRequest::Site(site.to_owned())));
        }
    }
}
