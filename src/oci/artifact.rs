//! Artifacts: content of any kind in a repository, described by a manifest of its own (image
//! specification, "Guidelines for Artifact Usage").
//!
//! This file packs artifacts with one layer, and finds that layer again. It knows no kind of artifact: each kind is
//! an [`ArtifactKind`] that a layer above declares.

use std::fmt;

use bytes::Bytes;

use super::descriptor::{Annotations, Descriptor};
use super::manifest::{Manifest, ManifestKind};
use super::media_type::MediaType;

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

/// An artifact with all its content, ready to be pushed.
#[derive(Debug)]
pub(crate) struct PackedArtifact {
    pub(super) manifest: Manifest,
    pub(super) layer: Descriptor,
    pub(super) content: Bytes,
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
