//! Pulls a run configuration from a registry.

use std::fmt;

use super::artifact::{LAYER_TYPE, RUN_CONFIG};
use super::document::Document;
use super::error::InvalidDocument;
use crate::oci::auth::Access;
use crate::oci::{
    self, Annotations, Client, ErrorKind, FetchedManifest, ManifestKind, Mismatch, Reference,
    Repository, Tag, UnsupportedArtifact,
};

/// A run configuration from a registry.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Pulled {
    /// The manifest.
    pub manifest: FetchedManifest,
    /// The run configuration.
    pub document: Document,
}

impl Pulled {
    /// Returns the annotations of the manifest. Anyone who can push can write them, so they prove nothing.
    #[must_use]
    pub const fn annotations(&self) -> &Annotations {
        match &self.manifest.kind {
            ManifestKind::Manifest(manifest) => &manifest.annotations,
            ManifestKind::Index(index) => &index.annotations,
        }
    }

    /// Returns true if the manifest holds the configuration itself, so that no blob was read.
    pub(crate) fn is_inline(&self) -> bool {
        let ManifestKind::Manifest(manifest) = &self.manifest.kind else { return false };
        manifest.layers.iter().any(|layer| layer.media_type == LAYER_TYPE && layer.data.is_some())
    }
}

/// Reads the run configuration artifact that `reference` names.
///
/// One request is enough where the manifest carries the configuration inline. Inline data that does
/// not match its descriptor fails the pull: the blob is not asked for instead.
///
/// # Errors
/// [`PullError`].
pub async fn pull(client: &Client, reference: &Reference) -> Result<Pulled, PullError> {
    let repository = repository(client, reference);
    let manifest = repository.manifest(&reference.target()).await.map_err(PullError::Registry)?;
    read(&repository, manifest).await
}

/// Does what [`pull`] does with an artifact whose manifest has at most twice `limit` bytes, because inline data is
/// a third longer than the configuration, and whose configuration has at most `limit` bytes. Returns `None` for a
/// larger one.
pub(super) async fn pull_small(
    client: &Client,
    reference: &Reference,
    limit: u64,
) -> Result<Option<Pulled>, PullError> {
    let repository = repository(client, reference);
    let manifest = match repository.manifest_up_to(&reference.target(), 2 * limit).await {
        Err(error) if matches!(error.kind(), ErrorKind::TooLarge { .. }) => return Ok(None),
        fetched => fetched.map_err(PullError::Registry)?,
    };
    let layer = RUN_CONFIG.layer(&manifest.kind).map_err(PullError::Unsupported)?;
    if layer.size > limit {
        return Ok(None);
    }
    read(&repository, manifest).await.map(Some)
}

fn repository(client: &Client, reference: &Reference) -> Repository {
    client.repository(reference.registry(), reference.repository(), Access::Pull)
}

/// Reads the run configuration that `manifest` describes.
async fn read(repository: &Repository, manifest: FetchedManifest) -> Result<Pulled, PullError> {
    let layer = RUN_CONFIG.layer(&manifest.kind).map_err(PullError::Unsupported)?;
    let content = if let Some(inline) = &layer.data {
        layer.verify(inline.as_bytes()).map_err(PullError::Inline)?;
        inline.as_bytes().to_vec()
    } else {
        let blob = repository.blob(layer, RUN_CONFIG.layer_limit).await;
        blob.map_err(PullError::Registry)?
    };
    let document = Document::parse(content).map_err(PullError::Invalid)?;
    Ok(Pulled { manifest, document })
}

/// Why a run configuration could not be pulled.
#[derive(Debug)]
#[non_exhaustive]
pub enum PullError {
    /// A request failed, or the content does not match its descriptor.
    Registry(oci::Error),
    /// The manifest describes no run configuration artifact.
    Unsupported(UnsupportedArtifact),
    /// The manifest's inline data does not match its descriptor.
    Inline(Mismatch),
    /// The layer is no run configuration.
    Invalid(InvalidDocument),
    /// A workload of a collection has another name than its tag says.
    OtherName {
        /// The tag.
        tag: Tag,
        /// The name in the configuration; empty if it has none.
        own: String,
    },
}

impl fmt::Display for PullError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The registry's error says already what failed and where.
            Self::Registry(error) => error.fmt(f),
            Self::Unsupported(_) => f.write_str("not a run configuration artifact"),
            Self::Inline(_) => {
                f.write_str("the configuration inside the manifest does not match its descriptor")
            }
            Self::Invalid(_) => f.write_str("the artifact holds no valid run configuration"),
            Self::OtherName { tag, own } => write!(
                f,
                "the configuration is named {own:?}, which does not belong to the tag {tag}; import this reference by itself"
            ),
        }
    }
}

impl std::error::Error for PullError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Registry(error) => error.source(),
            Self::Unsupported(found) => Some(found),
            Self::Inline(mismatch) => Some(mismatch),
            Self::Invalid(error) => Some(error),
            Self::OtherName { .. } => None,
        }
    }
}
