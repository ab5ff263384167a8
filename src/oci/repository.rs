//! One repository of one registry: what every request to it has in common.

use std::fmt;

use url::Url;

use super::auth::{Access, Scope, Subject};
use super::client::Client;
use super::error::{Error, ErrorKind};
use super::reference::{RegistryName, RepositoryName};
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
        }
    }

    /// Sends `request`, follows redirects, and logs in where the registry wants it.
    pub(super) async fn send(&self, request: Request) -> Result<Response, ErrorKind> {
        let scope = Scope::repository(&self.name, self.access);
        let subject = Subject {
            registry: &self.registry,
            repository: Some(&self.name),
            scope: &scope,
            plain_http: self.client.speaks_plain_http(&self.registry),
            purpose: self.purpose(),
        };
        self.client.send(request, &subject).await
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
