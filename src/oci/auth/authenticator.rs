//! Logs in at registries as they ask for it, and remembers what they asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use url::Url;

use super::challenge::Challenge;
use super::keychain::Keychain;
use super::realm;
use super::scope::Scope;
use super::secret::Credential;
use super::token::{Token, TokenServer, basic};
use crate::oci::error::{AuthenticationError, ErrorKind};
use crate::oci::reference::{RegistryName, RepositoryName};
use crate::wire::{Authorization, Origin, Response, Transport, is_internal};

/// What went with a request that was refused.
pub(in crate::oci) enum Sent {
    Nothing,
    /// Something from an earlier request, which may have run out.
    Known(Authorization),
    /// Something that was fetched for this request.
    Fresh(Authorization),
}

impl Sent {
    pub(in crate::oci) const fn authorization(&self) -> Option<&Authorization> {
        match self {
            Self::Nothing => None,
            Self::Known(authorization) | Self::Fresh(authorization) => Some(authorization),
        }
    }
}

/// What a client knows of the registries that it spoke to.
pub(in crate::oci) struct Authenticator {
    keychain: Keychain,
    /// One login per registry and repository: credentials may differ between repositories.
    logins: Mutex<HashMap<Place, Arc<Login>>>,
}

/// A registry, and a repository of it.
type Place = (Origin, Option<RepositoryName>);

/// Whose behalf a request is on.
pub(in crate::oci) struct Subject<'a> {
    pub(in crate::oci) registry: &'a RegistryName,
    /// The repository; none for the registry as a whole.
    pub(in crate::oci) repository: Option<&'a RepositoryName>,
    /// What a token has to be good for.
    pub(in crate::oci) scopes: &'a [Scope],
    /// Whether plain http is right for this registry.
    pub(in crate::oci) plain_http: bool,
    pub(in crate::oci) purpose: &'static str,
}

/// The login at one registry. The lock is held while a token is fetched, so that requests that need
/// the same one share it.
#[derive(Default)]
struct Login(tokio::sync::Mutex<State>);

#[derive(Default)]
struct State {
    challenge: Option<Challenge>,
    /// Looked up once, with the first challenge.
    credential: Found,
    tokens: HashMap<Vec<Scope>, Token>,
    may_be_internal: bool,
}

/// What the keychain has for a registry.
#[derive(Default)]
enum Found {
    #[default]
    NotLookedUp,
    Nothing,
    Credential(Credential),
}

impl Found {
    const fn credential(&self) -> Option<&Credential> {
        match self {
            Self::Credential(credential) => Some(credential),
            Self::NotLookedUp | Self::Nothing => None,
        }
    }
}

impl Authenticator {
    pub(in crate::oci) fn new(keychain: Keychain) -> Self {
        Self { keychain, logins: Mutex::default() }
    }

