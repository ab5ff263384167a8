//! Manifests: HEAD, GET, PUT, DELETE.

use std::fmt;

use bytes::Bytes;
use hyper::{Method, StatusCode};

use super::answer::{Answer, Code};
use super::discovery::Referring;
use super::route::parameters;
use super::server::Api;
use super::storage::{blob_key, content_key, manifest_key, tag_key, tags_key};
use crate::oci::{Descriptor, Digest, ManifestKind, MediaType, RepositoryName, Tag, TagOrDigest};

/// The most tags that one request may set.
const TAG_LIMIT: usize = 100;

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

    /// PUT. Pushed by digest, a manifest also gets each `tag` of the query.
    pub(super) fn write_manifest(
        &self,
        name: &RepositoryName,
        target: &TagOrDigest,
        query: &str,
        content_type: Option<&str>,
        content: Bytes,
    ) -> Result<Answer, Answer> {
        let invalid = |error: &dyn fmt::Display| Code::ManifestInvalid.because(error);
        let media_type = content_type
            .map(MediaType::from_content_type)
            .transpose()
            .map_err(|error| invalid(&error))?;
        let manifest =
            ManifestKind::parse(media_type.as_ref(), &content).map_err(|error| invalid(&error))?;
        let (declared, fallback) = match &manifest {
            ManifestKind::Manifest(manifest) => (&manifest.media_type, MediaType::OCI_MANIFEST),
            ManifestKind::Index(index) => (&index.media_type, MediaType::OCI_INDEX),
        };
        let media_type = media_type.or_else(|| declared.clone()).unwrap_or(fallback);
        let referring = Referring::parse(&content).map_err(|error| invalid(&error))?;
        self.check_content(name, &manifest)?;

        let (digest, tags) = match target {
            TagOrDigest::Digest(digest) => (digest.clone(), tags(query)?),
            TagOrDigest::Tag(tag) => (Digest::sha256(&content), vec![tag.clone()]),
        };
        if !digest.matches(&content) {
            return Err(Code::DigestInvalid.because("the manifest has another digest"));
        }
        self.storage.write(&content_key(&digest), content)?;
        let entry = media_type.to_string();
        self.storage.write(&manifest_key(name, &digest), entry.into())?;
        let mut answer = Answer::new(StatusCode::CREATED)
            .header("location", format!("/v2/{name}/manifests/{digest}"))
            .header("docker-content-digest", &digest);
        for tag in tags {
            self.storage.write(&tag_key(name, &tag), digest.to_string().into())?;
            if matches!(target, TagOrDigest::Digest(_)) {
                answer = answer.header("oci-tag", &tag);
            }
        }
        if let Some(subject) = referring.subject {
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
                let layers = manifest.layers.iter().filter(|layer| !is_foreign(layer));
                for blob in std::iter::once(&manifest.config).chain(layers) {
                    if !self.storage.has(&blob_key(name, &blob.digest)) {
                        return missing(&blob.digest);
                    }
                }
            }
            ManifestKind::Index(index) => {
                for Descriptor { digest, .. } in &index.manifests {
                    // An index may list any content.
                    let keys = [manifest_key(name, digest), blob_key(name, digest)];
                    if !keys.iter().any(|key| self.storage.has(key)) {
                        return missing(digest);
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

    /// Everything but PUT.
    pub(super) fn manifest(
        &self,
        method: &Method,
        name: &RepositoryName,
        target: &TagOrDigest,
    ) -> Result<Answer, Answer> {
        match *method {
            Method::GET | Method::HEAD => self.read_manifest(name, target),
            Method::DELETE => self.delete_manifest(name, target),
            _ => Err(Code::Unsupported.because("a manifest takes GET, HEAD, PUT and DELETE")),
        }
    }
}

/// The tags that a query asks for.
fn tags(query: &str) -> Result<Vec<Tag>, Answer> {
    let mut tags = Vec::new();
    for tag in parameters(query, "tag") {
        if tags.len() == TAG_LIMIT {
            return Err(Code::UriTooLong.because(format!("more than {TAG_LIMIT} tags")));
        }
        tags.push(tag.parse().map_err(|error| Code::TagInvalid.because(error))?);
    }
    Ok(tags)
}

/// Whether a layer is one that registries need not have (image specification, "Non-Distributable
/// Layers").
fn is_foreign(layer: &Descriptor) -> bool {
    let media_type = layer.media_type.as_str();
    media_type.starts_with("application/vnd.oci.image.layer.nondistributable.v1.tar")
        || media_type.starts_with("application/vnd.docker.image.rootfs.foreign.diff.tar")
}
