//! Copying a manifest and everything that it refers to into another repository or registry.

use std::collections::HashSet;
use std::fs::File;
use std::sync::Arc;

use bytes::Bytes;

use super::handle::Repository;
use super::manifests::FetchedManifest;
use super::uploads::session::CHUNK_SIZE;
use crate::atomic_file::scratch;
use crate::oci::descriptor::Descriptor;
use crate::oci::digest::Digest;
use crate::oci::error::{Error, ErrorKind, ProtocolViolation};
use crate::oci::manifest::ManifestKind;
use crate::oci::reference::TagOrDigest;

const MANIFEST_COUNT: usize = 10_000;
const TOO_LONG: ProtocolViolation = ProtocolViolation::ListLength(MANIFEST_COUNT);
const DEPTH: u32 = 8;

/// A step of a copy that is still to be done. Numbers are depths of nesting.
enum Step {
    Read(Descriptor, u32),
    CopyContent(Box<FetchedManifest>, u32),
    Put(Box<FetchedManifest>, TagOrDigest),
}

impl Repository {
    /// Copies the manifest `from` of the repository `source`, and everything that it refers to, into this
    /// repository, under `target`. Everything that an index lists is copied, of whatever type.
    ///
    /// Content that this repository has already is not sent, and blobs of the same registry are mounted.
    /// Other blobs pass through a temporary file if they are larger than 4 MiB. `urls` of a
    /// layer are never followed, and the subject is not copied.
    ///
    /// # Errors
    /// Those of reading and writing; `target` still names what it named before then.
    pub async fn copy_from(
        &self,
        source: &Self,
        from: &TagOrDigest,
        target: &TagOrDigest,
    ) -> Result<Descriptor, Error> {
        let top = source.manifest(from).await?;
        let descriptor = top.descriptor.clone();
        let mut seen = HashSet::new();
        let mut steps = vec![Step::CopyContent(Box::new(top), 0)];
        while let Some(step) = steps.pop() {
            let (manifest, depth) = match step {
                Step::Read(listed, _) if seen.contains(&listed.digest) => continue,
                Step::Read(listed, _) if seen.len() >= MANIFEST_COUNT => {
                    return Err(self.refused(&listed.digest, TOO_LONG));
                }
                Step::Read(listed, depth) if depth > DEPTH => {
                    return Err(self.refused(&listed.digest, ProtocolViolation::List));
                }
                Step::Read(listed, depth)
                    if listed.media_type.is_manifest() || listed.media_type.is_index() =>
                {
                    let read = source.manifest(&TagOrDigest::Digest(listed.digest)).await?;
                    (Box::new(read), depth)
                }
                Step::Read(listed, _) => {
                    let copied = Box::pin(self.copy_unknown(source, &listed)).await;
                    copied.map_err(self.error("copying", format_args!("@{}", listed.digest)))?;
                    seen.insert(listed.digest);
                    continue;
                }
                Step::CopyContent(manifest, depth) => (manifest, depth),
                Step::Put(manifest, target) => {
                    let media_type = &manifest.descriptor.media_type;
                    self.put_manifest(&target, media_type, manifest.content).await?;
                    continue;
                }
            };
            let digest = manifest.descriptor.digest.clone();
            seen.insert(digest.clone());
            let mut children = Vec::new();
            match &manifest.kind {
                ManifestKind::Manifest(image) => {
                    for blob in std::iter::once(&image.config).chain(&image.layers) {
                        self.copy_blob(source, blob).await?;
                    }
                }
                ManifestKind::Index(index) if index.manifests.len() > MANIFEST_COUNT => {
                    return Err(self.refused(&digest, TOO_LONG));
                }
                ManifestKind::Index(index) => {
                    let listed = index.manifests.iter().cloned();
                    children.extend(listed.map(|child| Step::Read(child, depth + 1)));
                }
            }
            let is_top = digest == descriptor.digest;
            let target = if is_top { target.clone() } else { TagOrDigest::Digest(digest) };
            // A manifest is put after everything that it lists.
            steps.push(Step::Put(manifest, target));
            steps.extend(children);
        }
        Ok(descriptor)
    }

    fn refused(&self, digest: &Digest, violation: ProtocolViolation) -> Error {
        self.error("copying", format_args!("@{digest}"))(violation.into())
    }

    /// Copies one blob of the repository `source` into this one.
    ///
    /// # Errors
    /// Those of reading and writing.
    pub async fn copy_blob(&self, source: &Self, blob: &Descriptor) -> Result<(), Error> {
        if self.has_blob(&blob.digest).await? {
            return Ok(());
        }
        let same_registry = source.registry() == self.registry();
        if same_registry && self.mount_blob(&blob.digest, source.name()).await? {
            return Ok(());
        }
        if blob.size <= CHUNK_SIZE {
            let content = source.blob(blob, CHUNK_SIZE).await?;
            return self.push_blob(blob, Bytes::from(content)).await;
        }
        let failed = || self.error("copying the blob", format!("@{}", blob.digest));
        let (scratch, _) = scratch().map_err(ErrorKind::Local).map_err(failed())?;
        source.download_blob(blob, &scratch.path).await?;
        let file = File::open(&scratch.path).map_err(ErrorKind::Local).map_err(failed())?;
        self.push_described(blob, Arc::new(file)).await
    }
}
