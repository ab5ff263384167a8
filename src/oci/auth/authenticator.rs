//! Chooses the authorization of each request to a registry, and decides what the statuses 400, 401 and 403
//! mean for it.
//!
//! A challenge and a credential are kept for one protection space, a token for the scopes in it. A
//! credential or token is never sent to another origin, nor used for another repository.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::challenge::Challenge;
use super::challenge_cache::{ChallengeCache, MemoryCache, ProtectionSpace};
use super::credentials::keychain::Keychain;
use super::credentials::secret::Credential;
use super::error::AuthenticationError;
use super::realm;
use super::scope::Scope;
use super::token::{Token, TokenRequest};
use crate::oci::error::{ErrorKind, Result};
use crate::oci::error_response::{BODY_LIMIT, ErrorCode, ErrorResponse};
use crate::oci::names::RepositoryName;
use crate::oci::registry::Registry;
use crate::wire::{Authorization, Response, Transport};

/// How often one request is sent again with another authorization. A registry may ask for a further
/// scope each time and never be satisfied.
const RENEWAL_LIMIT: usize = 3;

#[derive(Clone)]
pub(crate) struct AuthContext {
    pub(crate) registry: Arc<Registry>,
    /// The repository; `None` for the registry as a whole.
    pub(crate) repository: Option<RepositoryName>,
    pub(crate) scopes: Vec<Scope>,
    /// The first word of an operation in a transcript, such as `pull`.
    pub(crate) purpose: &'static str,
}

impl AuthContext {
    fn space(&self) -> ProtectionSpace {
        ProtectionSpace {
            origin: self.registry.origin.clone(),
            repository: self.repository.clone(),
        }
    }
}

pub(crate) struct RequestLogin {
    pub(crate) authorization: Option<Authorization>,
    /// How often the authorization was renewed for this request. If never, it comes from an earlier request
    /// and may have expired.
    renewals: usize,
}

impl RequestLogin {
    const fn is_from_earlier_request(&self) -> bool {
        self.authorization.is_some() && self.renewals == 0
    }
}

pub(crate) struct Authenticator {
    transport: Arc<Transport>,
    keychain: Keychain,
    challenges: Box<dyn ChallengeCache>,
    /// The lock of a login is held while a token is fetched, so that requests that need the same token
    /// share it.
    logins: Mutex<HashMap<ProtectionSpace, Arc<tokio::sync::Mutex<SpaceLogin>>>>,
}

#[derive(Default)]
struct SpaceLogin {
    /// Looked up in the keychain once.
    credential: OnceLock<Option<Credential>>,
    /// The tokens, each for the scopes that it was asked for.
    tokens: HashMap<Vec<Scope>, Token>,
    /// Whether the registry is known to have an internal address.
    registry_is_internal: bool,
}

impl Authenticator {
    pub(crate) fn new(transport: Arc<Transport>, keychain: Keychain) -> Self {
        let challenges = Box::new(MemoryCache::default());
        Self { transport, keychain, challenges, logins: Mutex::default() }
    }

    pub(crate) fn was_challenged(&self, context: &AuthContext) -> bool {
        self.challenges.get(&context.space()).is_some()
    }

    /// Returns what to send with a new request: nothing before the registry's first challenge.
    pub(crate) async fn begin(&self, context: &AuthContext) -> Result<RequestLogin> {
        let space = context.space();
        let authorization = match self.challenges.get(&space) {
            None => None,
            Some(challenge) => {
                let login = self.login(space);
                let mut login = login.lock().await;
                self.authorize(context, &mut login, &challenge).await?
            }
        };
        Ok(RequestLogin { authorization, renewals: 0 })
    }

    /// Decides whether the request has to be sent again with another authorization.
    ///
    /// Returns the response if it is final. Returns `None` if the request has to be sent again, with the new
    /// authorization in `login`. Fails with
    /// [`AuthenticationError::Refused`] for a 401 after which nothing else can be sent.
    /// `response` is the registry's own, and not foreign.
    pub(crate) async fn review(
        &self,
        context: &AuthContext,
        login: &mut RequestLogin,
        response: Response,
    ) -> Result<Option<Response>> {
        let (response, asks_for_login) = asks_for_login(response, login).await?;
        if !asks_for_login {
            return Ok(Some(response));
        }
        let renewed = if login.renewals < RENEWAL_LIMIT {
            self.renew(context, login, &response).await?
        } else {
            None
        };
        match renewed {
            Some(authorization) => {
                login.authorization = Some(authorization);
                login.renewals += 1;
                Ok(None)
            }
            None if response.status() == 401 => {
                let response = ErrorResponse::read(response).await?;
                Err(self.refusal(context, login, response).await)
            }
            None => Ok(Some(response)),
        }
    }

    /// Returns the error for a 401 after which nothing else can be sent.
    ///
    /// A token that a token server gave for a password shows that the password is right, so the registry
    /// refuses the request and not the login. A token that anyone gets says nothing about a password.
    async fn refusal(
        &self,
        context: &AuthContext,
        login: &RequestLogin,
        response: ErrorResponse,
    ) -> ErrorKind {
        let space = context.space();
        let has_token = matches!(self.challenges.get(&space), Some(Challenge::Bearer { .. }));
        let space_login = self.login(space);
        let space_login = space_login.lock().await;
        let used = space_login.credential.get().and_then(Option::as_ref);
        match used.filter(|_| login.authorization.is_some()) {
            Some(Credential::Password { .. } | Credential::IdentityToken(_))
                if has_token && context.repository.is_some() =>
            {
                ErrorKind::Denied(response)
            }
            used => {
                AuthenticationError::Refused { response, with_credential: used.is_some() }.into()
            }
        }
    }

