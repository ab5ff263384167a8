//! The proxies of the environment, and the credentials for them.
//!
//! The HTTP library reads `HTTP_PROXY` and its like itself. It would send the credential of such a
//! variable without a record; for plain http the transport sends it instead. For https, the library
//! first asks the proxy for a tunnel with CONNECT. That is no exchange with the registry, and no
//! transcript holds it.

use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

pub(super) struct Proxies(Matcher);

impl Proxies {
    pub(super) fn from_environment() -> Self {
        Self(Matcher::from_system())
    }

    pub(super) fn applies_to(&self, url: &Url) -> bool {
        url.as_str().parse().is_ok_and(|uri: Uri| self.0.intercept(&uri).is_some())
    }

    /// Returns the value of `proxy-authorization` for a plain http request to `url`, if the environment
    /// has a credential for its proxy.
    pub(super) fn authorization(&self, url: &Url) -> Option<String> {
        let uri: Uri = url.as_str().parse().ok()?;
        let proxy = self.0.intercept(&uri)?;
        let scheme = proxy.uri().scheme_str();
        let value = proxy.basic_auth().filter(|_| matches!(scheme, Some("http" | "https")))?;
        value.to_str().map(str::to_owned).ok()
    }
}

/// Returns the proxy that the environment has for `origin`, as a URL without the credential. Loopback
/// is never reached through a proxy.
pub(crate) fn proxy_of(origin: &super::origin::Origin) -> Option<String> {
    if origin.is_loopback() {
        return None;
    }
    let proxy = Matcher::from_system().intercept(&origin.to_string().parse().ok()?)?;
    let (scheme, host) = (proxy.uri().scheme_str()?, proxy.uri().host()?);
    let port = proxy.uri().port_u16().map_or(String::new(), |port| format!(":{port}"));
    Some(format!("{scheme}://{host}{port}"))
}
