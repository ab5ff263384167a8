//! Follows redirects, one recorded hop at a time.

use url::Url;

use super::error::{Error, ErrorKind, RefusedRedirect};
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
    /// Those of [`Transport::send`], [`ErrorKind::TooManyRedirects`] and [`ErrorKind::Redirect`].
    pub async fn follow(&self, mut request: Request) -> Result<Response, Error> {
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send(request.clone()).await?;
            if !matches!(response.status(), 301 | 302 | 303 | 307 | 308) {
                return Ok(response);
            }
            let next = next_url(&request, &response)
                .map_err(|why| error(&request.url, ErrorKind::Redirect(why)))?;
            if Origin::of(&next) != Origin::of(&request.url) {
                request.destination = Destination::Redirected;
            }
            request.url = next;
            response.discard().await?;
        }
        Err(error(&request.url, ErrorKind::TooManyRedirects))
    }
}

fn next_url(request: &Request, response: &Response) -> Result<Url, RefusedRedirect> {
    let repeats = matches!(response.status(), 307 | 308);
    if !repeats && !matches!(request.method, Method::Get | Method::Head) {
        return Err(RefusedRedirect::Method);
    }
    let location = response.headers().get("location").ok_or(RefusedRedirect::Location)?;
    let next = request.url.join(location).map_err(|_| RefusedRedirect::Location)?;
    let origin = Origin::of(&next).ok_or(RefusedRedirect::Location)?;
    let downgrade = request.url.scheme() == "https" && !origin.is_secure();
    if downgrade { Err(RefusedRedirect::Downgrade) } else { Ok(next) }
}

fn error(url: &Url, kind: ErrorKind) -> Error {
    Error::new(Origin::of(url), kind)
}
