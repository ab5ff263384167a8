//! What in a run configuration keeps others from using it. Each finding is only said: the configuration is pushed
//! all the same.

use std::fmt;

use super::document::Document;
use super::fields::{Kind, ROOT};
use super::json::{Node, Value};
use super::name::InvalidWorkloadName;
use crate::oci::is_same_field;

/// The most misspelt fields that are looked for.
const MISSPELT_LIMIT: usize = 10;
/// The fewest letters of a name in which one wrong letter is taken for a slip.
const SLIP_LENGTH: usize = 5;

/// Something that keeps others from using a run configuration as it was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lint {
    /// It has no name.
    NoName,
    /// Its name is not the name of a workload.
    InvalidName(InvalidWorkloadName),
    /// It has no transport.
    NoTransport,
    /// Its transport does not exist; the reason.
    InvalidTransport(String),
    /// A field is spelled unlike one that `ToolHive` knows, and is probably meant as that.
    Misspelt {
        /// The path of the field as it is spelled.
        path: String,
        /// The name of the field that is probably meant.
        meant: &'static str,
        /// Whether the case alone differs, which `ToolHive` does not mind.
        differs_in_case_only: bool,
    },
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoName => {
                f.write_str("it has no \"name\"; `thv run` and `thv import` will need --name")
            }
            Self::InvalidName(error) => {
                write!(f, "{error}; `thv run` and `thv import` will need --name")
            }
            Self::NoTransport => f.write_str(
                "it has no \"transport\"; to run, it needs stdio, sse or streamable-http there",
            ),
            Self::InvalidTransport(reason) => write!(f, "{reason}; it cannot be run"),
            Self::Misspelt { path, meant, differs_in_case_only: true } => {
                write!(f, "{path:?} is read as {meant:?}, but other programs may mind the case")
            }
            Self::Misspelt { path, meant, differs_in_case_only: false } => {
                write!(f, "ToolHive knows no field {path:?}; {meant:?} may be meant")
            }
        }
    }
}

/// Finds what keeps others from using `document` as it was meant: no more than ten misspelt fields.
#[must_use]
pub fn lints(document: &Document) -> Vec<Lint> {
    let config = document.config();
    let mut found = Vec::new();
    match document.workload_name() {
        Ok(_) => {}
        Err(InvalidWorkloadName::Empty) => found.push(Lint::NoName),
        Err(error) => found.push(Lint::InvalidName(error)),
    }
    match config.transport.get() {
        Ok(_) => {}
        Err(_) if config.transport.text().is_empty() => found.push(Lint::NoTransport),
        Err(error) => found.push(Lint::InvalidTransport(error.to_string())),
    }
    let mut misspelt = Vec::new();
    find_misspelt(document.root(), ROOT, "", &mut misspelt);
    found.extend(misspelt);
    found
}

/// Adds the misspelt fields of an object of `kind`, of the objects in it, and of those in lists.
fn find_misspelt(node: &Node, kind: Kind, prefix: &str, found: &mut Vec<Lint>) {
    match (&node.value, kind) {
        (Value::Object(members), Kind::Object(_)) => {
            for member in members {
                if found.len() == MISSPELT_LIMIT {
                    return;
                }
                let key = &member.key;
                let path = format!("{prefix}{key}");
                let same = kind.field(|name| is_same_field(key, name));
                let meant = same.map(|(name, _)| name).or_else(|| similar_field(key, kind));
                if let Some(meant) = meant
                    && meant != key
                    && member.node.value != Value::Null
                {
                    let differs_in_case_only = same.is_some();
                    found.push(Lint::Misspelt { path: path.clone(), meant, differs_in_case_only });
                }
                if let Some((_, field)) = same {
                    find_misspelt(&member.node, field.kind, &format!("{path}."), found);
                }
            }
        }
        (Value::Object(members), Kind::Map(value)) => {
            for member in members {
                find_misspelt(&member.node, *value, &format!("{prefix}{}.", member.key), found);
            }
        }
        (Value::Array(items), Kind::List(element)) => {
            for (index, item) in items.iter().enumerate() {
                find_misspelt(item, *element, &format!("{prefix}{index}."), found);
            }
        }
        _ => {}
    }
}

/// Returns the field of `kind` that `key` looks like: with other separators, or with one slip.
fn similar_field(key: &str, kind: Kind) -> Option<&'static str> {
    // Names are compared letter by letter only if they may be alike: a document may have very many.
    let separators_and_slip = 5;
    let letters_of_key = letters(key);
    let (name, _) = kind.field(|name| {
        if name.len().abs_diff(key.len()) > separators_and_slip {
            return false;
        }
        let (key, name) = (&letters_of_key, letters(name));
        *key == name || (name.len() >= SLIP_LENGTH && is_one_slip(key, &name))
    })?;
    Some(name)
}

