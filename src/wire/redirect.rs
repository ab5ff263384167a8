//! Follows redirects, one recorded hop at a time.

use url::Url;

use super::error::{HttpError, HttpErrorKind, RefusedRedirect};
use super::origin::Origin;
use super::request::{Destination, Method, Request};
use super::response::Response;
use super::transport::Transport;

/// The most redirects that are followed for one request.
pub const MAX_REDIRECTS: usize = 10;

impl Transport {
    /// Sends `request` and follows redirects: any for GET and HEAD, 307 and 308 for the others,
    /// which repeat the request as it is. A 303, and 301 and 302 as browsers treat them, would turn
    /// an upload into a GET and are refused for it.
    ///
    /// The credential stays with its origin, as [`super::Authorization`] says.
    ///
    /// # Errors
    /// Those of [`Transport::send`], [`HttpErrorKind::TooManyRedirects`] and [`HttpErrorKind::Redirect`].
    pub async fn follow(&self, mut request: Request) -> Result<Response, HttpError> {
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send(request.clone()).await?;
            if !matches!(response.status(), 301 | 302 | 303 | 307 | 308) {
                return Ok(response);
            }
            let location = response.headers().get("location");
            let next = next_url(request.method, &request.url, response.status(), location)
                .map_err(|error| failed(&request.url, HttpErrorKind::Redirect(error)))?;
            if Origin::of(&next) != Origin::of(&request.url) {
                request.destination = Destination::Redirected;
            }
            request.url = next;
            response.discard().await?;
        }
        Err(failed(&request.url, HttpErrorKind::TooManyRedirects))
    }
}

/// Where a redirect with this status and `Location` leads, if it may be followed.
fn next_url(
    method: Method,
    url: &Url,
    status: u16,
    location: Option<&str>,
) -> Result<Url, RefusedRedirect> {
    let repeats = matches!(status, 307 | 308);
    if !repeats && !matches!(method, Method::Get | Method::Head) {
        return Err(RefusedRedirect::Method);
    }
    let location = location.ok_or(RefusedRedirect::Location)?;
    let next = url.join(location).map_err(|_| RefusedRedirect::Location)?;
    let origin = Origin::of_request(&next).ok_or(RefusedRedirect::Location)?;
    let downgrade = url.scheme() == "https" && !origin.is_secure();
    if downgrade { Err(RefusedRedirect::Downgrade) } else { Ok(next) }
}

fn failed(url: &Url, kind: HttpErrorKind) -> HttpError {
    HttpError::new(Origin::of(url), kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_repeats_the_request_safely_is_followed() {
        use RefusedRedirect::{Downgrade, Location, Method as Changed};
        for (method, from, status, location, expected) in [
            (Method::Get, "https://a.example/x", 302, Some("/y?z"), Ok("https://a.example/y?z")),
            (
                Method::Get,
                "https://a.example/x",
                307,
                Some("//b.example/"),
                Ok("https://b.example/"),
            ),
            (
                Method::Get,
                "http://a.example/x",
                301,
                Some("https://a.example/"),
                Ok("https://a.example/"),
            ),
            (Method::Head, "https://a.example/x", 303, Some("y"), Ok("https://a.example/y")),
            (Method::Put, "https://a.example/x", 308, Some("y"), Ok("https://a.example/y")),
            (Method::Put, "https://a.example/x", 301, Some("y"), Err(Changed)),
            (Method::Post, "https://a.example/x", 303, Some("y"), Err(Changed)),
            (Method::Get, "https://a.example/x", 307, Some("http://a.example/x"), Err(Downgrade)),
            (Method::Get, "https://a.example/x", 307, None, Err(Location)),
            (Method::Get, "https://a.example/x", 307, Some("javascript:x"), Err(Location)),
            (
                Method::Get,
                "https://a.example/x",
                307,
                Some("https://me:pw@b.example/"),
                Err(Location),
            ),
        ] {
            let found = next_url(method, &Url::parse(from).unwrap(), status, location);
            assert_eq!(
                found.map(String::from),
                expected.map(str::to_owned),
                "{status} {location:?}"
            );
        }
    }
}
