//! Reading blobs (distribution specification, "Pulling blobs").

use super::descriptor::{Descriptor, Mismatch};
use super::digest::Digest;
use super::error::{Error, ErrorKind};
use super::manifests::{digest_header, refuse_encoding};
use super::repository::Repository;
use super::retry::Attempts;
use super::session::refusal;
use crate::wire::{self, Method};

impl Repository {
    /// Whether the repository has the blob. A registry that does not answer such questions (405,
    /// 501) is taken not to have it.
    ///
    /// # Errors
    /// Where the registry cannot be asked or refuses.
    pub async fn has_blob(&self, digest: &Digest) -> Result<bool, Error> {
        let found = self.client().persist(|attempts| self.head_blob(digest, attempts)).await;
        found.map_err(self.error("looking for the blob", format_args!("@{digest}")))
    }

    pub(super) async fn head_blob(
        &self,
        digest: &Digest,
        attempts: Attempts,
    ) -> Result<bool, ErrorKind> {
        let url = self.url(&format!("blobs/{digest}"));
        let request = self.request(Method::Head, url, "blob, head");
        let response = self.send(request, &attempts).await?;
        match response.status() {
            200 => Ok(true),
            404 | 405 | 501 => Ok(false),
            _ => Err(refusal(response).await),
        }
    }

    /// Reads a small blob whole. Its bytes are those that `descriptor` describes.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] where the descriptor's size exceeds `limit`, before anything is
    /// asked; [`ErrorKind::Mismatch`] where the registry sends other bytes.
    pub async fn blob(&self, descriptor: &Descriptor, limit: u64) -> Result<Vec<u8>, Error> {
        let fetched =
            self.client().persist(|attempts| self.fetch_blob(descriptor, limit, attempts)).await;
        let digest = &descriptor.digest;
        fetched.map_err(self.error("reading the blob", format_args!("@{digest}")))
    }

    async fn fetch_blob(
        &self,
        descriptor: &Descriptor,
        limit: u64,
        attempts: Attempts,
    ) -> Result<Vec<u8>, ErrorKind> {
        if descriptor.size > limit {
            return Err(ErrorKind::TooLarge { limit });
        }
        let url = self.url(&format!("blobs/{}", descriptor.digest));
        let response = self.send(self.request(Method::Get, url, "blob, get"), &attempts).await?;
        if response.status() != 200 {
            return Err(refusal(response).await);
        }
        let promised = digest_header(response.headers())?;
        let encoding = refuse_encoding(&response);
        // One byte more than promised is enough to know that the size is wrong.
        let content = match response.read(descriptor.size).await {
            Err(error) if matches!(error.kind(), wire::HttpErrorKind::BodyTooLarge(_)) => {
                let expected = descriptor.size;
                let found = expected.saturating_add(1);
                return Err(ErrorKind::Mismatch(Mismatch::Size { expected, found }));
            }
            read => read?,
        };
        // Some registries name an encoding and send the very bytes: these count.
        descriptor
            .verify(&content)
            .map_err(|error| encoding.err().unwrap_or(ErrorKind::Mismatch(error)))?;
        if let Some(expected) = promised.filter(|promised| !promised.matches(&content)) {
            let found = Digest::of(expected.algorithm(), &content);
            return Err(ErrorKind::Mismatch(Mismatch::Digest { expected, found }));
        }
        Ok(content)
    }
}
