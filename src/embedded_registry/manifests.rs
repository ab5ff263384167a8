//! The endpoint of manifests: HEAD, GET, PUT, DELETE.

use std::fmt;

use bytes::Bytes;
use hyper::StatusCode;

use super::api::{Api, parameters};
use super::discovery::ReferrerFields;
use super::response::{ApiResponse, ApiResult, Rejection};
use super::storage::{blob_key, content_key, manifest_key, tag_key, tags_key};
use crate::oci::{Descriptor, Digest, ManifestKind, MediaType, RepositoryName, Tag, TagOrDigest};

const TAG_LIMIT: usize = 100;

impl Api {
    pub(super) fn read_manifest(&self, name: &RepositoryName, target: &TagOrDigest) -> ApiResult {
        let unknown = || unknown(name, target);
        let digest = match target {
            TagOrDigest::Digest(digest) => digest.clone(),
            TagOrDigest::Tag(tag) => self.tagged(name, tag)?.ok_or_else(unknown)?,
        };
        let (media_type, content) = self.manifest_content(name, &digest)?.ok_or_else(unknown)?;
        Ok(ApiResponse::new(StatusCode::OK)
            .header("docker-content-digest", &digest)
            .header("etag", format!("\"{digest}\""))
            .body(&media_type, content))
    }

    fn tagged(&self, name: &RepositoryName, tag: &Tag) -> ApiResult<Option<Digest>> {
        let entry = self.storage.read(&tag_key(name, tag))?;
        Ok(entry.and_then(|digest| std::str::from_utf8(&digest).ok()?.parse().ok()))
    }

    pub(super) fn manifest_content(
        &self,
        name: &RepositoryName,
        digest: &Digest,
    ) -> ApiResult<Option<(String, Bytes)>> {
        let Some(media_type) = self.storage.read(&manifest_key(name, digest))? else {
            return Ok(None);
        };
        let content = self.storage.read(&content_key(digest))?;
        Ok(content.map(|content| (String::from_utf8_lossy(&media_type).into_owned(), content)))
    }

    /// Handles PUT. A manifest that is pushed by digest also gets every `tag` of the query.
    pub(super) fn write_manifest(
        &self,
        name: &RepositoryName,
        target: &TagOrDigest,
        query: &str,
        content_type: Option<&str>,
        content: Bytes,
    ) -> ApiResult {
        let media_type =
            content_type.map(MediaType::from_content_type).transpose().map_err(invalid)?;
        let manifest = ManifestKind::parse(media_type.as_ref(), &content).map_err(invalid)?;
        let (declared, fallback) = match &manifest {
            ManifestKind::Manifest(manifest) => (&manifest.media_type, MediaType::OCI_MANIFEST),
            ManifestKind::Index(index) => (&index.media_type, MediaType::OCI_INDEX),
        };
        let media_type = media_type.or_else(|| declared.clone()).unwrap_or(fallback);
        let fields: ReferrerFields = serde_json::from_slice(&content).map_err(invalid)?;
        self.check_content(name, &manifest)?;

        let (digest, tags) = match target {
            TagOrDigest::Digest(digest) => (digest.clone(), tags(query)?),
            TagOrDigest::Tag(tag) => (Digest::sha256(&content), vec![tag.clone()]),
        };
        if !digest.matches(&content) {
            return Err(Rejection::DIGEST_INVALID.because("the manifest has another digest"));
        }
        self.storage.write(&content_key(&digest), content)?;
        let entry = media_type.to_string();
        self.storage.write(&manifest_key(name, &digest), entry.into())?;
        let mut response = ApiResponse::new(StatusCode::CREATED)
            .header("location", format!("/v2/{name}/manifests/{digest}"))
            .header("docker-content-digest", &digest);
        for tag in tags {
            self.storage.write(&tag_key(name, &tag), digest.to_string().into())?;
            if matches!(target, TagOrDigest::Digest(_)) {
                response = response.header("oci-tag", &tag);
            }
        }
        if let Some(subject) = fields.subject {
            response = response.header("oci-subject", &subject.digest);
        }
        Ok(response)
    }

    /// Rejects a manifest that refers to content that the repository does not have.
    fn check_content(&self, name: &RepositoryName, manifest: &ManifestKind) -> ApiResult<()> {
        let has_blob = |content: &Descriptor| self.storage.has(&blob_key(name, &content.digest));
        let has_manifest =
            |content: &Descriptor| self.storage.has(&manifest_key(name, &content.digest));
        let missing = match manifest {
            ManifestKind::Manifest(manifest) => {
                let layers = manifest.layers.iter().filter(|layer| !is_non_distributable(layer));
                std::iter::once(&manifest.config).chain(layers).find(|blob| !has_blob(blob))
            }
            // An index may list blobs as well as manifests.
            ManifestKind::Index(index) => {
                index.manifests.iter().find(|listed| !has_manifest(listed) && !has_blob(listed))
            }
        };
        let unknown = |Descriptor { digest, .. }: &Descriptor| {
            Err(Rejection::MANIFEST_BLOB_UNKNOWN.because(format!("{name} has no {digest}")))
        };
        missing.map_or(Ok(()), unknown)
    }

    /// Deletes a tag, or a manifest with all its tags.
    pub(super) fn delete_manifest(&self, name: &RepositoryName, target: &TagOrDigest) -> ApiResult {
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
        removed.then(|| ApiResponse::new(StatusCode::ACCEPTED)).ok_or_else(|| unknown(name, target))
    }
}

fn unknown(name: &RepositoryName, target: &TagOrDigest) -> ApiResponse {
    Rejection::MANIFEST_UNKNOWN.because(format!("{name} has no manifest {target}"))
}

fn invalid(error: impl fmt::Display) -> ApiResponse {
    Rejection::MANIFEST_INVALID.because(error)
}

/// Returns the tags that the query of a PUT asks for.
fn tags(query: &str) -> ApiResult<Vec<Tag>> {
    let mut tags = Vec::new();
    for tag in parameters(query, "tag") {
        if tags.len() == TAG_LIMIT {
            return Err(Rejection::TOO_MANY_TAGS.because(format!("more than {TAG_LIMIT} tags")));
        }
        tags.push(tag.parse().map_err(invalid)?);
    }
    Ok(tags)
}

/// Returns true for a layer that registries need not have (image specification,
/// "Non-Distributable Layers").
fn is_non_distributable(layer: &Descriptor) -> bool {
    let media_type = layer.media_type.as_str();
    media_type.starts_with("application/vnd.oci.image.layer.nondistributable.v1.tar")
        || media_type.starts_with("application/vnd.docker.image.rootfs.foreign.diff.tar")
}
