//! Checking a credential with a registry (distribution specification, "Determining Support").

use std::sync::Arc;

use super::auth::authenticator::AuthContext;
use super::auth::credentials::keychain::Keychain;
use super::auth::credentials::secret::Credential;
use super::client::Client;
use super::error::{Error, ErrorKind};
use super::names::RegistryName;
use super::operation::Operation;
use crate::wire::Method;

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
    /// [`ErrorKind::Authentication`] if the registry does not accept the credential.
    pub async fn check_login(
        &self,
        registry: &RegistryName,
        credential: Credential,
    ) -> Result<LoginOutcome, Error> {
        let keychain = Keychain::anonymous().with_credential(credential);
        let shared = Arc::new(self.with_keychain(keychain));
        let context = AuthContext {
            registry: Arc::new(self.registry(registry)),
            repository: None,
            scopes: Vec::new(),
            purpose: "login",
        };
        let operation = Operation::new(Arc::clone(&shared), context.clone());
        let checked = operation.retry(|operation| async move {
            let request = operation.request(Method::Get, operation.url(""), "base");
            let response = operation.send(request).await?;
            match response.status() {
                ..400 => Ok(()),
                _ => Err(ErrorKind::of_response(response).await),
            }
        });
        match checked.await {
            Ok(()) if shared.authenticator.was_challenged(&context) => Ok(LoginOutcome::Accepted),
            Ok(()) => Ok(LoginOutcome::NotAskedFor),
            Err(error) => Err(Error::new("logging in to", registry.to_string(), error)),
        }
    }
}
