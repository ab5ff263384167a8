//! Copying what a reference names to another repository or registry.

use std::collections::HashSet;
use std::fs::File;
use std::sync::Arc;

use bytes::Bytes;

use super::descriptor::Descriptor;
use super::digest::Digest;
use super::error::{Error, ErrorKind, Violation};
use super::manifest::ManifestKind;
use super::manifests::FetchedManifest;
use super::media_type::MediaType;
use super::reference::TagOrDigest;
use super::repository::Repository;
use super::upload::{CHUNK_SIZE, Mounted};
use crate::atomic_file::Scratch;

/// The most manifests of one copy.
const MANIFEST_COUNT: usize = 10_000;
/// How deep indexes may list each other.
const DEPTH: u32 = 8;

/// What is left to do, the last first.
enum Step {
    Read(Descriptor, u32),
    Open(Box<FetchedManifest>, u32),
    Put(Box<FetchedManifest>, TagOrDigest),
}

impl Repository {
    /// Copies the manifest that `from` names in the repository `source`, and everything that it refers
    /// to, here, under `target`. Of an index everything that it lists is copied, of whatever type.
    /// Content that is here already is not sent; within a registry, blobs are mounted; others pass
    /// through a temporary file where they are larger than [`CHUNK_SIZE`]. `urls` of a layer are never
    /// followed, and the subject is not copied.
    ///
    /// # Errors
    /// Those of reading and writing; what `target` named before stays.
    pub async fn copy_from(
        &self,
        source: &Self,
        from: &TagOrDigest,
        target: &TagOrDigest,
    ) -> Result<Descriptor, Error> {
        let top = source.manifest(from).await?;
        let descriptor = top.descriptor.clone();
        let mut seen = HashSet::new();
        let mut steps = vec![Step::Open(Box::new(top), 0)];
        while let Some(step) = steps.pop() {
            let (manifest, depth) = match step {
                Step::Read(listed, _) if seen.contains(&listed.digest) => continue,
                Step::Read(listed, _) if seen.len() >= MANIFEST_COUNT => {
                    return Err(self.refused(&listed.digest, Violation::ListLength(MANIFEST_COUNT)));
                }
                Step::Read(listed, depth) if depth > DEPTH => {
                    return Err(self.refused(&listed.digest, Violation::List));
                }
                Step::Read(listed, depth) if is_known(&listed.media_type) => {
                    let read = source.manifest(&TagOrDigest::Digest(listed.digest)).await?;
                    (Box::new(read), depth)
                }
                Step::Read(listed, _) => {
                    let copied = Box::pin(self.copy_unknown(source, &listed)).await;
                    copied.map_err(self.error("copying", format_args!("@{}", listed.digest)))?;
                    seen.insert(listed.digest);
                    continue;
                }
                Step::Open(manifest, depth) => (manifest, depth),
                Step::Put(manifest, place) => {
                    self.put_copy(&place, &manifest).await?;
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
                    return Err(self.refused(&digest, Violation::ListLength(MANIFEST_COUNT)));
                }
                ManifestKind::Index(index) => {
                    let listed = index.manifests.iter().cloned();
                    children.extend(listed.map(|child| Step::Read(child, depth + 1)));
                }
            }
            let is_top = digest == descriptor.digest;
            let place = if is_top { target.clone() } else { TagOrDigest::Digest(digest) };
            // What is listed comes before its list.
            steps.push(Step::Put(manifest, place));
            steps.extend(children);
        }
        Ok(descriptor)
    }

    fn refused(&self, digest: &Digest, error: Violation) -> Error {
        self.error("copying", format_args!("@{digest}"))(ErrorKind::Protocol(error))
    }

    async fn put_copy(&self, target: &TagOrDigest, copy: &FetchedManifest) -> Result<(), Error> {
        let media_type = &copy.descriptor.media_type;
        self.put_manifest(target, media_type, copy.content.clone()).await.map(|_| ())
    }

    /// Copies one blob of the repository `source` here.
    ///
    /// # Errors
    /// Those of reading and writing.
    pub async fn copy_blob(&self, source: &Self, blob: &Descriptor) -> Result<(), Error> {
        if self.has_blob(&blob.digest).await? {
            return Ok(());
        }
        let nearby = source.registry() == self.registry();
        if nearby && self.mount_blob(&blob.digest, source.name()).await? == Mounted::Yes {
            return Ok(());
        }
        if blob.size <= CHUNK_SIZE {
            let content = source.blob(blob, CHUNK_SIZE).await?;
            return self.push_blob(blob, Bytes::from(content)).await;
        }
        self.copy_through_file(source, blob).await
    }

    async fn copy_through_file(&self, source: &Self, blob: &Descriptor) -> Result<(), Error> {
        let failed = || self.error("copying the blob", format!("@{}", blob.digest));
        let (scratch, _) = Scratch::new().map_err(ErrorKind::Local).map_err(failed())?;
        source.download_blob(blob, scratch.path()).await?;
        let file = File::open(scratch.path()).map_err(ErrorKind::Local).map_err(failed())?;
        self.push_described(blob, Arc::new(file)).await
    }
}

/// Whether it is known what a manifest of this type refers to.
fn is_known(media_type: &MediaType) -> bool {
    media_type.is_manifest() || media_type.is_index()
}
