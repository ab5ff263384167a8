//! The type [`Repository`]. The file of each endpoint adds its methods.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::oci::auth::authenticator::AuthContext;
use crate::oci::auth::scope::{Access, Scope};
use crate::oci::error::{Error, ErrorKind, Result};
use crate::oci::names::{RegistryName, RepositoryName};
use crate::oci::operation::{Operation, Shared};
use crate::oci::registry::Registry;
use crate::oci::retry::RetryBudget;

/// A repository of a registry. Clones share connections and logins.
#[derive(Clone)]
pub struct Repository {
    pub(super) shared: Arc<Shared>,
    registry: Arc<Registry>,
    name: RepositoryName,
    access: Access,
}

impl Repository {
    pub(in crate::oci) const fn new(
        shared: Arc<Shared>,
        registry: Arc<Registry>,
        name: RepositoryName,
        access: Access,
    ) -> Self {
        Self { shared, registry, name, access }
    }

    /// Returns the name of the registry.
    #[must_use]
    pub fn registry(&self) -> &RegistryName {
        &self.registry.name
    }

    /// Returns the name of the repository.
    #[must_use]
    pub const fn name(&self) -> &RepositoryName {
        &self.name
    }

    pub(super) fn with_access(&self, access: Access) -> Self {
        Self { access, ..self.clone() }
    }

    pub(super) fn operation(&self) -> Operation {
        self.operation_for(vec![Scope::repository(&self.name, self.access)])
    }

    /// Starts an operation whose token may also read the repository `other` of the same registry.
    pub(super) fn operation_reading(&self, other: &RepositoryName) -> Operation {
        let own = Scope::repository(&self.name, self.access);
        self.operation_for(vec![own, Scope::repository(other, Access::Pull)])
    }

    fn operation_for(&self, scopes: Vec<Scope>) -> Operation {
        let purpose = match self.access {
            Access::Pull => "pull",
            Access::Push => "push",
            Access::Delete => "delete",
        };
        let context = AuthContext {
            registry: Arc::clone(&self.registry),
            repository: Some(self.name.clone()),
            scopes,
            purpose,
        };
        Operation::new(Arc::clone(&self.shared), context)
    }

    pub(super) async fn retry<T, F, D>(&self, action: F) -> Result<T>
    where
        F: FnMut(Operation) -> D,
        D: Future<Output = Result<T>>,
    {
        self.operation().retry(action).await
    }

    pub(super) fn retry_budget(&self) -> RetryBudget {
        RetryBudget::new(self.shared.retry)
    }

    /// Returns a function that adds the context to an error: the step, and the repository followed by
    /// `suffix`.
    pub(super) fn error(
        &self,
        step: &'static str,
        suffix: impl fmt::Display,
    ) -> impl FnOnce(ErrorKind) -> Error {
        let resource = format!("{}/{}{suffix}", self.registry.name, self.name);
        move |kind| Error::new(step, resource, kind)
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Repository({}/{})", self.registry.name, self.name)
    }
}
