//! One repository of one registry: what every request to it has in common.

use std::fmt;

use url::Url;

use super::client::Client;
use super::error::{Error, ErrorKind};
use super::reference::{RegistryName, RepositoryName};
use super::refusal::{BODY_LIMIT, Refusal};
use crate::wire::{self, Method, Request, Response};

/// A repository of a registry. Clones share connections.
#[derive(Clone)]
pub struct Repository {
    client: Client,
    registry: RegistryName,
    name: RepositoryName,
    purpose: &'static str,
}

impl Repository {
    pub(super) const fn new(
        client: Client,
        registry: RegistryName,
        name: RepositoryName,
        purpose: &'static str,
    ) -> Self {
        Self { client, registry, name, purpose }
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

    /// A request of this repository's purpose; `step` says which.
    pub(super) fn request(&self, method: Method, url: Url, step: &str) -> Request {
        Request::new(method, url, format!("{}: {step}", self.purpose))
    }

    /// Sends `request` and follows redirects.
    pub(super) async fn send(&self, request: Request) -> Result<Response, ErrorKind> {
        // Boxed: an exchange's state is large, and many operations wait in it.
        Ok(Box::pin(self.client.shared.transport.follow(request)).await?)
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

/// Reads the body of a refusal, as far as it can be read.
pub(super) async fn refusal(response: Response) -> ErrorKind {
    let status = response.status();
    match response.read(BODY_LIMIT).await {
        Ok(body) => Refusal::parse(status, &body).into(),
        Err(why) if matches!(why.kind(), wire::ErrorKind::Record(_)) => why.into(),
        // The status alone says that it is refused.
        Err(_) => Refusal::parse(status, b"").into(),
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Repository({}/{})", self.registry, self.name)
    }
}
