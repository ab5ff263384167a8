//! Field names in JSON that differ from a known one only by case.
//!
//! Go's decoder, which most registries and tools use, ignores the case of field names, and takes the last
//! of several fields. A document with `layers` and `Layers` therefore has two meanings, and is refused.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

const MANIFEST: &[&str] = &[
    "schemaVersion",
    "mediaType",
    "artifactType",
    "config",
    "layers",
    "manifests",
    "subject",
    "annotations",
    "fsLayers",
];
const DESCRIPTOR: &[&str] =
    &["mediaType", "digest", "size", "artifactType", "data", "annotations", "urls", "platform"];

/// Returns true if Go's decoder takes `key` for the field `name`.
pub(crate) fn is_same_field(key: &str, name: &str) -> bool {
    // Two letters outside ASCII fold to ASCII letters.
    let fold = |c: char| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    key.chars().map(fold).eq(name.chars().map(fold))
}

/// Checks that the document is JSON, and that no field of a manifest or an index, or of its descriptors,
/// differs from a known one only by case.
pub(super) fn check(document: &[u8]) -> serde_json::Result<()> {
    let mut reader = serde_json::Deserializer::from_slice(document);
    KnownFields(MANIFEST).deserialize(&mut reader)
}

/// Checks an object with these known fields, or a list of such objects.
struct KnownFields(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for KnownFields {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for KnownFields {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(key) = members.next_key::<String>()? {
            if self.0.iter().any(|known| *known != key && is_same_field(&key, known)) {
                return Err(A::Error::custom("the name of a field in another case"));
            }
            match key.as_str() {
                name @ ("config" | "layers" | "manifests" | "subject")
                    if self.0.contains(&name) =>
                {
                    members.next_value_seed(KnownFields(DESCRIPTOR))?;
                }
                _ => _ = members.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(KnownFields(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
