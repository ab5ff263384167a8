//! Deleting (distribution specification, "Content Management").

use super::auth::Access;
use super::digest::Digest;
use super::error::{Error, ErrorKind};
use super::reference::{Tag, TagOrDigest};
use super::repository::Repository;
use super::retry::Attempts;
use super::session::refusal;
use crate::wire::Method;

impl Repository {
    /// Deletes a manifest, and with it every tag that names it.
    ///
    /// Where the manifest has a subject and the registry keeps no list of referrers by itself, the
    /// list under the tag schema is updated first.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is none; [`ErrorKind::Registry`] with status 405 where the
    /// registry deletes nothing.
    pub async fn delete_manifest(&self, digest: &Digest) -> Result<(), Error> {
        let unlisted = Box::pin(self.forget_referrer(digest)).await;
        let deleted = match unlisted {
            Ok(()) => self.delete("manifests", digest, "manifest, delete").await,
            Err(error) => Err(error),
        };
        deleted.map_err(self.error("deleting the manifest", format_args!("@{digest}")))
    }

    /// Deletes a tag alone. What it names stays.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is none; [`ErrorKind::Registry`] where the registry deletes
    /// no tags, as many do not.
    pub async fn delete_tag(&self, tag: &Tag) -> Result<(), Error> {
        let tag = TagOrDigest::Tag(tag.clone());
        let deleted = self.delete("manifests", &tag, "tag, delete").await;
        deleted.map_err(self.error("deleting the tag", format_args!(":{tag}")))
    }

    /// Deletes a blob, whether or not a manifest refers to it.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is none; [`ErrorKind::Registry`] with status 405 where the
    /// registry deletes nothing.
    pub async fn delete_blob(&self, digest: &Digest) -> Result<(), Error> {
        let deleted = self.delete("blobs", digest, "blob, delete").await;
        deleted.map_err(self.error("deleting the blob", format_args!("@{digest}")))
    }

    async fn delete(
        &self,
        kind: &str,
        name: &impl std::fmt::Display,
        step: &'static str,
    ) -> Result<(), ErrorKind> {
        let deleting = self.with_access(Access::Delete);
        let path = format!("{kind}/{name}");
        self.client().persist(|attempts| deleting.send_delete(&path, step, attempts)).await
    }

    async fn send_delete(
        &self,
        path: &str,
        step: &'static str,
        attempts: Attempts,
    ) -> Result<(), ErrorKind> {
        let request = self.request(Method::Delete, self.url(path), step);
        let response = self.send(request, &attempts).await?;
        match response.status() {
            200 | 202 | 204 => Ok(response.discard().await?),
            _ => Err(refusal(response).await),
        }
    }
}
