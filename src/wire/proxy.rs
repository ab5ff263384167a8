//! The environment's proxies, and what they are told of who asks.
//!
//! The HTTP library reads `HTTP_PROXY` and its like. The credential that stands in there would be sent
//! unrecorded; it is sent from here instead. For https a proxy is asked to open a tunnel first, by a
//! CONNECT that is no exchange with the registry and stands in no transcript.

use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use super::origin::Origin;

/// The proxies of the environment.
pub(super) struct Proxies(Matcher);

impl Proxies {
    pub(super) fn from_environment() -> Self {
        Self(Matcher::from_system())
    }

    /// The value of `proxy-authorization` for a plain http request to `url`, where its proxy wants one.
    pub(super) fn authorization(&self, url: &Url) -> Option<String> {
        let uri: Uri = url.as_str().parse().ok()?;
        let proxy = self.0.intercept(&uri)?;
        let spoken = proxy.uri().scheme_str().is_some_and(|s| matches!(s, "http" | "https"));
        let value = proxy.basic_auth().filter(|_| spoken)?;
        value.to_str().map(str::to_owned).ok()
    }
}

/// The proxy that the environment has for `origin`, as a URL without the credential. Loopback is never
/// reached through one.
#[must_use]
pub fn proxy_of(origin: &Origin) -> Option<String> {
    if origin.is_loopback() {
        return None;
    }
    let proxy = Matcher::from_system().intercept(&origin.to_string().parse().ok()?)?;
    let (scheme, host) = (proxy.uri().scheme_str()?, proxy.uri().host()?);
    let port = proxy.uri().port_u16().map_or(String::new(), |port| format!(":{port}"));
    Some(format!("{scheme}://{host}{port}"))
}
