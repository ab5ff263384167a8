//! Where a request goes, and what the server that named this place may ask for.

use std::net::SocketAddr;

use url::{Host, Url};

use super::origin::Origin;
use super::resolve::is_internal;

/// The URL of a request, and who named it.
///
/// A registry names the places of uploads, redirects and pages. Once another origin than the registry's
/// has named one, all that follows is [`Destination::Foreign`], also where it is at the registry again:
/// otherwise that origin could choose what is done there with the user's credential.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) url: Url,
    pub(crate) destination: Destination,
    /// The address must not be internal.
    pub(crate) public_only: bool,
}

/// The kind of place that a request goes to. It decides which certificates are used, and whether a
/// credential may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    Any,
    /// It is the registry, at a URL of ours or of the registry's: the certificates of its directory in
    /// `certs.d` are used, and it is shown the client certificate.
    Registry,
    /// Another origin, or a place that another origin named. It gets no credential.
    Foreign,
}

impl Target {
    /// Returns a target of the registry that no other origin named.
    pub(crate) const fn registry(url: Url) -> Self {
        Self { url, destination: Destination::Registry, public_only: false }
    }

    /// Returns a target that another origin than the registry's named.
    pub(crate) const fn foreign(url: Url, public_only: bool) -> Self {
        Self { url, destination: Destination::Foreign, public_only }
    }

    pub(crate) fn is_foreign(&self) -> bool {
        self.destination == Destination::Foreign
    }

    /// Returns the target of `location`, absolute or relative, which the server at this target named.
    /// `None` if it is not a URL that may be requested.
    ///
    /// `peer` is the address at which the server answered. A public server may lead to no internal
    /// address.
    pub(super) fn named(&self, location: &str, peer: Option<SocketAddr>) -> Option<Self> {
        let url = self.url.join(location).ok()?;
        let origin = Origin::of_request(&url)?;
        if Origin::of(&self.url) == Some(origin) {
            return Some(Self { url, ..self.clone() });
        }
        let public_only = self.public_only || !is_internal_server(&self.url, peer);
        Some(Self::foreign(url, public_only))
    }

    /// Returns true if the URL itself shows that it must not be requested. Names are checked when they
    /// are resolved.
    pub(super) fn is_refused(&self) -> bool {
        self.public_only && has_internal_host(&self.url)
    }
}

/// Returns true if the server at `url` is known to have an internal address: by its URL, or by `peer`,
/// the address at which it answered.
///
/// `peer` is `None` for a server that is reached through a proxy. Such a server counts as public
/// unless its URL says otherwise: the proxy's own address, which is often internal, says nothing about it.
pub(super) fn is_internal_server(url: &Url, peer: Option<SocketAddr>) -> bool {
    has_internal_host(url) || peer.is_some_and(|peer| is_internal(peer.ip()))
}

/// Returns true if the host is an internal address, or `localhost` or a name below it.
pub(crate) fn has_internal_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => is_internal(ip.into()),
        Some(Host::Ipv6(ip)) => is_internal(ip.into()),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        None => true,
    }
}

/// Any host, with an internal address or not.
impl From<Url> for Target {
    fn from(url: Url) -> Self {
        Self { url, destination: Destination::Any, public_only: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    /// Follows `locations` from the registry at `first`, whose servers answer at the `peer` beside each.
    fn chain(first: &str, locations: &[(&str, Option<&str>)]) -> Target {
        let mut target = Target::registry(url(first));
        for (location, peer) in locations {
            let peer = peer.map(|peer| peer.parse().unwrap());
            target = target.named(location, peer).unwrap();
        }
        target
    }

    #[test]
    fn place_that_another_origin_named_stays_foreign() {
        let registry = "https://r.example/v2/";
        for (locations, foreign) in [
            (&["/a"][..], false),
            (&["https://R.example:443/a", "b"], false),
            (&["https://s.example/a"], true),
            (&["https://r.example:8443/"], true),
            (&["https://s.example/a", "b"], true),
            (&["https://s.example/a", "https://r.example/b"], true),
            (&["https://s.example/a", "https://r.example/b", "/c"], true),
        ] {
            let locations: Vec<_> = locations.iter().map(|location| (*location, None)).collect();
            assert_eq!(chain(registry, &locations).is_foreign(), foreign, "{locations:?}");
        }
    }

    #[test]
    fn public_server_leads_to_no_internal_address() {
        let internal = "https://10.0.0.9/x";
        for (first, locations, refused) in [
            ("https://r.example/v2/", &[(internal, None)][..], true),
            ("https://r.example/v2/", &[(internal, Some("8.8.8.8:443"))], true),
            ("https://r.example/v2/", &[(internal, Some("10.0.0.1:443"))], false),
            ("https://10.0.0.1/v2/", &[(internal, None)], false),
            ("http://localhost:5000/v2/", &[("http://127.0.0.1:1/", None)], false),
            // A public server in between counts, and what it led to stays public.
            ("https://10.0.0.1/v2/", &[("https://s.example/", None), (internal, None)], true),
            (
                "https://r.example/v2/",
                &[("https://s.example/", None), (internal, Some("10.0.0.2:443"))],
                true,
            ),
            ("https://r.example/v2/", &[("https://s.example/", None), ("/y", None)], false),
            ("https://r.example/v2/", &[("https://localhost/", None)], true),
            ("https://r.example/v2/", &[("https://a.localhost./", None)], true),
            ("https://r.example/v2/", &[("https://0x7f.1/", None)], true),
            ("https://r.example/v2/", &[("https://[fec0::1]/", None)], true),
        ] {
            assert_eq!(chain(first, locations).is_refused(), refused, "{first} {locations:?}");
        }
        let behind = chain("https://r.example/v2/", &[("https://s.example/", None)]);
        assert!(behind.public_only && !behind.is_refused());
    }

    #[test]
    fn server_behind_a_proxy_is_internal_only_by_its_url() {
        let internal = |server: &str, peer: Option<&str>| {
            is_internal_server(&url(server), peer.map(|peer| peer.parse().unwrap()))
        };
        assert!(!internal("https://r.example/v2/", None));
        assert!(!internal("https://r.example/v2/", Some("8.8.8.8:443")));
        assert!(internal("https://r.example/v2/", Some("10.0.0.1:443")));
        for url in ["https://10.0.0.1/v2/", "http://localhost:5000/v2/", "https://[fd00::1]/v2/"] {
            assert!(internal(url, None), "{url}");
        }
    }
}
