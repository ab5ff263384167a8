//! Fetching a token (distribution token specification, and its `OAuth2` form).

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::Serializer;

use super::credentials::secret::{Credential, Secret};
use super::error::AuthenticationError;
use super::scope::Scope;
use crate::oci::error::{ErrorKind, Result};
use crate::oci::error_response::{BODY_LIMIT, ErrorResponse};
use crate::timestamp::Timestamp;
use crate::wire::{Method, Origin, Request, Response, Transport};

/// The lifetime of a token whose server does not state one, in seconds.
const DEFAULT_LIFETIME: u64 = 60;
/// The longest lifetime that is believed, in seconds: one day.
const LONGEST_LIFETIME: u64 = 24 * 60 * 60;
const CLIENT_ID: &str = "thv";
const FORM: &str = "application/x-www-form-urlencoded";

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) secret: Secret,
    /// The scopes that were asked for.
    pub(super) scopes: Vec<Scope>,
    /// When the token is renewed, a while before it expires.
    renew_at: Instant,
}

impl Token {
    pub(super) fn is_usable(&self) -> bool {
        self.renew_at > Instant::now()
    }
}

pub(super) struct TokenRequest<'a> {
    /// The token server's URL, checked.
    pub(super) realm: Url,
    pub(super) service: Option<&'a str>,
    pub(super) scopes: Vec<Scope>,
    /// Whether the server must not have an internal address.
    pub(super) public_only: bool,
    pub(super) purpose: &'static str,
}

#[derive(Deserialize)]
struct TokenResponse {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<f64>,
    issued_at: Option<String>,
}

impl TokenRequest<'_> {
    /// Fetches a token: with a password by GET, and by POST if the server takes no GET (405); with an
    /// identity token by POST; without a credential by GET. A registry token is used as it is.
    pub(super) async fn send(
        self,
        transport: &Transport,
        credential: Option<&Credential>,
    ) -> Result<Token> {
        let post = |grant: &[(&str, &str)]| transport.send(self.post(grant));
        let response = match credential {
            Some(Credential::RegistryToken(secret)) => {
                let renew_at = Instant::now() + Duration::from_secs(LONGEST_LIFETIME);
                return Ok(Token { secret: secret.clone(), scopes: self.scopes, renew_at });
            }
            Some(Credential::IdentityToken(secret)) => {
                post(&[("grant_type", "refresh_token"), ("refresh_token", secret.expose())]).await?
            }
            Some(Credential::Password { username, password }) => {
                let response = transport.send(self.get(credential)).await?;
                if response.status() == 405 {
                    response.discard().await?;
                    let password = password.expose();
                    let grant = [
                        ("grant_type", "password"),
                        ("username", username),
                        ("password", password),
                    ];
                    post(&grant).await?
                } else {
                    response
                }
            }
            None => transport.send(self.get(None)).await?,
        };
        let (secret, renew_at) = read_token(response).await?;
        Ok(Token { secret, scopes: self.scopes, renew_at })
    }

    fn get(&self, credential: Option<&Credential>) -> Request {
        let mut url = self.realm.clone();
        {
            let mut query = url.query_pairs_mut();
            if let Some(service) = self.service {
                query.append_pair("service", service);
            }
            for scope in &self.scopes {
                query.append_pair("scope", &scope.to_string());
            }
            query.append_pair("client_id", CLIENT_ID);
            if let Some(Credential::Password { username, .. }) = credential {
                query.append_pair("account", username);
            }
        }
        let authorization = credential.and_then(|credential| credential.basic(Origin::of(&url)?));
        self.request(Method::GET, url).authorization(authorization)
    }

    fn post(&self, grant: &[(&str, &str)]) -> Request {
        let scopes: Vec<_> = self.scopes.iter().map(ToString::to_string).collect();
        let mut form = Serializer::new(String::new());
        form.extend_pairs(grant);
        if let Some(service) = self.service {
            form.append_pair("service", service);
        }
        form.append_pair("scope", &scopes.join(" "));
        form.append_pair("client_id", CLIENT_ID);
        self.request(Method::POST, self.realm.clone()).body(FORM, Bytes::from(form.finish()))
    }

    fn request(&self, method: Method, url: Url) -> Request {
        let mut request = Request::new(method, url, format!("{}: token", self.purpose));
        request.confidential = true;
        request.target.public_only = self.public_only;
        request
    }
}

async fn read_token(response: Response) -> Result<(Secret, Instant)> {
    if !matches!(response.status(), 200..=203) {
        let response = ErrorResponse::read_without_text(response).await?;
        // A token server's 401 is about the credential, its 403 about the scope.
        return Err(match response.status {
            403 => ErrorKind::Denied(response),
            _ => AuthenticationError::TokenServer(response).into(),
        });
    }
    let received = Instant::now();
    let body = response.read(BODY_LIMIT).await?;
    // The body may hold a secret, so that no error shows it.
    let response: TokenResponse =
        serde_json::from_slice(&body).map_err(|_| AuthenticationError::NoToken)?;
    // Servers that fill in one of the two fields may send the other one empty.
    let mut tokens = [response.token, response.access_token].into_iter().flatten();
    let token = tokens.find(|token| is_sendable(token)).ok_or(AuthenticationError::NoToken)?;
    let usable = usable_for(response.expires_in, age(response.issued_at.as_deref()));
    Ok((Secret::new(token), received + usable))
}

/// Returns true if a token can stand in a header field.
fn is_sendable(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic())
}

/// Returns the age of a token from the time at which its server issued it; zero if the clocks disagree.
fn age(issued_at: Option<&str>) -> Duration {
    let issued = issued_at.and_then(|text| text.parse::<Timestamp>().ok());
    issued.map_or(Duration::ZERO, |issued| Timestamp::now().since(issued))
}

/// Returns how long a token is used: a while less than its lifetime, so that it does not expire on its way.
/// An age beyond the lifetime only means that the clocks differ, and is ignored.
fn usable_for(expires_in: Option<f64>, age: Duration) -> Duration {
    let seconds = expires_in.filter(|seconds| seconds.is_finite() && *seconds > 0.0);
    let lifetime = seconds
        .map_or(Duration::from_secs(DEFAULT_LIFETIME), |seconds| {
            Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
        })
        .min(Duration::from_secs(LONGEST_LIFETIME));
    let lifetime = lifetime.checked_sub(age).unwrap_or(lifetime);
    lifetime.saturating_sub((lifetime / 4).min(Duration::from_secs(10)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_renewed_before_it_expires() {
        for (expires_in, seconds) in [
            (None, 50.0),
            (Some(300.0), 290.0),
            (Some(8.0), 6.0),
            (Some(0.0), 50.0),
            (Some(-5.0), 50.0),
            (Some(f64::NAN), 50.0),
            (Some(1e300), 86_390.0),
        ] {
            let found = usable_for(expires_in, Duration::ZERO).as_secs_f64();
            assert!((found - seconds).abs() < 0.001, "{expires_in:?}: {found}");
        }
    }

    #[test]
    fn age_of_a_token_counts_unless_the_clocks_differ() {
        let used = |age| usable_for(Some(300.0), Duration::from_secs(age)).as_secs();
        assert_eq!((used(100), used(300), used(301)), (190, 0, 290));
        assert_eq!(age(Some("2099-01-01T00:00:00Z")), Duration::ZERO);
        assert_eq!(age(Some("yesterday")), Duration::ZERO);
    }

    #[test]
    fn token_that_would_break_a_header_is_rejected() {
        for token in ["", "a b", "a\r\nb", "é"] {
            assert!(!is_sendable(token), "{token:?}");
        }
    }
}
