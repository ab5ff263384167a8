//! Media types (RFC 6838), with those that the image specification and Docker define.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::digest::debug_as_display;

/// A media type without parameters: `type/subtype`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MediaType(Cow<'static, str>);

impl MediaType {
    /// An OCI image manifest; artifacts use it too.
    pub const OCI_MANIFEST: Self = Self::from_static("application/vnd.oci.image.manifest.v1+json");
    /// An OCI image index.
    pub const OCI_INDEX: Self = Self::from_static("application/vnd.oci.image.index.v1+json");
    pub(super) const OCI_CONFIG: Self =
        Self::from_static("application/vnd.oci.image.config.v1+json");
    pub(super) const OCI_EMPTY: Self = Self::from_static("application/vnd.oci.empty.v1+json");
    pub(super) const DOCKER_MANIFEST: Self =
        Self::from_static("application/vnd.docker.distribution.manifest.v2+json");
    pub(super) const DOCKER_LIST: Self =
        Self::from_static("application/vnd.docker.distribution.manifest.list.v2+json");
    pub(super) const DOCKER_CONFIG: Self =
        Self::from_static("application/vnd.docker.container.image.v1+json");

    /// Makes a media type of `text`, which is not checked.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// Returns the media type as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses a `Content-Type` header. Its parameters are ignored, as the distribution specification requires
    /// ("Pulling manifests").
    pub(crate) fn from_content_type(header: &str) -> Result<Self, InvalidMediaType> {
        header.split(';').next().unwrap_or_default().trim().parse()
    }

    pub(crate) fn is_manifest(&self) -> bool {
        *self == Self::OCI_MANIFEST || *self == Self::DOCKER_MANIFEST
    }

    pub(crate) fn is_index(&self) -> bool {
        *self == Self::OCI_INDEX || *self == Self::DOCKER_LIST
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

debug_as_display!(MediaType);

/// A text that is not a media type of the form `type/subtype`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidMediaType(String);

impl fmt::Display for InvalidMediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a media type", self.0)
    }
}

impl std::error::Error for InvalidMediaType {}

impl FromStr for MediaType {
    type Err = InvalidMediaType;

    fn from_str(text: &str) -> Result<Self, InvalidMediaType> {
        let invalid = || InvalidMediaType(text.to_owned());
        let (kind, subtype) = text.split_once('/').ok_or_else(invalid)?;
        if is_restricted_name(kind) && is_restricted_name(subtype) {
            Ok(Self(Cow::Owned(text.to_ascii_lowercase())))
        } else {
            Err(invalid())
        }
    }
}

/// Returns true for a `restricted-name` of RFC 6838, section 4.2.
fn is_restricted_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
    (1..=127).contains(&name.len())
        && name.as_bytes()[0].is_ascii_alphanumeric()
        && name.bytes().all(allowed)
}

impl Serialize for MediaType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for MediaType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_type_parameters_and_case_are_ignored() {
        let parsed = MediaType::from_content_type(
            "application/vnd.OCI.image.manifest.v1+json ; charset=utf-8",
        );
        assert_eq!(parsed, Ok(MediaType::OCI_MANIFEST));
    }

    #[test]
    fn malformed_media_types_are_refused() {
        for text in ["", "text", "/", "a/", "/b", "a/b/c", "a b/c", "a/b\n", "-a/b", "é/b"] {
            assert!(text.parse::<MediaType>().is_err(), "{text:?}");
        }
    }
}
