//! A run configuration as an OCI artifact: what is packed, and what is accepted.
//!
//! The form is that of `ToolHive` pull request 1212: see `protocol-notes/artifact.md`.

use std::fmt;

use super::document::{Document, MAX_SIZE};
use super::name::WorkloadName;
use crate::oci::{Annotations, Descriptor, Manifest, ManifestKind, MediaType};
use crate::printable::printable;
use crate::timestamp::Timestamp;

/// The `artifactType` of a run configuration.
pub const ARTIFACT_TYPE: MediaType = MediaType::from_static("application/vnd.toolhive.runconfig");
/// The media type of the layer that holds it.
pub const LAYER_TYPE: MediaType =
    MediaType::from_static("application/vnd.toolhive.runconfig.v1+json");
/// The largest configuration that the manifest itself carries too, in bytes.
pub const INLINE_LIMIT: usize = 64 * 1024;

const CREATED: &str = "org.opencontainers.image.created";
const CREATED_BY: &str = "org.opencontainers.image.created.by";
const VERSION: &str = "org.opencontainers.image.version";
const DESCRIPTION: &str = "org.opencontainers.image.description";
const TITLE: &str = "org.opencontainers.image.title";

/// Describes `document` in a manifest that was created at `created`. The layer's bytes are the
/// document's, verbatim.
pub(super) fn pack(document: &Document, created: Timestamp) -> Manifest {
    let content = document.bytes();
    let mut layer = Descriptor::of(LAYER_TYPE, content);
    if content.len() <= INLINE_LIMIT {
        layer = layer.with_inline(content);
    }
    let mut annotations = Annotations::from([
        (CREATED.to_owned(), created.to_string()),
        (CREATED_BY.to_owned(), env!("CARGO_PKG_NAME").to_owned()),
        (VERSION.to_owned(), "1.0".to_owned()),
    ]);
    if let Some(name) = document.name() {
        let description = format!("Runtime configuration for {}", printable(&name));
        annotations.insert(DESCRIPTION.to_owned(), description);
        // Other clients take the title for a file name: no name that could lead elsewhere.
        if name.parse::<WorkloadName>().is_ok() {
            layer.annotations.insert(TITLE.to_owned(), format!("{name}.json"));
        }
    }
    Manifest::artifact(ARTIFACT_TYPE, vec![layer], annotations)
}

/// Whether both manifests hold the same configuration under the same annotations, the time of
/// creation aside. Inline data does not count: it repeats the layer.
pub(super) fn is_same(a: &Manifest, b: &Manifest) -> bool {
    let essence = |manifest: &Manifest| {
        let mut manifest = manifest.clone();
        manifest.annotations.remove(CREATED);
        manifest.config.data = None;
        for layer in &mut manifest.layers {
            layer.data = None;
        }
        manifest
    };
    essence(a) == essence(b)
}

/// Finds the layer that holds the run configuration.
///
/// # Errors
/// [`UnsupportedArtifact`] names what was found instead.
pub(super) fn layer(content: &ManifestKind) -> Result<&Descriptor, UnsupportedArtifact> {
    let manifest = match content {
        ManifestKind::Manifest(manifest) => manifest,
        ManifestKind::Index(index) => {
            return Err(UnsupportedArtifact::Index { manifests: index.manifests.len() });
        }
    };
    if manifest.is_container_image() {
        return Err(UnsupportedArtifact::ContainerImage);
    }
    if *manifest.effective_type() != ARTIFACT_TYPE {
        return Err(UnsupportedArtifact::OtherType(manifest.effective_type().clone()));
    }
    let mut layers = manifest.layers.iter().filter(|layer| layer.media_type == LAYER_TYPE);
    match (layers.next(), layers.count()) {
        (Some(layer), 0) if layer.size <= MAX_SIZE as u64 => Ok(layer),
        (Some(layer), 0) => Err(UnsupportedArtifact::TooLarge(layer.size)),
        (Some(_), more) => Err(UnsupportedArtifact::SeveralLayers(more + 1)),
        (None, _) => Err(UnsupportedArtifact::NoLayer(
            manifest.layers.iter().map(|layer| layer.media_type.clone()).collect(),
        )),
    }
}

/// Something that is not an artifact with one run configuration, by what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnsupportedArtifact {
    /// An index, with that many manifests.
    Index {
        /// How many.
        manifests: usize,
    },
    /// A container image.
    ContainerImage,
    /// An artifact of another type.
    OtherType(MediaType),
    /// No run configuration layer; the types of the layers that are there.
    NoLayer(Vec<MediaType>),
    /// That many run configuration layers.
    SeveralLayers(usize),
    /// A layer larger than [`MAX_SIZE`]; its size in bytes.
    TooLarge(u64),
}

impl fmt::Display for UnsupportedArtifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a run configuration artifact: ")?;
        match self {
            Self::Index { manifests } => write!(f, "it is an index of {manifests} manifests"),
            Self::ContainerImage => f.write_str("it is a container image"),
            Self::OtherType(found) => write!(f, "it is an artifact of type {found}"),
            Self::NoLayer(found) if found.is_empty() => f.write_str("it has no layer"),
            Self::NoLayer(found) => {
                let found: Vec<_> = found.iter().take(5).map(MediaType::as_str).collect();
                write!(f, "none of its layers is one; they are {}", found.join(", "))
            }
            Self::SeveralLayers(count) => {
                write!(f, "it has {count} run configuration layers instead of one")
            }
            Self::TooLarge(size) => {
                write!(f, "its layer of {size} bytes is larger than {MAX_SIZE}")
            }
        }
    }
}

impl std::error::Error for UnsupportedArtifact {}
