//! Requests that may open an upload session: its start, and the mount of a blob from another repository
//! (distribution specification, "Mounting a blob from another repository").
//!
//! Only the response says where the session is. If the caller drops its future, the request continues in the
//! background, and a session that it opens is cancelled.

use std::io;
use std::time::Duration;

use tokio::sync::oneshot;

use super::responses::{check_stored, escaped};
use super::session::UploadSession;
use crate::oci::auth::error::AuthenticationError;
use crate::oci::digest::{Algorithm, Digest};
use crate::oci::error::{Error, ErrorKind, Result};
use crate::oci::names::RepositoryName;
use crate::oci::operation::Operation;
use crate::oci::repository::handle::Repository;
use crate::wire::{Method, Request, Response};

/// The longest wait for a response after the caller has dropped its future. An interrupted program ends only
/// after this wait.
const LIMIT: Duration = Duration::from_secs(2);

type Outcome = Result<Response>;

impl UploadSession {
    /// Opens a session: `POST …/blobs/uploads/` without a body.
    ///
    /// If the response is lost, an opened session stays at the registry without content until it expires.
    pub(super) async fn open(repository: &Repository, algorithm: Algorithm) -> Result<Self> {
        repository
            .retry(|operation| async move {
                let mut url = operation.url("blobs/uploads/");
                if algorithm != Algorithm::Sha256 {
                    url.set_query(Some(&format!("digest-algorithm={}", algorithm.name())));
                }
                let request = operation.request(Method::POST, url, "blob upload, start");
                let response = send_opening(repository, operation, request).await?;
                match response.status() {
                    202 => Self::opened(repository, response, algorithm).await,
                    _ => Err(ErrorKind::of_unexpected(response).await),
                }
            })
            .await
    }
}

/// Sends a request that may open an upload session in `repository`.
///
/// Dropping the future early does not stop the request: a session that it opens is cancelled in the
/// background.
pub(super) async fn send_opening(
    repository: &Repository,
    operation: Operation,
    request: Request,
) -> Outcome {
    let (sender, outcome) = oneshot::channel();
    let work = send_and_hand_over(repository.clone(), operation, request, sender);
    let _guard = repository.shared.background.spawn_guarded(work);
    // The sender is dropped unused only if the runtime was shut down.
    outcome.await.unwrap_or_else(|_| Err(ErrorKind::Local(io::ErrorKind::Interrupted.into())))
}

/// Sends `request` and passes the outcome to `caller`. If the caller was dropped, cancels the session that
/// was opened.
async fn send_and_hand_over(
    repository: Repository,
    operation: Operation,
    request: Request,
    mut caller: oneshot::Sender<Outcome>,
) {
    let mut sending = Box::pin(operation.send(request));
    let outcome = tokio::select! {
        outcome = &mut sending => outcome,
        () = caller.closed() => {
            // A request that was not sent opens nothing.
            if !operation.has_sent() {
                return;
            }
            let Ok(outcome) = tokio::time::timeout(LIMIT, &mut sending).await else { return };
            outcome
        }
    };
    let Err(Ok(unwanted)) = caller.send(outcome) else { return };
    if unwanted.status() == 202
        && let Ok(mut session) =
            UploadSession::opened(&repository, unwanted, Algorithm::Sha256).await
    {
        session.abandon().await;
    }
}

impl Repository {
    /// Asks the registry to mount the blob from its repository `from`. Returns false if the registry does
    /// not: the blob has to be uploaded then.
    ///
    /// # Errors
    /// [`Error`] if the registry cannot be reached, or says that it mounted another blob.
    pub async fn mount_blob(&self, digest: &Digest, from: &RepositoryName) -> Result<bool, Error> {
        let operation = self.operation_reading(from);
        let mount = |operation| self.request_mount(operation, digest, from);
        let mounted = match operation.retry(mount).await {
            // Harbor and GitLab answer 401, and Docker Hub 400, if they do not know `from`.
            Err(error) if is_refusal(&error) => Ok(false),
            done => done,
        };
        mounted.map_err(self.error("mounting the blob", format_args!("@{digest}")))
    }

    /// `POST …/blobs/uploads/?mount=<digest>&from=<repository>`
    async fn request_mount(
        &self,
        operation: Operation,
        digest: &Digest,
        from: &RepositoryName,
    ) -> Result<bool> {
        let mut url = operation.url("blobs/uploads/");
        let from = from.as_str().replace('/', "%2F");
        url.set_query(Some(&format!("mount={}&from={from}", escaped(digest))));
        let request = operation.request(Method::POST, url, "blob, mount");
        let response = send_opening(self, operation, request).await?;
        match response.status() {
            201 => {
                check_stored(&response, digest)?;
                response.discard().await?;
                Ok(true)
            }
            // The registry opened an upload instead. It is cancelled: the caller's upload opens its own.
            202 => {
                match UploadSession::opened(self, response, digest.algorithm()).await {
                    Ok(mut session) => session.abandon().await,
                    // Without a usable location, there is nothing to cancel.
                    Err(ErrorKind::Protocol(_)) => {}
                    Err(error) => return Err(error),
                }
                Ok(false)
            }
            _ => Err(ErrorKind::of_unexpected(response).await),
        }
    }
}

/// Returns true if the registry received the request and refused it.
const fn is_refusal(error: &ErrorKind) -> bool {
    matches!(
        error,
        ErrorKind::Registry(_)
            | ErrorKind::Denied(_)
            | ErrorKind::NotFound(_)
            | ErrorKind::Authentication(
                AuthenticationError::Refused { .. } | AuthenticationError::TokenServer(_)
            )
    )
}
