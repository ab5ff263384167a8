//! Names in JSON that some readers take for others.
//!
//! Go's decoder, which most tools of registries are built with, matches names whatever their case, and
//! lets the last one count: `Layers` after `layers` makes two documents of one.

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

/// Whether Go's decoder takes `key` for the field `name`.
pub(crate) fn names(key: &str, name: &str) -> bool {
    // Two letters beyond ASCII fold to ASCII ones.
    let fold = |c: char| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    key.chars().map(fold).eq(name.chars().map(fold))
}

/// Whether every field of a manifest or an index, and of its descriptors, is spelled as it should be.
///
/// # Errors
/// Where one is not, or the document is no JSON.
pub(super) fn check(document: &[u8]) -> serde_json::Result<()> {
    let mut reader = serde_json::Deserializer::from_slice(document);
    Spelling(MANIFEST).deserialize(&mut reader)
}

/// An object with fields of these names, or a list of such objects.
struct Spelling(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Spelling {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Spelling {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(key) = members.next_key::<String>()? {
            if self.0.iter().any(|known| *known != key && names(&key, known)) {
                return Err(A::Error::custom("the name of a field in another case"));
            }
            match key.as_str() {
                name @ ("config" | "layers" | "manifests" | "subject")
                    if self.0.contains(&name) =>
                {
                    members.next_value_seed(Spelling(DESCRIPTOR))?;
                }
                _ => _ = members.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Spelling(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
