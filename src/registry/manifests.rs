//! Manifests: HEAD, GET, PUT, DELETE.

use std::fmt;

use bytes::Bytes;
use hyper::{Method, StatusCode};

use super::answer::{Answer, Code};
use super::server::Api;
use super::storage::{blob_key, content_key, manifest_key, tag_key, tags_key};
use crate::oci::{Digest, ManifestKind, MediaType, RepositoryName, Tag, TagOrDigest};

impl Api {
    /// HEAD and GET.
    pub(super) fn read_manifest(
        &self,
        name: &RepositoryName,
        target: &TagOrDigest,
    ) -> Result<Answer, Answer> {
        let unknown = || Code::ManifestUnknown.because(format!("{name} has no manifest {target}"));
        let digest = match target {
            TagOrDigest::Digest(digest) => digest.clone(),
            TagOrDigest::Tag(tag) => self.tagged(name, tag)?.ok_or_else(unknown)?,
        };
        let (media_type, content) = self.manifest_content(name, &digest)?.ok_or_else(unknown)?;
        Ok(Answer::new(StatusCode::OK)
            .header("docker-content-digest", &digest)
            .header("etag", format!("\"{digest}\""))
            .body(&media_type, content))
    }

    fn tagged(&self, name: &RepositoryName, tag: &Tag) -> Result<Option<Digest>, Answer> {
        let entry = self.storage.read(&tag_key(name, tag))?;
        Ok(entry.and_then(|digest| std::str::from_utf8(&digest).ok()?.parse().ok()))
    }

    /// Media type and bytes of a manifest.
    pub(super) fn manifest_content(
        &self,
        name: &RepositoryName,
        digest: &Digest,
    ) -> Result<Option<(String, Bytes)>, Answer> {
        let Some(media_type) = self.storage.read(&manifest_key(name, digest))? else {
            return Ok(None);
        };
        let content = self.storage.read(&content_key(digest))?;
        Ok(content.map(|content| (String::from_utf8_lossy(&media_type).into_owned(), content)))
    }

    pub(super) fn write_manifest(
        &self,
        name: &RepositoryName,
        target: &TagOrDigest,
        content_type: Option<&str>,
        content: Bytes,
    ) -> Result<Answer, Answer> {
        let invalid = |why: &dyn fmt::Display| Code::ManifestInvalid.because(why);
        let media_type = content_type
            .map(MediaType::from_content_type)
            .transpose()
            .map_err(|why| invalid(&why))?;
        let manifest =
            ManifestKind::parse(media_type.as_ref(), &content).map_err(|why| invalid(&why))?;
        let (declared, fallback) = match &manifest {
            ManifestKind::Manifest(manifest) => (&manifest.media_type, MediaType::OCI_MANIFEST),
            ManifestKind::Index(index) => (&index.media_type, MediaType::OCI_INDEX),
        };
        let media_type = media_type.or_else(|| declared.clone()).unwrap_or(fallback);
        self.check_content(name, &manifest)?;

        let digest = match target {
            TagOrDigest::Digest(digest) => digest.clone(),
            TagOrDigest::Tag(_) => Digest::sha256(&content),
        };
        if !digest.matches(&content) {
            return Err(Code::DigestInvalid.because("the manifest has another digest"));
        }
        self.storage.write(&content_key(&digest), content)?;
        let entry = media_type.to_string();
        self.storage.write(&manifest_key(name, &digest), entry.into())?;
        if let TagOrDigest::Tag(tag) = target {
            self.storage.write(&tag_key(name, tag), digest.to_string().into())?;
        }
        let mut answer = Answer::new(StatusCode::CREATED)
            .header("location", format!("/v2/{name}/manifests/{digest}"))
            .header("docker-content-digest", &digest);
        if let ManifestKind::Manifest(manifest) = &manifest
            && let Some(subject) = &manifest.subject
        {
            answer = answer.header("oci-subject", &subject.digest);
        }
        Ok(answer)
    }

    /// Whether the repository has everything that the manifest refers to.
    fn check_content(&self, name: &RepositoryName, manifest: &ManifestKind) -> Result<(), Answer> {
        let missing = |digest: &Digest| {
            Err(Code::ManifestBlobUnknown.because(format!("{name} has no {digest}")))
        };
        match manifest {
            ManifestKind::Manifest(manifest) => {
                let blobs = std::iter::once(&manifest.config).chain(&manifest.layers);
                for blob in blobs {
                    if !self.storage.has(&blob_key(name, &blob.digest)) {
                        return missing(&blob.digest);
                    }
                }
            }
            ManifestKind::Index(index) => {
                for manifest in &index.manifests {
                    if !self.storage.has(&manifest_key(name, &manifest.digest)) {
                        return missing(&manifest.digest);
                    }
                }
            }
        }
        Ok(())
    }

    /// A tag alone is removed by its name; a manifest, and the tags that name it, by its digest.
    pub(super) fn delete_manifest(
        &self,
        name: &RepositoryName,
        target: &TagOrDigest,
    ) -> Result<Answer, Answer> {
        let removed = match target {
            TagOrDigest::Tag(tag) => self.storage.remove(&tag_key(name, tag))?,
            TagOrDigest::Digest(digest) => {
                for tag in self.storage.list(&tags_key(name))? {
                    if let Ok(tag) = tag.parse()
                        && self.tagged(name, &tag)?.as_ref() == Some(digest)
                    {
                        self.storage.remove(&tag_key(name, &tag))?;
                    }
                }
                self.storage.remove(&manifest_key(name, digest))?
            }
        };
        if removed {
            Ok(Answer::new(StatusCode::ACCEPTED))
        } else {
            Err(Code::ManifestUnknown.because(format!("{name} has no manifest {target}")))
        }
    }

    pub(super) fn manifest(
        &self,
        method: &Method,
        name: &RepositoryName,
        target: &TagOrDigest,
        content_type: Option<&str>,
        body: Bytes,
    ) -> Result<Answer, Answer> {
        match *method {
            Method::GET | Method::HEAD => self.read_manifest(name, target),
            Method::PUT => self.write_manifest(name, target, content_type, body),
            Method::DELETE => self.delete_manifest(name, target),
            _ => Err(Code::Unsupported.because("a manifest takes GET, HEAD, PUT and DELETE")),
        }
    }
}
