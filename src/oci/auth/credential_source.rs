//! A caller's own place for credentials.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use super::secret::Credential;
use crate::oci::reference::{RegistryName, RepositoryName};

/// What a [`CredentialSource`] answers with: a credential, or `None` where it has none for the
/// registry.
pub type CredentialFuture<'a> = Pin<
    Box<dyn Future<Output = Result<Option<Credential>, Box<dyn Error + Send + Sync>>> + Send + 'a>,
>;

/// Where credentials come from in a program that keeps them in its own way, such as a vault. What
/// it prints with [`fmt::Debug`] must hold no secret.
pub trait CredentialSource: fmt::Debug + Send + Sync {
    /// The credential for `registry`, or for one repository of it. Asked at most once for each
    /// repository that a client speaks to, and only where the registry wants a login.
    ///
    /// An error ends the operation; it is never taken for "no credential".
    fn credential<'a>(
        &'a self,
        registry: &'a RegistryName,
        repository: Option<&'a RepositoryName>,
    ) -> CredentialFuture<'a>;
}
