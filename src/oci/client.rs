//! The client of any number of registries: connections, logins, and how to reach each registry. It also
//! checks a credential with a registry (distribution specification, "Determining Support").

use std::fmt;
use std::sync::Arc;

use url::Url;

use super::auth::authenticator::{AuthContext, Authenticator};
use super::auth::credentials::keychain::Keychain;
use super::auth::credentials::secret::Credential;
use super::auth::scope::Access;
use super::background::BackgroundTasks;
use super::error::{Error, ErrorKind, ProtocolViolation, Result};
use super::error_response::BODY_LIMIT;
use super::names::{RegistryName, RepositoryName};
use super::operation::{Operation, Shared};
use super::registry::Registry;
use super::repository::handle::Repository;
use super::retry::RetryPolicy;
use super::warning::{Warning, Warnings};
use crate::wire::{Method, Origin, Response, Settings, TlsSettings, Transport};

/// A client of registries. Clones share connections and logins.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    tls: Arc<TlsSettings>,
    plain_http: bool,
}

/// What a [`Client`] does apart from its connections.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ClientOptions {
    /// Where credentials come from. By default the client is anonymous.
    pub keychain: Keychain,
    /// Uses plain http for every registry.
    pub plain_http: bool,
    /// How often and how soon temporary failures are retried.
    pub retry: RetryPolicy,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("plain_http", &self.plain_http).finish_non_exhaustive()
    }
}

impl Client {
    /// Makes an anonymous client that uses https, and plain http only for loopback hosts. Nothing is sent yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self::with_options(settings, ClientOptions::default())
    }

    /// Makes a client with `options`. Nothing is sent yet.
    #[must_use]
    pub fn with_options(settings: Settings, options: ClientOptions) -> Self {
        let tls = Arc::new(settings.tls.clone());
        let transport = Arc::new(Transport::new(settings));
        let shared = Arc::new(shared(transport, options.keychain, options.retry));
        Self { shared, tls, plain_http: options.plain_http }
    }

    /// Returns the repository `name` of `registry`. `access` says what tokens are asked for. Nothing is
    /// sent yet.
    #[must_use]
    pub fn repository(
        &self,
        registry: &RegistryName,
        name: &RepositoryName,
        access: Access,
    ) -> Repository {
        let registry = Arc::new(self.registry(registry));
        Repository::new(Arc::clone(&self.shared), registry, name.clone(), access)
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.shared.transport
    }

    /// Returns true if the registry is reached over plain http: because the client was told so, or
    /// because it is on loopback and no TLS setting names it.
    pub(crate) fn uses_plain_http(&self, registry: &RegistryName) -> bool {
        self.registry(registry).plain_http
    }

    /// Returns the warnings that registries sent since the last call, each once.
    #[must_use]
    pub fn take_warnings(&self) -> Vec<Warning> {
        self.shared.warnings.take()
    }

    /// Waits until the uploads whose futures were dropped are cancelled at their registries, at most a
    /// few seconds. A program that is about to end calls this first. A caller that stops waiting stops
    /// no cancellation.
    pub async fn settle(&self) {
        self.shared.background.finish().await;
    }

    /// Returns true if an upload whose future was dropped is being cancelled at its registry.
    pub(crate) fn is_cancelling(&self) -> bool {
        self.shared.background.is_running()
    }

    pub(super) fn registry(&self, name: &RegistryName) -> Registry {
        Registry::new(name.clone(), self.plain_http, &self.tls)
    }
}

fn shared(transport: Arc<Transport>, keychain: Keychain, retry: RetryPolicy) -> Shared {
    Shared {
        authenticator: Authenticator::new(Arc::clone(&transport), keychain),
        transport,
        retry,
        warnings: Warnings::default(),
        background: BackgroundTasks::default(),
    }
}

/// Fails unless `response` to a request for `base` is one that a registry gives (distribution
/// specification, "Determining Support"). A web site answers any path, with a page or by leading to its own
/// form for logins.
async fn check_is_registry(base: &Url, response: Response) -> Result<()> {
    let answered = response.url();
    let path = |url: &Url| url.path().trim_end_matches('/').to_owned();
    if Origin::of(answered) != Origin::of(base) || path(answered) != path(base) {
        return Err(ProtocolViolation::LedElsewhere(without_query(answered)).into());
    }
    if response.status() != 200 {
        return Err(ErrorKind::of_unexpected(response).await);
    }
    let is_encoded = response.headers().get("content-encoding").is_some();
    let body = response.read(BODY_LIMIT).await?;
    if is_encoded || is_page(&body) { Err(ProtocolViolation::WebPage.into()) } else { Ok(()) }
}

/// Returns true if `body` is not what a registry answers: JSON, or nothing. Its type does not say so:
/// Quay's answer is `true` as `text/html`.
fn is_page(body: &[u8]) -> bool {
    let text = body.trim_ascii();
    !text.is_empty() && serde_json::from_slice::<serde::de::IgnoredAny>(text).is_err()
}

/// Returns `url` without what may be a secret in it.
fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

/// The outcome of a login that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginOutcome {
    /// The registry accepted the credential.
    Accepted,
    /// The registry answers without a login, so that nothing was checked.
    NotAskedFor,
}

impl Client {
    /// Checks `credential` with the registry. The client's own keychain is not used.
    ///
    /// # Errors
    /// [`ErrorKind::Authentication`] if the registry does not accept the credential;
    /// [`ErrorKind::Protocol`] if the server's answer is not that of a registry, but perhaps of a web site.
    pub async fn check_login(
        &self,
        registry: &RegistryName,
        credential: Credential,
    ) -> Result<LoginOutcome, Error> {
        let keychain = Keychain::default().with_credential(credential);
        let transport = Arc::clone(&self.shared.transport);
        let shared = Arc::new(shared(transport, keychain, self.shared.retry));
        let context = AuthContext {
            registry: Arc::new(self.registry(registry)),
            repository: None,
            scopes: Vec::new(),
            purpose: "login",
        };
        let operation = Operation::new(Arc::clone(&shared), context.clone());
        let checked = operation.retry(|operation| async move {
            let url = operation.url("");
            let request = operation.request(Method::GET, url.clone(), "base");
            check_is_registry(&url, operation.send(request).await?).await
        });
        match checked.await {
            Ok(()) if shared.authenticator.was_challenged(&context) => Ok(LoginOutcome::Accepted),
            Ok(()) => Ok(LoginOutcome::NotAskedFor),
            Err(error) => Err(Error::new("logging in to", registry.to_string(), error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_is_told_from_the_answer_of_a_registry() {
        for (body, expected) in [
            ("{}", false),
            ("", false),
            (" \n", false),
            ("true", false),
            ("<!DOCTYPE html>", true),
            ("\u{feff}\r\n<html>", true),
            ("It works!", true),
        ] {
            assert_eq!(is_page(body.as_bytes()), expected, "{body:?}");
        }
    }
}
