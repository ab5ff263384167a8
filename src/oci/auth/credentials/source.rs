//! The interface for an embedding program's own source of credentials.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use super::secret::Credential;
use crate::oci::names::{RegistryName, RepositoryName};

/// The future of [`CredentialSource::credential`]: a credential, or `None` if the source has none for the
/// registry.
pub type CredentialFuture<'a> = Pin<
    Box<dyn Future<Output = Result<Option<Credential>, Box<dyn Error + Send + Sync>>> + Send + 'a>,
>;

/// A source of credentials in a program that keeps them itself, for instance in a vault. Its debug output
/// must not hold a secret.
pub trait CredentialSource: fmt::Debug + Send + Sync {
    /// Returns the credential for `registry`, or for one repository of it.
    ///
    /// It is called at most once for each repository that a client uses, and only if the registry asks for
    /// a login. An error ends the operation; it never means that there is no credential.
    fn credential<'a>(
        &'a self,
        registry: &'a RegistryName,
        repository: Option<&'a RepositoryName>,
    ) -> CredentialFuture<'a>;
}
