//! Asking a token server (distribution token specification, and its `OAuth2` form).

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::Serializer;

use super::scope::Scope;
use super::secret::{Credential, Secret};
use crate::oci::error::{AuthenticationError, ErrorKind};
use crate::oci::error_response::BODY_LIMIT;
use crate::oci::session::refusal;
use crate::timestamp::Timestamp;
use crate::wire::{Authorization, Method, Origin, Request, Response, Transport};

/// How long a token lasts where its server does not say so.
const DEFAULT_LIFETIME: u64 = 60;
/// The longest lifetime that is believed, in seconds: a day.
const LONGEST_LIFETIME: u64 = 24 * 60 * 60;
/// How the client names itself to a token server.
const CLIENT_ID: &str = "thv";
const FORM: &str = "application/x-www-form-urlencoded";

/// A bearer token, and until when it is used.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) secret: Secret,
    pub(super) expires: Instant,
    /// What was asked for.
    pub(super) scopes: Vec<Scope>,
}

/// Whom to ask, and for what.
pub(super) struct TokenServer<'a> {
    pub(super) realm: Url,
    pub(super) service: Option<&'a str>,
    pub(super) scopes: &'a [Scope],
    /// Whether the server's name may lead to an internal address.
    pub(super) may_be_internal: bool,
    /// What stands before the operation in a transcript.
    pub(super) purpose: &'static str,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    expires_in: Option<f64>,
    #[serde(default)]
    issued_at: Option<String>,
}

impl TokenServer<'_> {
    /// Asks for a token. With a password by GET, and by POST where the server takes no GET; with an
    /// identity token by POST; else anonymously.
    pub(super) async fn ask(
        &self,
        transport: &Transport,
        credential: Option<&Credential>,
    ) -> Result<Token, ErrorKind> {
        if let Some(Credential::RegistryToken(secret)) = credential {
            let expires = Instant::now() + Duration::from_secs(LONGEST_LIFETIME);
            return Ok(self.token(secret.clone(), expires));
        }
        if let Some(Credential::IdentityToken(secret)) = credential {
            let grant = [("grant_type", "refresh_token"), ("refresh_token", secret.expose())];
            return self.read(transport.send(self.post(&grant)).await?).await;
        }
        let response = transport.send(self.get(credential)).await?;
        match credential {
            Some(Credential::Password { username, password }) if response.status() == 405 => {
                response.discard().await?;
                let grant = [
                    ("grant_type", "password"),
                    ("username", username),
                    ("password", password.expose()),
                ];
                self.read(transport.send(self.post(&grant)).await?).await
            }
            _ => self.read(response).await,
        }
    }

    fn get(&self, credential: Option<&Credential>) -> Request {
        let mut url = self.realm.clone();
        {
            let mut query = url.query_pairs_mut();
            if let Some(service) = self.service {
                query.append_pair("service", service);
            }
            for scope in self.scopes {
                query.append_pair("scope", &scope.to_string());
            }
            query.append_pair("client_id", CLIENT_ID);
            if let Some(Credential::Password { username, .. }) = credential {
                query.append_pair("account", username);
            }
        }
        let authorization = credential.and_then(|credential| basic(&url, credential));
        self.request(Method::Get, url).authorization(authorization)
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
        self.request(Method::Post, self.realm.clone()).body(FORM, Bytes::from(form.finish()))
    }

    fn request(&self, method: Method, url: Url) -> Request {
        let request = Request::new(method, url, format!("{}: token", self.purpose)).confidential();
        if self.may_be_internal { request } else { request.public_only() }
    }

    async fn read(&self, response: Response) -> Result<Token, ErrorKind> {
        let status = response.status();
        if status != 200 {
            return Err(match refusal(response).await {
                // The token server's 401 is about the credential, its 403 about the scope.
                ErrorKind::Authentication(AuthenticationError::Refused { refusal, .. })
                | ErrorKind::NotFound(refusal)
                | ErrorKind::Registry(refusal) => AuthenticationError::TokenServer(refusal).into(),
                other => other,
            });
        }
        let started = Instant::now();
        let body = response.read(BODY_LIMIT).await?;
        // What was read may be a secret: it stands in no error.
        let answer: Answer =
            serde_json::from_slice(&body).map_err(|_| AuthenticationError::NoToken)?;
        // Servers that know one of the two may send the other empty.
        let mut tokens = [answer.token, answer.access_token].into_iter().flatten();
        let token = tokens.find(|token| is_sendable(token));
        let secret = Secret::new(token.ok_or(AuthenticationError::NoToken)?);
        Ok(self
            .token(secret, started + usable(answer.expires_in, age(answer.issued_at.as_deref()))))
    }

    fn token(&self, secret: Secret, expires: Instant) -> Token {
        Token { secret, expires, scopes: self.scopes.to_vec() }
    }
}

/// The `Authorization` of a name and password, for the origin of `url`.
pub(super) fn basic(url: &Url, credential: &Credential) -> Option<Authorization> {
    use base64::Engine as _;
    let Credential::Password { username, password } = credential else { return None };
    let pair = Secret::new(format!("{username}:{}", password.expose()));
    let encoded = base64::engine::general_purpose::STANDARD.encode(pair.expose());
    Some(Authorization::new(Origin::of(url)?, format!("Basic {encoded}")))
}

/// Whether a token can stand in a header.
fn is_sendable(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic())
}

/// How old a token is that its server issued at some time, as far as the clocks agree.
fn age(issued_at: Option<&str>) -> Duration {
    let issued = issued_at.and_then(|text| text.parse::<Timestamp>().ok());
    issued.map_or(Duration::ZERO, |issued| Timestamp::now().since(issued))
}

/// How long a token is used: a while less than it lasts, so that it does not run out on its way. An
/// age beyond its lifetime says only that the clocks differ.
fn usable(expires_in: Option<f64>, age: Duration) -> Duration {
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
    fn a_token_is_renewed_a_while_before_it_runs_out() {
        for (expires_in, seconds) in [
            (None, 50.0),
            (Some(300.0), 290.0),
            (Some(8.0), 6.0),
            (Some(0.0), 50.0),
            (Some(-5.0), 50.0),
            (Some(f64::NAN), 50.0),
            (Some(1e300), 86_390.0),
        ] {
            let found = usable(expires_in, Duration::ZERO).as_secs_f64();
            assert!((found - seconds).abs() < 0.001, "{expires_in:?}: {found}");
        }
    }

    #[test]
    fn a_token_s_age_counts_unless_the_clocks_differ() {
        let used = |age| usable(Some(300.0), Duration::from_secs(age)).as_secs();
        assert_eq!((used(100), used(300), used(301)), (190, 0, 290));
        assert_eq!(age(Some("2099-01-01T00:00:00Z")), Duration::ZERO);
        assert_eq!(age(Some("yesterday")), Duration::ZERO);
    }

    #[test]
    fn a_token_that_would_break_a_header_is_none() {
        for token in ["", "a b", "a\r\nb", "é"] {
            assert!(!is_sendable(token), "{token:?}");
        }
    }
}