/// Returns the letters and digits of a name, in lower case.
fn letters(name: &str) -> Vec<char> {
    name.chars().filter(|c| !"_-. ".contains(*c)).map(|c| c.to_ascii_lowercase()).collect()
}

/// Returns true if a letter more, less or other makes `first` into `second`, or two that changed places.
fn is_one_slip(first: &[char], second: &[char]) -> bool {
    let (short, long) = if first.len() <= second.len() { (first, second) } else { (second, first) };
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let (short, long) = (&short[same..], &long[same..]);
    match (short, long) {
        ([a, b, rest @ ..], [c, d, other @ ..]) if a == d && b == c && rest == other => true,
        ([_, rest @ ..], [_, other @ ..]) if rest.len() == other.len() => rest == other,
        (short, [_, rest @ ..]) => short == rest,
        (_, []) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let document = Document::parse(text.as_bytes().to_vec()).unwrap();
        lints(&document).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn fields_that_look_like_known_ones_are_found() {
        let named = r#""name":"n","transport":"stdio""#;
        for (field, meant) in [
            (r#""permision_profile":{}"#, r#"no field "permision_profile"; "permission_profile""#),
            (
                r#""permission_porfile":{}"#,
                r#"no field "permission_porfile"; "permission_profile""#,
            ),
            (r#""envvars":{}"#, r#"no field "envvars"; "env_vars""#),
            (r#""envVars":{}"#, r#"no field "envVars"; "env_vars""#),
            (r#""cmd-args":[]"#, r#"no field "cmd-args"; "cmd_args""#),
            (r#""Volumes":[]"#, r#""Volumes" is read as "volumes""#),
            (r#""volume":["/a:/a"]"#, r#"no field "volume"; "volumes""#),
            (
                r#""permission_profile":{"network":{"outbond":{}}}"#,
                r#"no field "permission_profile.network.outbond"; "outbound""#,
            ),
            (
                r#""middleware_configs":[{"Type":"a"}]"#,
                r#""middleware_configs.0.Type" is read as "type""#,
            ),
        ] {
            let found = found(&format!(r#"{{"image":"x",{named},{field}}}"#));
            assert_eq!(found.len(), 1, "{field}: {found:?}");
            assert!(found[0].contains(meant), "{field}: {found:?}");
        }
        // The program of this format is read with another case, too.
        assert_eq!(found(&format!(r#"{{"Image":"x",{named}}}"#)).len(), 1);
    }

    #[test]
    fn one_slip_is_one_letter_or_two_that_changed_places() {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        for (first, second, expected) in [
            ("volumes", "volume", true),
            ("olumes", "volumes", true),
            ("vloumes", "volumes", true),
            ("vokumes", "volumes", true),
            ("vokume", "volumes", false),
            ("oulvmes", "volumes", false),
            ("volumes", "volumes", false),
            ("", "a", true),
            ("", "", false),
        ] {
            assert_eq!(is_one_slip(&letters(first), &letters(second)), expected, "{first}");
        }
    }

    #[test]
    fn new_fields_and_data_are_not_taken_for_misspelt_ones() {
        for fields in [
            r#""sandbox":true,"dns":["a"],"healthcheck":{"image":"x"}"#,
            r#""env_vars":{"Image":"a","volume":"b"},"container_labels":{"imag":"c"}"#,
            r#""permision_profile":null"#,
        ] {
            let text = format!(r#"{{"image":"x","name":"n","transport":"sse",{fields}}}"#);
            assert_eq!(found(&text), [""; 0], "{fields}");
        }
    }

    #[test]
    fn missing_name_and_transport_are_found() {
        let both = found(r#"{"image":"x"}"#);
        assert!(both[0].contains("--name") && both[1].contains("transport"), "{both:?}");
        let both = found(r#"{"image":"x","name":"a b","transport":"carrier"}"#);
        assert!(both[0].contains("a b") && both[1].contains("carrier"), "{both:?}");
        assert_eq!(found(r#"{"image":"x","base_name":"n","transport":"sse"}"#), [""; 0]);
    }

    #[test]
    fn many_misspelt_fields_are_cut_short() {
        let many: Vec<_> = (0..20_000).map(|_| r#""envvars":{}"#).collect();
        let text = format!(r#"{{"image":"x","name":"n","transport":"sse",{}}}"#, many.join(","));
        assert_eq!(found(&text).len(), MISSPELT_LIMIT);
    }
}
