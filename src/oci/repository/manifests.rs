//! Reading and writing manifests (distribution specification, "Pulling manifests" and "Pushing
//! manifests").

use bytes::Bytes;

use super::handle::Repository;
use crate::oci::descriptor::Descriptor;
use crate::oci::digest::Digest;
use crate::oci::error::{Error, ErrorKind, ProtocolViolation, Result};
use crate::oci::error_response::ErrorCode;
use crate::oci::manifest::{MANIFEST_LIMIT, ManifestKind};
use crate::oci::media_type::MediaType;
use crate::oci::operation::Operation;
use crate::oci::reference::TagOrDigest;
use crate::printable::excerpt;
use crate::wire::{Headers, Method, Response};

/// The media types that the client understands, in the order of preference.
const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, \
    application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, \
    application/vnd.docker.distribution.manifest.list.v2+json";

/// A manifest as a registry sent it. Its content has the digest in its descriptor.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FetchedManifest {
    /// Media type, digest and size.
    pub descriptor: Descriptor,
    /// The content, byte for byte.
    pub content: Vec<u8>,
    /// The content, parsed.
    pub kind: ManifestKind,
}

impl Repository {
    /// Reads the manifest of a tag or digest.
    ///
    /// The content is checked against the digest that was asked for, and against the registry's
    /// `Docker-Content-Digest` if there is one.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such manifest; [`ErrorKind::TooLarge`] over 4 MiB;
    /// [`ErrorKind::Mismatch`]; [`ErrorKind::Manifest`].
    pub async fn manifest(&self, target: &TagOrDigest) -> Result<FetchedManifest, Error> {
        self.manifest_up_to(target, MANIFEST_LIMIT).await
    }

    /// Does what [`Self::manifest`] does, with another limit in bytes.
    pub(crate) async fn manifest_up_to(
        &self,
        target: &TagOrDigest,
        limit: u64,
    ) -> Result<FetchedManifest, Error> {
        let fetched = self.retry(|operation| fetch_manifest(operation, target, limit)).await;
        fetched.map_err(self.error("reading the manifest", suffix(target)))
    }

    /// Reads what a tag or digest names, whether or not this client understands it. The content is checked as by
    /// [`Self::manifest`].
    pub(in crate::oci) async fn manifest_content(
        &self,
        target: &TagOrDigest,
    ) -> Result<(Option<MediaType>, Vec<u8>), Error> {
        let fetched =
            self.retry(|operation| fetch_content(operation, target, ACCEPT, MANIFEST_LIMIT)).await;
        fetched.map_err(self.error("reading the manifest", suffix(target)))
    }

    /// Puts a manifest under a tag or its digest. `content` is sent byte for byte.
    ///
    /// # Errors
    /// [`ErrorKind::Registry`] if the registry does not accept it, for instance because a blob is
    /// missing; [`ErrorKind::Mismatch`] if the registry stored something else.
    pub async fn put_manifest(
        &self,
        target: &TagOrDigest,
        media_type: &MediaType,
        content: Vec<u8>,
    ) -> Result<Digest, Error> {
        let stored = self.store_manifest(target, media_type, content.into()).await;
        stored
            .map(|stored| stored.digest)
            .map_err(self.error("writing the manifest", suffix(target)))
    }

    /// Copies content of an unknown type that an index lists. Content that it refers to is not copied.
    pub(super) async fn copy_unknown(&self, source: &Self, listed: &Descriptor) -> Result<()> {
        let target = &TagOrDigest::Digest(listed.digest.clone());
        let accept = listed.media_type.as_str();
        let (_, content) =
            source.retry(|o| fetch_content(o, target, accept, MANIFEST_LIMIT)).await?;
        listed.verify(&content)?;
        self.store_manifest(target, &listed.media_type, content.into()).await.map(|_| ())
    }

    /// Puts a manifest, and returns its digest and whether the registry knows its subject.
    pub(super) async fn store_manifest(
        &self,
        target: &TagOrDigest,
        media_type: &MediaType,
        content: Bytes,
    ) -> Result<StoredManifest> {
        if content.len() as u64 > MANIFEST_LIMIT {
            return Err(ErrorKind::TooLarge { limit: MANIFEST_LIMIT });
        }
        if let TagOrDigest::Digest(digest) = target {
            digest.check(&content)?;
        }
        let put = |operation| put_manifest(operation, target, media_type, content.clone());
        let mut budget = self.retry_budget();
        loop {
            match self.retry(put).await {
                Err(error) if misses_blob(&error) => budget.back_off(error).await?,
                done => return done,
            }
        }
    }
}

