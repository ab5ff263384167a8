//! Content descriptors (image specification, "OCI Content Descriptors").

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::digest::Digest;
use super::media_type::MediaType;

/// Annotations, sorted by key.
pub type Annotations = BTreeMap<String, String>;

/// Describes content: its media type, its size and its digest.
///
/// `urls` of a descriptor are never read: following them would let a registry direct requests to any host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Descriptor {
    /// The content's media type.
    pub media_type: MediaType,
    /// The content's digest.
    pub digest: Digest,
    /// The content's size in bytes; at most `i64::MAX`, the limit of the specification.
    #[serde(deserialize_with = "size")]
    pub size: u64,
    /// The type of the artifact that the descriptor points at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<MediaType>,
    /// The content itself, inline. It must be checked by [`Descriptor::verify`] before use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<InlineData>,
    /// Annotations of the descriptor.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: Annotations,
}

impl Descriptor {
    /// Describes `content`, with its SHA-256 digest.
    #[must_use]
    pub fn of(media_type: MediaType, content: &[u8]) -> Self {
        Self::new(media_type, Digest::sha256(content), content.len() as u64)
    }

    /// Describes content by its digest and its size in bytes.
    #[must_use]
    pub const fn new(media_type: MediaType, digest: Digest, size: u64) -> Self {
        Self {
            media_type,
            digest,
            size,
            artifact_type: None,
            data: None,
            annotations: Annotations::new(),
        }
    }

    /// Returns the empty descriptor, with its content `{}` inline.
    #[must_use]
    pub fn empty() -> Self {
        Self::of(MediaType::OCI_EMPTY, EMPTY_CONTENT).with_inline(EMPTY_CONTENT)
    }

    /// Puts `content` into the `data` field.
    pub(super) fn with_inline(mut self, content: &[u8]) -> Self {
        self.data = Some(InlineData(content.to_vec()));
        self
    }

    /// Checks `content` against size and digest, the size first.
    ///
    /// # Errors
    /// [`Mismatch`] with what was found instead.
    pub fn verify(&self, content: &[u8]) -> Result<(), Mismatch> {
        if content.len() as u64 != self.size {
            return Err(Mismatch::Size { expected: self.size, found: content.len() as u64 });
        }
        self.digest.check(content)
    }
}

/// The content of the empty descriptor.
pub const EMPTY_CONTENT: &[u8] = b"{}";

/// Content that a descriptor carries itself, base64 in JSON.
#[derive(Clone, PartialEq, Eq)]
pub struct InlineData(Vec<u8>);

impl InlineData {
    /// Returns the decoded bytes, which are not verified.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for InlineData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InlineData({} bytes)", self.0.len())
    }
}

impl Serialize for InlineData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for InlineData {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Self).map_err(serde::de::Error::custom)
    }
}

fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let size = i64::deserialize(deserializer)?;
    u64::try_from(size).map_err(|_| serde::de::Error::custom("a descriptor's size is negative"))
}

/// How content differs from its descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// The size is another one.
    Size {
        /// The promised size in bytes.
        expected: u64,
        /// The size of the content in bytes.
        found: u64,
    },
    /// The digest is another one.
    Digest {
        /// The promised digest.
        expected: Digest,
        /// The digest of the content.
        found: Digest,
    },
}

impl Digest {
    /// Checks that `content` has this digest.
    pub(super) fn check(&self, content: &[u8]) -> Result<(), Mismatch> {
        self.expect(Self::of(self.algorithm(), content))
    }

    /// Checks that the digest that was `found` is this one.
    pub(super) fn expect(&self, found: Self) -> Result<(), Mismatch> {
        if found == *self {
            return Ok(());
        }
        Err(Mismatch::Digest { expected: self.clone(), found })
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size { expected, found } => write!(f, "expected {expected} bytes, found {found}"),
            Self::Digest { expected, found } => {
                write!(f, "expected digest {expected}, found {found}")
            }
        }
    }
}

impl std::error::Error for Mismatch {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Obligation 74.
    #[test]
    fn empty_descriptor_is_that_of_the_specification() {
        assert_eq!(
            serde_json::to_value(Descriptor::empty()).unwrap(),
            serde_json::json!({
                "mediaType": "application/vnd.oci.empty.v1+json",
                "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
                "size": 2,
                "data": "e30=",
            })
        );
    }

    /// Obligation 70.
    #[test]
    fn size_is_compared_before_the_digest() {
        let descriptor = Descriptor::empty();
        assert_eq!(descriptor.verify(b"{}"), Ok(()));
        assert_eq!(descriptor.verify(b"{ }"), Err(Mismatch::Size { expected: 2, found: 3 }));
        assert!(matches!(descriptor.verify(b"[]"), Err(Mismatch::Digest { .. })));
    }

    #[test]
    fn impossible_sizes_are_refused() {
        let digest = Digest::sha256(b"");
        for size in ["-1", "9223372036854775808", "1.5", "1e3", "\"1\"", "null"] {
            let json = format!(r#"{{"mediaType":"a/b","digest":"{digest}","size":{size}}}"#);
            assert!(serde_json::from_str::<Descriptor>(&json).is_err(), "{size}");
        }
    }
}
