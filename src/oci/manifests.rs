//! Reading and writing manifests (distribution specification, "Pulling manifests" and "Pushing
//! manifests").

use bytes::Bytes;

use super::descriptor::{Descriptor, Mismatch};
use super::digest::Digest;
use super::error::{Error, ErrorKind, Violation};
use super::manifest::{MANIFEST_LIMIT, ManifestKind};
use super::media_type::MediaType;
use super::reference::TagOrDigest;
use super::repository::Repository;
use super::retry::Attempts;
use super::session::refusal;
use crate::printable::excerpt;
use crate::wire::{Headers, Method, Response};

/// What the client understands, in the order of preference.
const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, \
    application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, \
    application/vnd.docker.distribution.manifest.list.v2+json";

/// A manifest as a registry sent it: its bytes have the digest that stands in its descriptor.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FetchedManifest {
    /// Media type, digest and size.
    pub descriptor: Descriptor,
    /// The bytes.
    pub content: Vec<u8>,
    /// What the bytes say.
    pub kind: ManifestKind,
}

impl Repository {
    /// Reads the manifest behind a tag or digest.
    ///
    /// The bytes are checked against the digest that was asked for and against the registry's
    /// `Docker-Content-Digest`, where there is one.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is none; [`ErrorKind::TooLarge`] over
    /// [`MANIFEST_LIMIT`]; [`ErrorKind::Mismatch`]; [`ErrorKind::Manifest`].
    pub async fn manifest(&self, target: &TagOrDigest) -> Result<FetchedManifest, Error> {
        let fetched = self.client().persist(|attempts| self.fetch_manifest(target, attempts)).await;
        fetched.map_err(self.error("reading the manifest", suffix(target)))
    }

    pub(super) async fn fetch_manifest(
        &self,
        target: &TagOrDigest,
        attempts: Attempts,
    ) -> Result<FetchedManifest, ErrorKind> {
        let (content_type, content) = self.fetch_content(target, ACCEPT, attempts).await?;
        let kind =
            ManifestKind::parse(content_type.as_ref(), &content).map_err(ErrorKind::Manifest)?;
        let declared = match &kind {
            ManifestKind::Manifest(manifest) => manifest.media_type.clone(),
            ManifestKind::Index(index) => index.media_type.clone(),
        };
        let fallback = match &kind {
            ManifestKind::Manifest(_) => MediaType::OCI_MANIFEST,
            ManifestKind::Index(_) => MediaType::OCI_INDEX,
        };
        let mut descriptor =
            Descriptor::of(content_type.or(declared).unwrap_or(fallback), &content);
        if let TagOrDigest::Digest(digest) = target {
            descriptor.digest = digest.clone();
        }
        Ok(FetchedManifest { descriptor, content, kind })
    }

    /// The bytes behind a tag or digest, whatever they are, and the type that they came as.
    async fn fetch_content(
        &self,
        target: &TagOrDigest,
        accept: &str,
        attempts: Attempts,
    ) -> Result<(Option<MediaType>, Vec<u8>), ErrorKind> {
        let url = self.url(&format!("manifests/{target}"));
        let request = self.request(Method::Get, url, "manifest, get").header("accept", accept);
        let response = self.send(request, &attempts).await?;
        if response.status() != 200 {
            return Err(refusal(response).await);
        }
        refuse_encoding(&response)?;
        let content_type = content_type(&response)?;
        let promised = digest_header(response.headers())?;
        let content = response.read(MANIFEST_LIMIT).await?;
        let asked = match target {
            TagOrDigest::Digest(digest) => Some(digest),
            TagOrDigest::Tag(_) => None,
        };
        for expected in asked.into_iter().chain(&promised) {
            check_digest(expected, &content)?;
        }
        Ok((content_type, content))
    }

    /// Copies what an index lists under a type that is neither a manifest's nor an index's, as it is:
    /// what it refers to, if anything, is not known.
    pub(super) async fn copy_unknown(
        &self,
        source: &Self,
        listed: &Descriptor,
    ) -> Result<(), ErrorKind> {
        let target = &TagOrDigest::Digest(listed.digest.clone());
        let accept = listed.media_type.as_str();
        let read = |attempts| source.fetch_content(target, accept, attempts);
        let (_, content) = source.client().persist(read).await?;
        listed.verify(&content).map_err(ErrorKind::Mismatch)?;
        self.store_manifest(target, &listed.media_type, content.into()).await.map(|_| ())
    }

    /// Puts a manifest under a tag or its digest. `content` is sent as it is.
    ///
    /// # Errors
    /// [`ErrorKind::Registry`] where the registry does not take it, for instance because a blob is
    /// missing; [`ErrorKind::Mismatch`] where it stored something else.
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

