//! Artifacts: content of any kind in a repository, described by a manifest of its own (image
//! specification, "Guidelines for Artifact Usage").
//!
//! This file packs and pushes artifacts with one layer, and finds that layer again. It knows no kind of artifact: each
//! kind is an [`ArtifactKind`] that a layer above declares.

use std::fmt;

use bytes::Bytes;
use tokio::join;

use super::descriptor::{Annotations, Descriptor, EMPTY_CONTENT};
use super::digest::Digest;
use super::error::{Error, ErrorKind};
use super::manifest::{Manifest, ManifestKind};
use super::media_type::MediaType;
use super::names::Tag;
use super::reference::TagOrDigest;
use super::repository::handle::Repository;
use super::repository::manifests::FetchedManifest;

/// The annotation that is ignored when two artifacts are compared.
const CREATED: &str = "org.opencontainers.image.created";

/// A kind of artifact: how it is recognised, and how large it may be.
#[derive(Debug)]
pub(crate) struct ArtifactKind {
    pub(crate) artifact_type: MediaType,
    /// The media type of the one layer that is read.
    pub(crate) layer_type: MediaType,
    /// The largest layer that is read, in bytes.
    pub(crate) layer_limit: u64,
    /// The largest layer that the manifest carries inline too, in bytes.
    pub(crate) inline_limit: usize,
}

#[derive(Debug)]
pub(crate) struct PackedArtifact {
    manifest: Manifest,
    layer: Descriptor,
    content: Bytes,
}

impl ArtifactKind {
    pub(crate) fn pack(
        &self,
        content: Bytes,
        layer_annotations: Annotations,
        annotations: Annotations,
    ) -> PackedArtifact {
        let mut layer = Descriptor::of(self.layer_type.clone(), &content);
        if content.len() <= self.inline_limit {
            layer = layer.with_inline(&content);
        }
        layer.annotations = layer_annotations;
        let layers = vec![layer.clone()];
        let manifest = Manifest::artifact(self.artifact_type.clone(), layers, annotations);
        PackedArtifact { manifest, layer, content }
    }

    /// Finds the layer that holds the content, or says what the manifest describes instead.
    pub(crate) fn layer<'a>(
        &self,
        found: &'a ManifestKind,
    ) -> Result<&'a Descriptor, UnsupportedArtifact> {
        let manifest = match found {
            ManifestKind::Manifest(manifest) => manifest,
            ManifestKind::Index(index) => {
                return Err(UnsupportedArtifact::Index { manifests: index.manifests.len() });
            }
        };
        if manifest.is_container_image() {
            return Err(UnsupportedArtifact::ContainerImage);
        }
        if *manifest.effective_type() != self.artifact_type {
            return Err(UnsupportedArtifact::OtherType(manifest.effective_type().clone()));
        }
        let mut layers = manifest.layers.iter().filter(|layer| layer.media_type == self.layer_type);
        match (layers.next(), layers.count()) {
            (Some(layer), 0) if layer.size <= self.layer_limit => Ok(layer),
            (Some(layer), 0) => {
                Err(UnsupportedArtifact::TooLarge { size: layer.size, limit: self.layer_limit })
            }
            (Some(_), more) => Err(UnsupportedArtifact::SeveralLayers(more + 1)),
            (None, _) => Err(UnsupportedArtifact::NoLayer(
                manifest.layers.iter().map(|layer| layer.media_type.clone()).collect(),
            )),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PushOrder {
    /// Looks up the tag and both blobs at the same time: the fewest round trips.
    AllAtOnce,
    /// Looks up the tag first, and the layer only if the tag names something else: the fewest
    /// requests, for many pushes at the same time. The configuration blob has to be there already;
    /// see [`push_config`].
    TagFirst,
}

/// The result of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pushed {
    /// The digest of the manifest that the tag names now.
    pub digest: Digest,
    /// Whether the tag changed.
    pub status: PushStatus,
}

/// Whether a push changed the tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushStatus {
    /// The tag names a new manifest.
    Pushed,
    /// The tag named the same content with the same annotations already.
    Unchanged,
}

impl PushStatus {
    /// Returns the word that `--json` prints.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pushed => "pushed",
            Self::Unchanged => "unchanged",
        }
    }
}

impl PackedArtifact {
    /// Returns the size of its content, in bytes.
    pub(crate) const fn size(&self) -> u64 {
        self.layer.size
    }

    /// Pushes the artifact under `tag`. The manifest is sent last, after every blob. Nothing is sent if the
    /// tag names the same artifact already; the time of creation is not compared.
    pub(crate) async fn push(
        &self,
        repository: &Repository,
        tag: &Tag,
        order: PushOrder,
    ) -> Result<Pushed, Error> {
        let target = TagOrDigest::Tag(tag.clone());
        let config = &self.manifest.config;
        match order {
            PushOrder::AllAtOnce => {
                let (existing, config_known, layer_known) = join!(
                    existing_manifest(repository, &target),
                    push_missing(repository, config, EMPTY_CONTENT_BYTES),
                    push_missing(repository, &self.layer, self.content.clone()),
                );
                // If all three fail, the first error is the best one: a response to HEAD has no message.
                if let Some(unchanged) = self.unchanged(existing?) {
                    return Ok(unchanged);
                }
                if !config_known? {
                    repository.push_blob(config, EMPTY_CONTENT_BYTES).await?;
                }
                if !layer_known? {
                    repository.push_blob(&self.layer, self.content.clone()).await?;
                }
            }
            PushOrder::TagFirst => {
                if let Some(unchanged) =
                    self.unchanged(existing_manifest(repository, &target).await?)
                {
                    return Ok(unchanged);
                }
                push_unless_there(repository, &self.layer, self.content.clone()).await?;
            }
        }
        let content = self.manifest.to_json();
        let digest = repository.put_manifest(&target, &MediaType::OCI_MANIFEST, content).await?;
        Ok(Pushed { digest, status: PushStatus::Pushed })
    }

