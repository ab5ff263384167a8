//! Mounting a blob from another repository of the registry (distribution specification, "Mounting a blob
//! from another repository").

use super::opening::send_opening;
use super::responses::{check_stored, escaped};
use super::session::UploadSession;
use crate::oci::auth::error::AuthenticationError;
use crate::oci::digest::Digest;
use crate::oci::error::{Error, ErrorKind};
use crate::oci::names::RepositoryName;
use crate::oci::operation::Operation;
use crate::oci::repository::handle::Repository;
use crate::wire::Method;

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
    ) -> Result<bool, ErrorKind> {
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