pub(super) async fn fetch_manifest(
    operation: Operation,
    target: &TagOrDigest,
    limit: u64,
) -> Result<FetchedManifest> {
    let (content_type, content) = fetch_content(operation, target, ACCEPT, limit).await?;
    let kind = ManifestKind::parse(content_type.as_ref(), &content).map_err(ErrorKind::Manifest)?;
    let (declared, fallback) = match &kind {
        ManifestKind::Manifest(manifest) => (&manifest.media_type, MediaType::OCI_MANIFEST),
        ManifestKind::Index(index) => (&index.media_type, MediaType::OCI_INDEX),
    };
    let media_type = content_type.or_else(|| declared.clone()).unwrap_or(fallback);
    let mut descriptor = Descriptor::of(media_type, &content);
    if let TagOrDigest::Digest(digest) = target {
        descriptor.digest = digest.clone();
    }
    Ok(FetchedManifest { descriptor, content, kind })
}

/// `GET …/manifests/<reference>`: returns the content type and the content, which is not parsed.
async fn fetch_content(
    operation: Operation,
    target: &TagOrDigest,
    accept: &str,
    limit: u64,
) -> Result<(Option<MediaType>, Vec<u8>)> {
    let url = operation.url(&format!("manifests/{target}"));
    let request = operation.request(Method::GET, url, "manifest, get").header("accept", accept);
    let response = operation.send_for(request, &[200]).await?;
    refuse_encoding(&response)?;
    let content_type = content_type(&response)?;
    let promised = digest_header(response.headers())?;
    let content = response.read(limit).await?;
    let asked = match target {
        TagOrDigest::Digest(digest) => Some(digest),
        TagOrDigest::Tag(_) => None,
    };
    for expected in asked.into_iter().chain(&promised) {
        expected.check(&content)?;
    }
    Ok((content_type, content))
}

/// `PUT …/manifests/<reference>`. Repeating it does no harm.
async fn put_manifest(
    operation: Operation,
    target: &TagOrDigest,
    media_type: &MediaType,
    content: Bytes,
) -> Result<StoredManifest> {
    let url = operation.url(&format!("manifests/{target}"));
    let request = operation
        .request(Method::PUT, url, "manifest, put")
        .body(media_type.as_str(), content.clone());
    let response = operation.send_for(request, &[200, 201, 202, 204]).await?;
    if let Some(stored) = digest_header(response.headers())? {
        stored.check(&content)?;
    }
    let knows_subject = response.headers().get("oci-subject").is_some();
    response.discard().await?;
    let digest = match target {
        TagOrDigest::Digest(digest) => digest.clone(),
        TagOrDigest::Tag(_) => Digest::sha256(&content),
    };
    Ok(StoredManifest { digest, knows_subject })
}

/// Returns true if the registry misses a blob of a manifest.
///
/// The blob may be there and only not be visible yet: storage may lag behind, and Debian's registry does
/// not see a blob for a moment while another client pushes it.
fn misses_blob(error: &ErrorKind) -> bool {
    error.has_code(&[ErrorCode::ManifestBlobUnknown, ErrorCode::BlobUnknown])
}

pub(super) struct StoredManifest {
    pub(super) digest: Digest,
    /// Whether the registry itself lists the manifest with its subject (`OCI-Subject`).
    pub(super) knows_subject: bool,
}

/// Refuses a compressed response, which was not asked for: its bytes do not have the content's digest.
pub(super) fn refuse_encoding(response: &Response) -> Result<()> {
    match response.headers().get("content-encoding") {
        None => Ok(()),
        Some(encoding) if encoding.trim().eq_ignore_ascii_case("identity") => Ok(()),
        Some(encoding) => Err(ProtocolViolation::ContentEncoding(excerpt(encoding, 40)).into()),
    }
}

/// Returns `:TAG` or `@DIGEST`, as it follows the name of a repository.
pub(super) fn suffix(target: &TagOrDigest) -> String {
    match target {
        TagOrDigest::Tag(tag) => format!(":{tag}"),
        TagOrDigest::Digest(digest) => format!("@{digest}"),
    }
}

fn content_type(response: &Response) -> Result<Option<MediaType>> {
    let header = response.headers().get("content-type");
    header.map(MediaType::from_content_type).transpose().map_err(|_| {
        let shown = excerpt(header.unwrap_or_default(), 100);
        ProtocolViolation::ContentType(shown).into()
    })
}

/// Returns the digest that the registry promises (`Docker-Content-Digest`), if it sent one.
pub(super) fn digest_header(headers: &Headers) -> Result<Option<Digest>> {
    let header = headers.get("docker-content-digest");
    header.map(str::parse).transpose().map_err(|_| {
        let shown = excerpt(header.unwrap_or_default(), 200);
        ProtocolViolation::DigestHeader(shown).into()
    })
}