    /// Returns the result of the push if `existing` is the same artifact. Inline data is not
    /// compared: it repeats the layer.
    fn unchanged(&self, existing: Option<(Digest, Manifest)>) -> Option<Pushed> {
        let comparable = |mut manifest: Manifest| {
            manifest.annotations.remove(CREATED);
            manifest.config.data = None;
            for layer in &mut manifest.layers {
                layer.data = None;
            }
            manifest
        };
        let (digest, existing) = existing?;
        let is_same = comparable(existing) == comparable(self.manifest.clone());
        is_same.then_some(Pushed { digest, status: PushStatus::Unchanged })
    }
}

const EMPTY_CONTENT_BYTES: Bytes = Bytes::from_static(EMPTY_CONTENT);

/// Pushes the configuration blob that every artifact of a repository refers to, unless it is there.
pub(crate) async fn push_config(repository: &Repository) -> Result<(), Error> {
    let config = Descriptor::of(MediaType::OCI_EMPTY, EMPTY_CONTENT);
    push_unless_there(repository, &config, EMPTY_CONTENT_BYTES).await
}

async fn existing_manifest(
    repository: &Repository,
    target: &TagOrDigest,
) -> Result<Option<(Digest, Manifest)>, Error> {
    match repository.manifest(target).await {
        Ok(FetchedManifest { descriptor, kind: ManifestKind::Manifest(manifest), .. }) => {
            Ok(Some((descriptor.digest, *manifest)))
        }
        Ok(_) => Ok(None),
        // Some registries deny access to a manifest that does not exist, and some users may write but not
        // read. The push itself shows whether it is allowed.
        Err(error) => match error.kind() {
            ErrorKind::NotFound(_) | ErrorKind::Denied(_) | ErrorKind::Manifest(_) => Ok(None),
            _ => Err(error),
        },
    }
}

/// Pushes a blob that the repository does not have. It runs beside the lookup of the tag: a manifest
/// whose blob is missing cannot equal ours.
///
/// Returns true if the blob is there now, and false if the registry does not let this client ask.
async fn push_missing(
    repository: &Repository,
    blob: &Descriptor,
    content: Bytes,
) -> Result<bool, Error> {
    match repository.has_blob(&blob.digest).await {
        Ok(true) => Ok(true),
        Ok(false) => repository.push_blob(blob, content).await.map(|()| true),
        Err(error) if matches!(error.kind(), ErrorKind::Denied(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Pushes a blob unless the repository has it. If the lookup is denied, the blob is pushed too.
async fn push_unless_there(
    repository: &Repository,
    blob: &Descriptor,
    content: Bytes,
) -> Result<(), Error> {
    if push_missing(repository, blob, content.clone()).await? {
        return Ok(());
    }
    repository.push_blob(blob, content).await
}

/// What was found in place of an artifact of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnsupportedArtifact {
    /// An index.
    Index {
        /// The number of manifests that it lists.
        manifests: usize,
    },
    /// A container image.
    ContainerImage,
    /// An artifact of another type.
    OtherType(MediaType),
    /// No layer of the expected type; the types of the layers that are there.
    NoLayer(Vec<MediaType>),
    /// More than one layer of the expected type; their number.
    SeveralLayers(usize),
    /// A layer larger than this program reads.
    TooLarge {
        /// The layer's size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
}

impl UnsupportedArtifact {
    /// Returns true for content of another kind, such as a signature; false for a broken artifact of
    /// the kind that was asked for.
    pub(crate) const fn is_other_kind(&self) -> bool {
        matches!(self, Self::Index { .. } | Self::ContainerImage | Self::OtherType(_))
    }
}

impl fmt::Display for UnsupportedArtifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 5;
        match self {
            Self::Index { manifests } => write!(f, "it is an index of {manifests} manifests"),
            Self::ContainerImage => f.write_str("it is a container image"),
            Self::OtherType(found) => write!(f, "it is an artifact of type {found}"),
            Self::NoLayer(found) if found.is_empty() => f.write_str("it has no layer"),
            Self::NoLayer(found) => {
                let found: Vec<_> = found.iter().take(SHOWN).map(MediaType::as_str).collect();
                write!(f, "none of its layers has the right type; they are {}", found.join(", "))
            }
            Self::SeveralLayers(count) => {
                write!(f, "it has {count} layers of the right type instead of one")
            }
            Self::TooLarge { size, limit } => {
                write!(f, "its layer of {size} bytes is larger than {limit}")
            }
        }
    }
}

impl std::error::Error for UnsupportedArtifact {}
