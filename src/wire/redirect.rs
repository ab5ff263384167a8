//! Which redirects may be followed.

use hyper::Method;
use url::Url;

use super::error::RefusedRedirect;
use super::origin::Origin;

pub(super) const MAX_REDIRECTS: usize = 10;

/// Returns the URL to which a redirect of `url` with this status and `Location` leads, or the reason
/// why the redirect must not be followed.
pub(super) fn next_url(
    method: &Method,
    url: &Url,
    status: u16,
    location: Option<&str>,
) -> Result<Url, RefusedRedirect> {
    let repeats = matches!(status, 307 | 308);
    if !repeats && !method.is_safe() {
        return Err(RefusedRedirect::Method);
    }
    let location = location.ok_or(RefusedRedirect::Location)?;
    let next = url.join(location).map_err(|_| RefusedRedirect::Location)?;
    let origin = Origin::of_request(&next).ok_or(RefusedRedirect::Location)?;
    let downgrade = url.scheme() == "https" && !origin.is_secure();
    if downgrade { Err(RefusedRedirect::Downgrade) } else { Ok(next) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_redirects_that_repeat_the_request_safely_are_followed() {
        use RefusedRedirect::{Downgrade, Location, Method as Changed};
        for (method, from, status, location, expected) in [
            (Method::GET, "https://a.example/x", 302, Some("/y?z"), Ok("https://a.example/y?z")),
            (
                Method::GET,
                "https://a.example/x",
                307,
                Some("//b.example/"),
                Ok("https://b.example/"),
            ),
            (
                Method::GET,
                "http://a.example/x",
                301,
                Some("https://a.example/"),
                Ok("https://a.example/"),
            ),
            (Method::HEAD, "https://a.example/x", 303, Some("y"), Ok("https://a.example/y")),
            (Method::PUT, "https://a.example/x", 308, Some("y"), Ok("https://a.example/y")),
            (Method::PUT, "https://a.example/x", 301, Some("y"), Err(Changed)),
            (Method::POST, "https://a.example/x", 303, Some("y"), Err(Changed)),
            (Method::GET, "https://a.example/x", 307, Some("http://a.example/x"), Err(Downgrade)),
            (Method::GET, "https://a.example/x", 307, None, Err(Location)),
            (Method::GET, "https://a.example/x", 307, Some("javascript:x"), Err(Location)),
            (
                Method::GET,
                "https://a.example/x",
                307,
                Some("https://me:pw@b.example/"),
                Err(Location),
            ),
        ] {
            let found = next_url(&method, &Url::parse(from).unwrap(), status, location);
            assert_eq!(
                found.map(String::from),
                expected.map(str::to_owned),
                "{status} {location:?}"
            );
        }
    }
}
