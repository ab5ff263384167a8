//! Mounting a blob from another repository of the registry (distribution specification, "Mounting a blob
//! from another repository").

use super::answer::{check_stored, unexpected};
use super::escaped;
use super::session::Upload;
use crate::oci::digest::Digest;
use crate::oci::error::{AuthenticationError, Error, ErrorKind};
use crate::oci::manifests::digest_header;
use crate::oci::reference::RepositoryName;
use crate::oci::repository::Repository;
use crate::oci::retry::Attempts;
use crate::wire::Method;

/// What a registry made of a request to mount a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mounted {
    /// The repository has the blob now.
    Yes,
    /// It has not; the blob has to be uploaded.
    No,
}

impl Repository {
    /// Asks the registry to take the blob over from its repository `from` (distribution
    /// specification, "Mounting a blob from another repository"). A registry that will not or cannot
    /// is no error: then the blob has to be uploaded.
    ///
    /// # Errors
    /// Where the registry cannot be asked, or says that it mounted another blob.
    pub async fn mount_blob(
        &self,
        digest: &Digest,
        from: &RepositoryName,
    ) -> Result<Mounted, Error> {
        let asked = self.client().persist(|attempts| self.ask_mount(digest, from, attempts)).await;
        let mounted = match asked {
            // Harbor and GitLab answer 401 and Docker Hub 400 where they do not know `from`.
            Err(error) if is_refusal(&error) => Ok(Mounted::No),
            asked => asked,
        };
        mounted.map_err(self.error("mounting the blob", format_args!("@{digest}")))
    }

    async fn ask_mount(
        &self,
        digest: &Digest,
        from: &RepositoryName,
        attempts: Attempts,
    ) -> Result<Mounted, ErrorKind> {
        let mut url = self.url("blobs/uploads/");
        let from_escaped = from.as_str().replace('/', "%2F");
        url.set_query(Some(&format!("mount={}&from={from_escaped}", escaped(digest))));
        let request = self.request(Method::Post, url, "blob, mount");
        let response = self.send_opening(request, &attempts, Some(from)).await?;
        match response.status() {
            201 => {
                check_stored(digest_header(response.headers())?, digest)?;
                response.discard().await?;
                Ok(Mounted::Yes)
            }
            // An upload was opened instead. It is not gone on with: whoever uploads begins anew.
            202 => {
                match Upload::opened(self, response, digest.algorithm()).await {
                    Ok(opened) => opened.cancel().await,
                    // Nothing that could be cancelled.
                    Err(ErrorKind::Protocol(_)) => {}
                    Err(error) => return Err(error),
                }
                Ok(Mounted::No)
            }
            _ => Err(unexpected(response).await),
        }
    }
}

/// Whether the registry was asked and said no, for whatever reason.
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
