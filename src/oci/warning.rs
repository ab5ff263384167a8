//! Warnings that registries send (distribution specification, "Warnings").
//!
//! They are kept for whoever asks, each once; nothing is ever decided by one.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::client::Client;
use super::reference::RegistryName;
use crate::printable::excerpt;
use crate::wire::Headers;

/// The longest text that is kept, in characters; the specification allows for 4096 bytes.
const TEXT_LIMIT: usize = 4096;
/// The most warnings that are kept.
const LIMIT: usize = 100;

/// What a registry warned of. The text is safe to print.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Warning {
    /// The registry.
    pub registry: RegistryName,
    /// What it said.
    pub text: String,
}

#[derive(Default)]
pub(super) struct Warnings(Mutex<BTreeSet<Warning>>);

impl Warnings {
    pub(super) fn note(&self, registry: &RegistryName, headers: &Headers) {
        for text in headers.get_all("warning").filter_map(text) {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() < LIMIT {
                known.insert(Warning { registry: registry.clone(), text });
            }
        }
    }
}

/// The text of `299 - "text"`; quotes are not insisted on.
fn text(header: &str) -> Option<String> {
    let quoted = header.trim().strip_prefix("299 - ")?.trim();
    let inner = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let text = inner.unwrap_or(quoted).replace("\\\"", "\"").replace("\\\\", "\\");
    (!text.is_empty()).then(|| excerpt(&text, TEXT_LIMIT))
}

impl Client {
    /// What registries warned of since this was asked last, each once.
    #[must_use]
    pub fn take_warnings(&self) -> Vec<Warning> {
        let mut known = self.shared.warnings.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *known).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_specification_s_form_is_read_and_nothing_steers_a_terminal() {
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
            assert_eq!(text(header).as_deref(), expected, "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(header: String) {
            let _ = text(&header);
            let _ = text(&format!("299 - {header}"));
        }
    }
}
