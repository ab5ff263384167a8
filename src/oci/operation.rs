//! The life of a request, from top to bottom: build, authorise, send, follow redirects, retry, read the
//! error response.
//!
//! This module knows no endpoint. Endpoints start an [`Operation`] for each thing that they do, and send
//! every request of it through [`Operation::send`].

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use url::Url;

use super::auth::authenticator::{AuthContext, Authenticator};
use super::auth::error::AuthenticationError;
use super::background::BackgroundTasks;
use super::error::{ErrorKind, Result};
use super::retry::{RetryBudget, RetryPolicy};
use super::warning::Warnings;
use crate::wire::{Method, Request, Response, Target, Transport};

pub(super) struct Shared {
    pub(super) transport: Arc<Transport>,
    pub(super) authenticator: Authenticator,
    pub(super) retry: RetryPolicy,
    pub(super) warnings: Warnings,
    pub(super) background: BackgroundTasks,
}

/// One operation on a registry, such as reading a manifest. Clones share one counter of requests, which
/// numbers the attempts in the transcript.
#[derive(Clone)]
pub(super) struct Operation {
    shared: Arc<Shared>,
    context: Arc<AuthContext>,
    attempts: Arc<AtomicU32>,
}

impl Operation {
    pub(super) fn new(shared: Arc<Shared>, context: AuthContext) -> Self {
        Self { shared, context: Arc::new(context), attempts: Arc::default() }
    }

    /// Runs `action`, which may be repeated without harm, until it succeeds, fails permanently, or no
    /// retry is left.
    pub(super) async fn retry<T, F, D>(self, mut action: F) -> Result<T>
    where
        F: FnMut(Self) -> D,
        D: Future<Output = Result<T>>,
    {
        let mut budget = RetryBudget::new(self.shared.retry);
        loop {
            // Boxed, because this large future would be a part of the future of every operation.
            match Box::pin(action(self.clone())).await {
                Err(error) => budget.back_off_if_temporary(error).await?,
                done => return done,
            }
        }
    }

    /// Returns the URL of `path` below the repository, or below the root of the API if the operation has no
    /// repository.
    pub(super) fn url(&self, path: &str) -> Url {
        match &self.context.repository {
            Some(repository) => self.context.registry.url(&format!("{repository}/{path}")),
            None => self.context.registry.url(path),
        }
    }

    /// Builds a request to a URL of ours. A transcript shows `step` as its purpose.
    pub(super) fn request(&self, method: Method, url: Url, step: &str) -> Request {
        self.request_at(method, Target::registry(url), step)
    }

    /// Builds a request to a target that a response named.
    pub(super) fn request_at(&self, method: Method, target: Target, step: &str) -> Request {
        Request::new(method, target, format!("{}: {step}", self.context.purpose))
    }

    /// Sends `request`, and turns a response whose status is not among `accepted` into an error.
    pub(super) async fn send_for(&self, request: Request, accepted: &[u16]) -> Result<Response> {
        let only_reads = request.method.is_safe();
        let response = self.send(request).await?;
        if accepted.contains(&response.status()) {
            Ok(response)
        } else if only_reads {
            Err(ErrorKind::of_response(response).await)
        } else {
            Err(ErrorKind::of_unexpected(response).await)
        }
    }

    /// Sends `request` and returns the response, whatever its status.
    ///
    /// Redirects are followed. A request to the registry has the authorization that its challenge asks for,
    /// and is sent again if the registry asks for another one. A request to a foreign target, such as the
    /// location of an upload at another origin, has no authorization.
    pub(super) async fn send(&self, request: Request) -> Result<Response> {
        // Boxed, because this large future would be a part of the future of every operation.
        Box::pin(self.send_authorized(request)).await
    }

    async fn send_authorized(&self, request: Request) -> Result<Response> {
        let Shared { authenticator, warnings, .. } = &*self.shared;
        let registry = &self.context.registry;
        if request.target.is_foreign() {
            return without_login(self.follow(request).await?);
        }
        let mut login = authenticator.begin(&self.context).await?;
        loop {
            let authorization = login.authorization.clone();
            let response = self.follow(request.clone().authorization(authorization)).await?;
            if response.is_foreign() {
                return without_login(response);
            }
            let reviewed = authenticator.review(&self.context, &mut login, response).await?;
            if let Some(response) = reviewed {
                warnings.note(&registry.name, response.headers());
                return Ok(response);
            }
        }
    }

    async fn follow(&self, mut request: Request) -> Result<Response> {
        request.attempt = self.attempts.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(Box::pin(self.shared.transport.follow(request)).await?)
    }

    pub(super) fn has_sent(&self) -> bool {
        self.attempts.load(Ordering::Relaxed) > 0
    }
}

/// Returns a response that another origin sent or led to. A 401 is an error: no credential is sent there.
fn without_login(response: Response) -> Result<Response> {
    match response.status() {
        401 => Err(AuthenticationError::OtherHost.into()),
        _ => Ok(response),
    }
}
