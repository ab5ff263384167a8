//! Manifests and indexes (image specification), and how one is told from the other.

use std::fmt;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::descriptor::{Annotations, Descriptor};
use super::field_case;
use super::media_type::MediaType;
use super::value_count::{VALUE_LIMIT, has_too_many_values};

/// The largest manifest that is read or sent, in bytes. Every registry has to accept this size.
pub(crate) const MANIFEST_LIMIT: u64 = 4 * 1024 * 1024;

/// An image manifest, of a container image or of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Manifest {
    /// Always 2.
    pub schema_version: u32,
    /// The manifest's own media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// The type of the artifact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<MediaType>,
    /// The descriptor of the configuration.
    pub config: Descriptor,
    /// The descriptors of the content.
    pub layers: Vec<Descriptor>,
    /// The manifest to which this one refers, for instance as a signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Annotations of the manifest.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl Manifest {
    /// Returns the manifest of an artifact without a configuration.
    #[must_use]
    pub fn artifact(
        artifact_type: MediaType,
        layers: Vec<Descriptor>,
        annotations: Annotations,
    ) -> Self {
        Self {
            schema_version: 2,
            media_type: Some(MediaType::OCI_MANIFEST),
            artifact_type: Some(artifact_type),
            config: Descriptor::empty(),
            layers,
            subject: None,
            annotations,
        }
    }

    /// Returns the manifest's JSON, which is sent and hashed.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // A manifest has text keys and derived fields only, which always serialise.
        serde_json::to_vec(self).unwrap_or_else(|_| unreachable!("a manifest is JSON"))
    }

    /// Returns the type of artifact: `artifactType`, or else the media type of the configuration (image
    /// specification, "Guidelines for Artifact Usage").
    pub(crate) fn effective_type(&self) -> &MediaType {
        self.artifact_type.as_ref().unwrap_or(&self.config.media_type)
    }

    pub(super) fn is_container_image(&self) -> bool {
        self.artifact_type.is_none()
            && (self.config.media_type == MediaType::OCI_CONFIG
                || self.config.media_type == MediaType::DOCKER_CONFIG)
    }
}

/// An index: a list of manifests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Index {
    /// Always 2.
    pub schema_version: u32,
    /// The index's own media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// The descriptors of the manifests.
    pub manifests: Vec<Descriptor>,
    /// Annotations of the index.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

/// A manifest or an index: a tag or a digest may name either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManifestKind {
    /// An image manifest.
    Manifest(Box<Manifest>),
    /// A list of manifests.
    Index(Index),
}

/// The fields that decide whether a document is a manifest or an index. Parsing refuses duplicates of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    schema_version: Option<u32>,
    media_type: Option<MediaType>,
    manifests: Option<IgnoredAny>,
    layers: Option<IgnoredAny>,
    config: Option<IgnoredAny>,
    fs_layers: Option<IgnoredAny>,
}

impl ManifestKind {
    /// Parses `content`, which a registry sent as `content_type`. A document that could be read as a manifest
    /// and as an index is refused (CVE-2021-41190).
    pub(crate) fn parse(
        content_type: Option<&MediaType>,
        content: &[u8],
    ) -> Result<Self, InvalidManifest> {
        let malformed = |error: serde_json::Error| InvalidManifest::Malformed {
            line: error.line(),
            column: error.column(),
        };
        let shape: Shape = serde_json::from_slice(content).map_err(malformed)?;
        field_case::check(content).map_err(malformed)?;
        if has_too_many_values(content) {
            return Err(InvalidManifest::TooManyValues);
        }
        if let (Some(header), Some(body)) = (content_type, &shape.media_type)
            && header != body
        {
            return Err(InvalidManifest::TypesDisagree {
                header: header.clone(),
                body: body.clone(),
            });
        }
        if shape.manifests.is_some() && (shape.layers.is_some() || shape.config.is_some()) {
            return Err(InvalidManifest::Ambiguous);
        }
        if shape.schema_version == Some(1) || shape.fs_layers.is_some() {
            return Err(InvalidManifest::SchemaVersion1);
        }
        let is_index = match shape.media_type.as_ref().or(content_type) {
            Some(known) if known.is_manifest() => false,
            Some(known) if known.is_index() => true,
            Some(other) => return Err(InvalidManifest::UnknownType(other.clone())),
            None => shape.manifests.is_some(),
        };
        if is_index {
            serde_json::from_slice(content).map(Self::Index).map_err(malformed)
        } else {
            serde_json::from_slice(content).map(Self::Manifest).map_err(malformed)
        }
    }
}

/// Why a document cannot be used as a manifest or an index.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidManifest {
    /// The document is not the JSON of a manifest. Line and column are counted from 1.
    Malformed {
        /// The line.
        line: usize,
        /// The column, in bytes.
        column: usize,
    },
    /// The `Content-Type` header and the document's `mediaType` name different types.
    TypesDisagree {
        /// The header's.
        header: MediaType,
        /// The document's.
        body: MediaType,
    },
    /// The document is both a manifest and an index.
    Ambiguous,
    /// The document is a Docker image manifest of schema version 1.
    SchemaVersion1,
    /// The document is neither a manifest nor an index; its type.
    UnknownType(MediaType),
    /// The document has more than 100 000 values, which would take many times its size in memory.
    TooManyValues,
}

