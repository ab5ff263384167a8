//! Warnings that registries send (distribution specification, "Warnings").
//!
//! They are kept until the embedding program takes them, each once. No decision depends on one.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::names::RegistryName;
use crate::printable::excerpt;
use crate::wire::Headers;

/// The longest text that is kept, in characters; the specification allows for 4096 bytes.
const TEXT_LIMIT: usize = 4096;
const LIMIT: usize = 100;

/// A registry's warning. The text is safe to print.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Warning {
    /// The registry.
    pub registry: RegistryName,
    /// The warning's text.
    pub text: String,
}

#[derive(Default)]
pub(super) struct Warnings(Mutex<BTreeSet<Warning>>);

impl Warnings {
    pub(super) fn note(&self, registry: &RegistryName, headers: &Headers) {
        for text in headers.get_all("warning").filter_map(parse) {
            let mut kept = self.kept();
            if kept.len() < LIMIT {
                kept.insert(Warning { registry: registry.clone(), text });
            }
        }
    }

    pub(super) fn take(&self) -> Vec<Warning> {
        std::mem::take(&mut *self.kept()).into_iter().collect()
    }

    fn kept(&self) -> MutexGuard<'_, BTreeSet<Warning>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the text of `299 - "text"`. Some registries leave out the quotes.
fn parse(header: &str) -> Option<String> {
    let quoted = header.trim().strip_prefix("299 - ")?.trim();
    let inner = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let text = inner.unwrap_or(quoted).replace("\\\"", "\"").replace("\\\\", "\\");
    (!text.is_empty()).then(|| excerpt(&text, TEXT_LIMIT))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_warnings_with_code_299_are_kept_and_made_printable() {
        for (header, expected) in [
            (r#"299 - "going away""#, Some("going away")),
            (r#"299 - "say \"hi\"""#, Some("say \"hi\"")),
            ("299 - bare", Some("bare")),
            ("299 - \"\u{1b}[2J\"", Some("\\u{1b}[2J")),
            (r#"199 - "other""#, None),
            ("299 - ", None),
            ("299", None),
            ("", None),
            (r#"299 - """#, None),
        ] {
            assert_eq!(parse(header).as_deref(), expected, "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(header: String) {
            let _ = parse(&header);
            let _ = parse(&format!("299 - {header}"));
        }
    }
}