    fn login(&self, url: &Url, subject: &Subject<'_>) -> Result<Arc<Login>, ErrorKind> {
        let origin = Origin::of(url).ok_or(AuthenticationError::Elsewhere)?;
        let mut logins = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(logins.entry((origin, subject.repository.cloned())).or_default()))
    }

    /// What to send with a request to `url`, a URL of the registry's own, as far as it is known.
    pub(in crate::oci) async fn ready(
        &self,
        transport: &Transport,
        url: &Url,
        subject: &Subject<'_>,
    ) -> Result<Option<Authorization>, ErrorKind> {
        let login = self.login(url, subject)?;
        let mut state = login.0.lock().await;
        match &state.challenge {
            None => Ok(None),
            Some(Challenge::Basic) => Ok(state.basic(url)),
            Some(Challenge::Bearer { .. }) => state.bearer(transport, url, subject).await.map(Some),
        }
    }

    /// What to send again after `response` refused a request that went with `sent`; `None` where
    /// nothing else can be sent.
    pub(in crate::oci) async fn answer(
        &self,
        transport: &Transport,
        url: &Url,
        subject: &Subject<'_>,
        response: &Response,
        sent: &Sent,
    ) -> Result<Option<Authorization>, ErrorKind> {
        if Origin::of(response.url()) != Origin::of(url) {
            // Another host's challenge gets no credential of this registry.
            return Err(AuthenticationError::Elsewhere.into());
        }
        let values = response.headers().get_all("www-authenticate");
        let challenge = match Challenge::choose(values) {
            Ok(challenge) => Some(challenge),
            // A registry may forget its challenge where it refuses a token (Public ECR).
            Err(_) if response.status() != 401 => None,
            Err(error) => return Err(AuthenticationError::Challenge(error).into()),
        };
        let login = self.login(url, subject)?;
        let mut state = login.0.lock().await;
        state.may_be_internal = response.peer().is_none_or(|peer| is_internal(peer.ip()));
        if let Some(challenge) = challenge {
            state.challenge = Some(challenge);
        }
        if matches!(state.credential, Found::NotLookedUp) {
            let found = self.keychain.credential(subject.registry, subject.repository).await;
            let found = found.map_err(AuthenticationError::Keychain)?;
            state.credential = found.map_or(Found::Nothing, Found::Credential);
        }
        match &state.challenge {
            None => Ok(None),
            // The same name and password would be refused again.
            Some(Challenge::Basic) if sent.authorization().is_some() => Ok(None),
            Some(Challenge::Basic) => Ok(state.basic(url)),
            Some(Challenge::Bearer { .. }) => {
                let scopes = state.scopes(subject);
                // Somebody else may have fetched another token in the meantime.
                if let Some(token) = state.tokens.get(subject.scopes)
                    && bearer(url, token).as_ref() == sent.authorization()
                {
                    if matches!(sent, Sent::Fresh(_)) && token.scopes == scopes {
                        return Ok(None);
                    }
                    state.tokens.remove(subject.scopes);
                }
                state.bearer(transport, url, subject).await.map(Some)
            }
        }
    }
}

impl State {
    fn basic(&self, url: &Url) -> Option<Authorization> {
        basic(url, self.credential.credential()?)
    }

    /// The token for the subject's scope, fetched where none is left that lasts.
    async fn bearer(
        &mut self,
        transport: &Transport,
        url: &Url,
        subject: &Subject<'_>,
    ) -> Result<Authorization, ErrorKind> {
        let token = match self.tokens.get(subject.scopes) {
            Some(token) if token.expires > Instant::now() => token.clone(),
            _ => {
                let token = self.fetch(transport, url, subject).await?;
                self.tokens.insert(subject.scopes.to_vec(), token.clone());
                token
            }
        };
        bearer(url, &token).ok_or_else(|| AuthenticationError::NoToken.into())
    }

    /// What to ask the token server for.
    fn scopes(&self, subject: &Subject<'_>) -> Vec<Scope> {
        let challenged = match &self.challenge {
            Some(Challenge::Bearer { scope, .. }) => scope.as_deref(),
            _ => None,
        };
        Scope::with_challenged(subject.scopes, challenged)
    }

    async fn fetch(
        &self,
        transport: &Transport,
        url: &Url,
        subject: &Subject<'_>,
    ) -> Result<Token, ErrorKind> {
        let Some(Challenge::Bearer { realm, service, .. }) = &self.challenge else {
            return Err(AuthenticationError::NoToken.into());
        };
        let realm = realm::check(realm, url, subject.plain_http, self.may_be_internal)
            .map_err(AuthenticationError::Realm)?;
        let scopes = self.scopes(subject);
        let server = TokenServer {
            realm,
            service: service.as_deref(),
            scopes: &scopes,
            may_be_internal: self.may_be_internal,
            purpose: subject.purpose,
        };
        // A credential goes to another host over https alone, or within loopback.
        let elsewhere = Origin::of(&server.realm) != Origin::of(url);
        let exposed = server.realm.scheme() == "http"
            && elsewhere
            && !Origin::of(&server.realm).is_some_and(|origin| origin.is_loopback());
        let credential = self.credential.credential();
        if exposed && credential.is_some() {
            let shown = server.realm.as_str().to_owned();
            return Err(AuthenticationError::Realm(realm::RealmError::PlainHttp(shown)).into());
        }
        server.ask(transport, credential).await
    }
}

fn bearer(url: &Url, token: &Token) -> Option<Authorization> {
    Some(Authorization::new(Origin::of(url)?, format!("Bearer {}", token.secret.expose())))
}