    /// Puts a manifest, and tells whether the registry knows its subject.
    pub(super) async fn store_manifest(
        &self,
        target: &TagOrDigest,
        media_type: &MediaType,
        content: Bytes,
    ) -> Result<StoredManifest, ErrorKind> {
        if content.len() as u64 > MANIFEST_LIMIT {
            return Err(ErrorKind::TooLarge { limit: MANIFEST_LIMIT });
        }
        if let TagOrDigest::Digest(digest) = target {
            check_digest(digest, &content)?;
        }
        // A manifest that is put twice is there once: repeating this does no harm.
        let put = |attempts| self.send_manifest(target, media_type, content.clone(), attempts);
        let mut patience = self.client().patience();
        loop {
            match self.client().persist(put).await {
                Err(error) if misses_blob(&error) => patience.insist(error).await?,
                done => return done,
            }
        }
    }

    async fn send_manifest(
        &self,
        target: &TagOrDigest,
        media_type: &MediaType,
        content: Bytes,
        attempts: Attempts,
    ) -> Result<StoredManifest, ErrorKind> {
        let url = self.url(&format!("manifests/{target}"));
        let request = self
            .request(Method::Put, url, "manifest, put")
            .body(media_type.as_str(), content.clone());
        let response = self.send(request, &attempts).await?;
        match response.status() {
            200 | 201 | 202 | 204 => {}
            400.. => return Err(refusal(response).await),
            other => return Err(ErrorKind::Protocol(Violation::Status(other))),
        }
        if let Some(stored) = digest_header(response.headers())? {
            check_digest(&stored, &content)?;
        }
        let knows_subject = response.headers().get("oci-subject").is_some();
        response.discard().await?;
        let digest = match target {
            TagOrDigest::Digest(digest) => digest.clone(),
            TagOrDigest::Tag(_) => Digest::sha256(&content),
        };
        Ok(StoredManifest { digest, knows_subject })
    }
}

/// Whether the registry misses a blob. It may be there all the same, and not be seen yet: storage may lag
/// behind, and Debian's registry loses sight of a blob for a moment while somebody else pushes it.
fn misses_blob(error: &ErrorKind) -> bool {
    match error {
        ErrorKind::Registry(refusal) | ErrorKind::NotFound(refusal) => {
            refusal.has_code("MANIFEST_BLOB_UNKNOWN") || refusal.has_code("BLOB_UNKNOWN")
        }
        _ => false,
    }
}

/// A manifest that a registry took.
pub(super) struct StoredManifest {
    pub(super) digest: Digest,
    /// Whether the registry lists the manifest with its subject by itself (`OCI-Subject`).
    pub(super) knows_subject: bool,
}

/// A compressed answer was not asked for, and its bytes are not those of any digest.
pub(super) fn refuse_encoding(response: &Response) -> Result<(), ErrorKind> {
    match response.headers().get("content-encoding") {
        None => Ok(()),
        Some(encoding) if encoding.trim().eq_ignore_ascii_case("identity") => Ok(()),
        Some(encoding) => {
            Err(ErrorKind::Protocol(Violation::ContentEncoding(excerpt(encoding, 40))))
        }
    }
}

pub(super) fn suffix(target: &TagOrDigest) -> String {
    match target {
        TagOrDigest::Tag(tag) => format!(":{tag}"),
        TagOrDigest::Digest(digest) => format!("@{digest}"),
    }
}

pub(super) fn check_digest(expected: &Digest, content: &[u8]) -> Result<(), ErrorKind> {
    let found = Digest::of(expected.algorithm(), content);
    if found == *expected {
        return Ok(());
    }
    Err(ErrorKind::Mismatch(Mismatch::Digest { expected: expected.clone(), found }))
}

fn content_type(response: &Response) -> Result<Option<MediaType>, ErrorKind> {
    let header = response.headers().get("content-type");
    header.map(MediaType::from_content_type).transpose().map_err(|_| {
        let shown = excerpt(header.unwrap_or_default(), 100);
        ErrorKind::Protocol(Violation::ContentType(shown))
    })
}

/// The digest that the registry promises, if it does (`Docker-Content-Digest`).
pub(super) fn digest_header(headers: &Headers) -> Result<Option<Digest>, ErrorKind> {
    let header = headers.get("docker-content-digest");
    header.map(str::parse).transpose().map_err(|_| {
        let shown = excerpt(header.unwrap_or_default(), 200);
        ErrorKind::Protocol(Violation::DigestHeader(shown))
    })
}
