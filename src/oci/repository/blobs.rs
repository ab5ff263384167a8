//! Reading small blobs, and asking whether a blob exists (distribution specification, "Pulling blobs").

use super::handle::Repository;
use super::manifests::{digest_header, refuse_encoding};
use crate::oci::descriptor::{Descriptor, Mismatch};
use crate::oci::digest::Digest;
use crate::oci::error::{Error, ErrorKind, Result};
use crate::oci::operation::Operation;
use crate::wire::{HttpErrorKind, Method};

impl Repository {
    /// Returns true if the repository has the blob. If the registry does not support such requests (405,
    /// 501), returns false.
    ///
    /// # Errors
    /// [`Error`] if the registry cannot be reached or refuses.
    pub async fn has_blob(&self, digest: &Digest) -> Result<bool, Error> {
        let found = self.retry(|operation| head_blob(operation, digest)).await;
        found.map_err(self.error("looking for the blob", format_args!("@{digest}")))
    }

    /// Reads a small blob into memory. Its bytes are those that `descriptor` describes.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] if the descriptor's size exceeds `limit`, in bytes, before a request is
    /// sent; [`ErrorKind::Mismatch`] if the registry sends other bytes.
    pub async fn blob(&self, descriptor: &Descriptor, limit: u64) -> Result<Vec<u8>, Error> {
        let fetched = if descriptor.size > limit {
            Err(ErrorKind::TooLarge { limit })
        } else {
            self.retry(|operation| fetch_blob(operation, descriptor)).await
        };
        fetched.map_err(self.error("reading the blob", format_args!("@{}", descriptor.digest)))
    }
}

/// `HEAD …/blobs/<digest>`
pub(super) async fn head_blob(operation: Operation, digest: &Digest) -> Result<bool> {
    let url = operation.url(&format!("blobs/{digest}"));
    let request = operation.request(Method::HEAD, url, "blob, head");
    let response = operation.send_for(request, &[200, 404, 405, 501]).await?;
    Ok(response.status() == 200)
}

/// `GET …/blobs/<digest>`
async fn fetch_blob(operation: Operation, descriptor: &Descriptor) -> Result<Vec<u8>> {
    let url = operation.url(&format!("blobs/{}", descriptor.digest));
    let request = operation.request(Method::GET, url, "blob, get");
    let response = operation.send_for(request, &[200]).await?;
    let promised = digest_header(response.headers())?;
    let encoding = refuse_encoding(&response);
    let content = match response.read(descriptor.size).await {
        // One byte more than promised is enough to know that the size is wrong.
        Err(error) if matches!(error.kind(), HttpErrorKind::BodyTooLarge(_)) => {
            let expected = descriptor.size;
            let found = expected.saturating_add(1);
            return Err(Mismatch::Size { expected, found }.into());
        }
        read => read?,
    };
    // Some registries name an encoding but send the bytes unencoded. The digest decides.
    descriptor.verify(&content).map_err(|error| encoding.err().unwrap_or(error.into()))?;
    if let Some(promised) = promised {
        promised.check(&content)?;
    }
    Ok(content)
}
