//! One repository of one registry: what every request to it has in common.

use std::fmt;

use url::Url;

use super::auth::{Access, Scope, Subject};
use super::client::Client;
use super::error::{Error, ErrorKind};
use super::reference::{RegistryName, RepositoryName};
use super::retry::Attempts;
use crate::wire::{Method, Request, Response};

/// A repository of a registry. Clones share connections.
#[derive(Clone)]
pub struct Repository {
    client: Client,
    registry: RegistryName,
    name: RepositoryName,
    access: Access,
}

impl Repository {
    pub(super) const fn new(
        client: Client,
        registry: RegistryName,
        name: RepositoryName,
        access: Access,
    ) -> Self {
        Self { client, registry, name, access }
    }

    /// The registry.
    #[must_use]
    pub const fn registry(&self) -> &RegistryName {
        &self.registry
    }

    /// The repository's name.
    #[must_use]
    pub const fn name(&self) -> &RepositoryName {
        &self.name
    }

    /// The URL of `path` below the repository.
    pub(super) fn url(&self, path: &str) -> Url {
        self.client.api_url(&self.registry, &format!("{}/{path}", self.name))
    }

    /// A request; `step` says in a transcript what it is for.
    pub(super) fn request(&self, method: Method, url: Url, step: &str) -> Request {
        Request::new(method, url, format!("{}: {step}", self.purpose()))
    }

    const fn purpose(&self) -> &'static str {
        match self.access {
            Access::Pull => "pull",
            Access::Push => "push",
            Access::Delete => "delete",
        }
    }

    /// Sends `request`, follows redirects, and logs in where the registry wants it.
    pub(super) async fn send(
        &self,
        request: Request,
        attempts: &Attempts,
    ) -> Result<Response, ErrorKind> {
        self.send_reading(request, attempts, None).await
    }

    /// The same, with a token that is good for reading the repository `other` of this registry too.
    pub(super) async fn send_reading(
        &self,
        request: Request,
        attempts: &Attempts,
        other: Option<&RepositoryName>,
    ) -> Result<Response, ErrorKind> {
        let mut scopes = vec![Scope::repository(&self.name, self.access)];
        scopes.extend(other.map(|other| Scope::repository(other, Access::Pull)));
        let subject = Subject {
            registry: &self.registry,
            repository: Some(&self.name),
            scopes: &scopes,
            plain_http: self.client.speaks_plain_http(&self.registry),
            purpose: self.purpose(),
        };
        // Boxed: every operation waits in it.
        Box::pin(self.client.send(request, &subject, attempts)).await
    }

    /// The same repository for something else.
    pub(super) fn with_access(&self, access: Access) -> Self {
        Self { access, ..self.clone() }
    }

    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    /// Gives an error its context.
    pub(super) fn error(
        &self,
        step: &'static str,
        what: impl fmt::Display,
    ) -> impl FnOnce(ErrorKind) -> Error {
        let place = format!("{}/{}{what}", self.registry, self.name);
        move |kind| Error::new(step, place, kind)
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Repository({}/{})", self.registry, self.name)
    }
}
