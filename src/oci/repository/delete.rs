//! Deleting manifests, tags and blobs (distribution specification, "Content Management").

use super::handle::Repository;
use crate::oci::auth::scope::Access;
use crate::oci::digest::Digest;
use crate::oci::error::{Error, ErrorKind};
use crate::oci::names::Tag;
use crate::oci::operation::Operation;
use crate::wire::Method;

impl Repository {
    /// Deletes a manifest, and with it every tag that names it.
    ///
    /// If the manifest has a subject and the registry keeps no list of referrers itself, the list under
    /// the tag schema is updated first.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such manifest; [`ErrorKind::Registry`] with status 405 if
    /// the registry does not allow deletion.
    pub async fn delete_manifest(&self, digest: &Digest) -> Result<(), Error> {
        let unlisted = Box::pin(self.forget_referrer(digest)).await;
        let deleted = match unlisted {
            Ok(()) => self.delete(format!("manifests/{digest}"), "manifest, delete").await,
            Err(error) => Err(error),
        };
        deleted.map_err(self.error("deleting the manifest", format_args!("@{digest}")))
    }

    /// Deletes a tag, and not the manifest that it names.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such tag; [`ErrorKind::Registry`] if the registry does not
    /// delete tags, as many do not.
    pub async fn delete_tag(&self, tag: &Tag) -> Result<(), Error> {
        let deleted = self.delete(format!("manifests/{tag}"), "tag, delete").await;
        deleted.map_err(self.error("deleting the tag", format_args!(":{tag}")))
    }

    /// Deletes a blob, even if a manifest refers to it.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such blob; [`ErrorKind::Registry`] with status 405 if the
    /// registry does not allow deletion.
    pub async fn delete_blob(&self, digest: &Digest) -> Result<(), Error> {
        let deleted = self.delete(format!("blobs/{digest}"), "blob, delete").await;
        deleted.map_err(self.error("deleting the blob", format_args!("@{digest}")))
    }

    async fn delete(&self, path: String, step: &'static str) -> Result<(), ErrorKind> {
        let (deleting, path) = (self.with_access(Access::Delete), &path);
        let send = |operation: Operation| async move {
            let request = operation.request(Method::DELETE, operation.url(path), step);
            let response = operation.send_for(request, &[200, 202, 204]).await?;
            Ok(response.discard().await?)
        };
        deleting.retry(send).await
    }
}
