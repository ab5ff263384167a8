//! A run configuration as an OCI artifact. It has the form of `ToolHive` pull request 1212, which
//! `protocol-notes/artifact.md` describes.

use bytes::Bytes;

use super::document::Document;
use super::error::MAX_SIZE;
use super::name::WorkloadName;
use crate::oci::artifact::{ArtifactKind, PackedArtifact};
use crate::oci::{Annotations, MediaType};
use crate::printable::printable;
use crate::timestamp::Timestamp;

/// The `artifactType` of a run configuration.
pub const ARTIFACT_TYPE: MediaType = MediaType::from_static("application/vnd.toolhive.runconfig");
pub(crate) const LAYER_TYPE: MediaType =
    MediaType::from_static("application/vnd.toolhive.runconfig.v1+json");

pub(super) const RUN_CONFIG: ArtifactKind = ArtifactKind {
    artifact_type: ARTIFACT_TYPE,
    layer_type: LAYER_TYPE,
    layer_limit: MAX_SIZE as u64,
    inline_limit: 64 * 1024,
};

const CREATED: &str = "org.opencontainers.image.created";
const CREATED_BY: &str = "org.opencontainers.image.created.by";
const VERSION: &str = "org.opencontainers.image.version";
const DESCRIPTION: &str = "org.opencontainers.image.description";
const TITLE: &str = "org.opencontainers.image.title";

pub(super) fn pack(document: &Document, created: Timestamp) -> PackedArtifact {
    let mut annotations = Annotations::from([
        (CREATED.to_owned(), created.to_string()),
        (CREATED_BY.to_owned(), env!("CARGO_PKG_NAME").to_owned()),
        (VERSION.to_owned(), "1.0".to_owned()),
    ]);
    let mut layer_annotations = Annotations::new();
    if let Some(name) = document.name() {
        let description = format!("Runtime configuration for {}", printable(name));
        annotations.insert(DESCRIPTION.to_owned(), description);
        // Other clients use the title as a file name: only a safe name becomes one.
        if name.parse::<WorkloadName>().is_ok() {
            layer_annotations.insert(TITLE.to_owned(), format!("{name}.json"));
        }
    }
    let content = Bytes::copy_from_slice(document.bytes());
    RUN_CONFIG.pack(content, layer_annotations, annotations)
}