    /// Returns a new authorization after `response` refused a request; `None` if there is no other one.
    async fn renew(
        &self,
        context: &AuthContext,
        refused: &RequestLogin,
        response: &Response,
    ) -> Result<Option<Authorization>> {
        let challenge = match Challenge::choose(response.headers().get_all("www-authenticate")) {
            Ok(challenge) => Some(challenge),
            // Public ECR sends no challenge when it refuses a token.
            Err(_) if response.status() != 401 => None,
            Err(error) => return Err(AuthenticationError::Challenge(error).into()),
        };
        let space = context.space();
        let login = self.login(space.clone());
        let mut login = login.lock().await;
        login.registry_is_internal = response.is_from_internal_server();
        if let Some(challenge) = challenge {
            self.challenges.put(&space, challenge);
        }
        self.look_up_credential(context, &login).await?;
        let Some(challenge) = self.challenges.get(&space) else { return Ok(None) };
        match &challenge {
            // The registry would refuse the same name and password again.
            Challenge::Basic if refused.authorization.is_some() => return Ok(None),
            Challenge::Basic => {}
            Challenge::Bearer { scope, .. } => {
                let scopes = Scope::with_challenged(&context.scopes, scope.as_deref());
                // If another request has fetched a newer token in the meantime, that one is used.
                if let Some(token) = login.tokens.get(&context.scopes)
                    && refused.authorization.as_ref() == Some(&bearer(context, token))
                {
                    if refused.renewals > 0 && token.scopes == scopes {
                        return Ok(None);
                    }
                    login.tokens.remove(&context.scopes);
                }
            }
        }
        self.authorize(context, &mut login, &challenge).await
    }

    fn login(&self, space: ProtectionSpace) -> Arc<tokio::sync::Mutex<SpaceLogin>> {
        let mut logins = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(logins.entry(space).or_default())
    }

    async fn look_up_credential(&self, context: &AuthContext, login: &SpaceLogin) -> Result<()> {
        if login.credential.get().is_none() {
            let registry = &context.registry.name;
            let found = self.keychain.credential(registry, context.repository.as_ref()).await;
            let _ = login.credential.set(found.map_err(AuthenticationError::Keychain)?);
        }
        Ok(())
    }

    /// Returns the authorization for `challenge`: name and password, a cached token, or a new token.
    async fn authorize(
        &self,
        context: &AuthContext,
        login: &mut SpaceLogin,
        challenge: &Challenge,
    ) -> Result<Option<Authorization>> {
        self.look_up_credential(context, login).await?;
        let credential = login.credential.get().and_then(Option::as_ref);
        let Challenge::Bearer { realm, service, scope, .. } = challenge else {
            let origin = &context.registry.origin;
            return Ok(credential.and_then(|credential| credential.basic(origin.clone())));
        };
        if let Some(token) = login.tokens.get(&context.scopes).filter(|token| token.is_usable()) {
            return Ok(Some(bearer(context, token)));
        }
        let registry = &context.registry;
        let (plain_http, internal) = (registry.plain_http, login.registry_is_internal);
        let realm = realm::check(realm, &registry.base, plain_http, internal)
            .map_err(AuthenticationError::Realm)?;
        if credential.is_some() {
            realm::check_credential(&realm, &registry.origin)
                .map_err(AuthenticationError::Realm)?;
        }
        let request = TokenRequest {
            realm,
            service: service.as_deref(),
            scopes: Scope::with_challenged(&context.scopes, scope.as_deref()),
            public_only: !internal,
            purpose: context.purpose,
        };
        let token = request.send(&self.transport, credential).await?;
        let authorization = bearer(context, &token);
        login.tokens.insert(context.scopes.clone(), token);
        Ok(Some(authorization))
    }
}

/// Returns the response, and true if the request may succeed with another authorization.
///
/// - A 401 asks for a login.
/// - A 403 with `insufficient_scope` asks for another token (IBM Cloud).
/// - A 400 or 403 with the code `DENIED` may mean that a token from an earlier request has expired (Public
///   ECR).
///
/// The body is read first, so that a transcript has this exchange before the request for a token.
async fn asks_for_login(response: Response, login: &RequestLogin) -> Result<(Response, bool)> {
    let status = response.status();
    let needs_scope = response
        .headers()
        .get_all("www-authenticate")
        .any(|challenge| challenge.contains("insufficient_scope"));
    match status {
        401 => Ok((response.buffer(BODY_LIMIT).await?.0, true)),
        403 if needs_scope => Ok((response.buffer(BODY_LIMIT).await?.0, true)),
        400 | 403 if login.is_from_earlier_request() => {
            let (response, body) = response.buffer(BODY_LIMIT).await?;
            let is_denied = ErrorResponse::parse(status, &body).has_code(&ErrorCode::Denied);
            Ok((response, is_denied))
        }
        _ => Ok((response, false)),
    }
}

fn bearer(context: &AuthContext, token: &Token) -> Authorization {
    let origin = context.registry.origin.clone();
    Authorization::new(origin, format!("Bearer {}", token.secret.expose()))
}