impl fmt::Display for InvalidManifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { line, column } => {
                write!(f, "not the JSON of a manifest, at line {line}, column {column}")
            }
            Self::TypesDisagree { header, body } => {
                write!(f, "sent as {header}, but calls itself {body}")
            }
            Self::Ambiguous => f.write_str("both a manifest and an index"),
            Self::SchemaVersion1 => f.write_str("a Docker manifest of schema version 1"),
            Self::TooManyValues => write!(f, "more than {VALUE_LIMIT} values"),
            Self::UnknownType(found) => write!(f, "neither a manifest nor an index: {found}"),
        }
    }
}

impl std::error::Error for InvalidManifest {}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = r#"{"mediaType":"application/vnd.oci.empty.v1+json","size":2,"digest":
        "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}"#;

    fn parse(
        content_type: Option<&MediaType>,
        json: &str,
    ) -> Result<ManifestKind, InvalidManifest> {
        ManifestKind::parse(content_type, json.as_bytes())
    }

    #[test]
    fn media_type_of_a_manifest_is_optional() {
        let json = format!(r#"{{"schemaVersion":2,"config":{EMPTY},"layers":[]}}"#);
        for content_type in [None, Some(&MediaType::OCI_MANIFEST)] {
            let Ok(ManifestKind::Manifest(manifest)) = parse(content_type, &json) else {
                panic!("not a manifest")
            };
            assert_eq!(manifest.effective_type(), &MediaType::OCI_EMPTY);
        }
        let index = parse(None, r#"{"schemaVersion":2,"manifests":[]}"#);
        assert!(matches!(index, Ok(ManifestKind::Index(_))));
    }

    #[test]
    fn ambiguous_documents_are_refused() {
        let both = format!(r#"{{"schemaVersion":2,"manifests":[],"config":{EMPTY},"layers":[]}}"#);
        assert_eq!(parse(None, &both), Err(InvalidManifest::Ambiguous));
        let layers = r#"{"schemaVersion":2,"manifests":[],"layers":[]}"#;
        let ambiguous = Err(InvalidManifest::Ambiguous);
        assert_eq!(parse(Some(&MediaType::OCI_INDEX), layers), ambiguous);

        let index = format!(
            r#"{{"schemaVersion":2,"mediaType":"{}","manifests":[]}}"#,
            MediaType::OCI_INDEX
        );
        assert_eq!(
            parse(Some(&MediaType::OCI_MANIFEST), &index),
            Err(InvalidManifest::TypesDisagree {
                header: MediaType::OCI_MANIFEST,
                body: MediaType::OCI_INDEX
            })
        );
        let twice = r#"{"schemaVersion":2,"manifests":[],"manifests":[]}"#;
        assert!(matches!(parse(None, twice), Err(InvalidManifest::Malformed { .. })));
    }

    #[test]
    fn field_name_in_another_case_is_refused() {
        let json = |more: &str, described: &str| {
            format!(
                r#"{{"schemaVersion":2,"config":{EMPTY},"layers":[{{"mediaType":"a/b","size":2,"digest":"{}"{described}}}]{more}}}"#,
                Descriptor::empty().digest
            )
        };
        for (more, described) in [
            (r#","Layers":[]"#, ""),
            (r#","layer\u017f":[]"#, ""),
            (r#","Manifests":[]"#, ""),
            (r#","MEDIATYPE":"a/b""#, ""),
            ("", r#","Digest":"x""#),
            ("", r#","\u017fize":1"#),
        ] {
            let read = parse(None, &json(more, described));
            assert!(matches!(read, Err(InvalidManifest::Malformed { .. })), "{more}{described}");
        }
        for (more, described) in [
            ("", ""),
            (r#","subject":null,"x":{"Layers":1},"annotations":{"a":"1","A":"2","Size":""}"#, ""),
            ("", r#","config":1,"Layers":2,"platform":{"OS":"x"},"annotations":{"Digest":""}"#),
        ] {
            let read = parse(None, &json(more, described));
            assert!(matches!(read, Ok(ManifestKind::Manifest(_))), "{read:?}");
        }
    }

    #[test]
    fn other_documents_are_refused_with_their_type() {
        let other = MediaType::from_static("application/vnd.example+json");
        assert_eq!(
            parse(Some(&other), r#"{"schemaVersion":2}"#),
            Err(InvalidManifest::UnknownType(other))
        );
        assert_eq!(
            parse(None, r#"{"schemaVersion":1,"fsLayers":[]}"#),
            Err(InvalidManifest::SchemaVersion1)
        );
        for json in ["", "[]", "null", "{", "{}", "\u{0}"] {
            assert!(parse(None, json).is_err(), "{json:?}");
        }
        let deep = "[".repeat(100_000);
        assert!(parse(None, &format!(r#"{{"config":{deep}"#)).is_err());
    }
}
