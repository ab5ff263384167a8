//! Turns the value of an environment variable into a reference to a secret, and changes nothing else.

use std::fmt;

use super::document::Document;
use super::error::InvalidDocument;
use super::json::{Member, Node, Value};

/// In front of the names that `ToolHive` keeps for itself.
const RESERVED: &str = "__thv_";

/// Why a variable could not become a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToSecretError {
    /// The configuration sets no such variable.
    NoVariable(String),
    /// This is no name for a secret.
    Name(String),
    /// What came out is no run configuration.
    Invalid(InvalidDocument),
}

impl fmt::Display for ToSecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoVariable(name) => write!(f, "the configuration sets no variable {name:?}"),
            Self::Name(name) => write!(f, "{name:?} is no name for a secret"),
            Self::Invalid(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ToSecretError {}

/// `document` with `variable` in `secrets` instead of `env_vars`.
pub(super) fn to_secret(
    document: &Document,
    variable: &str,
    name: &str,
) -> Result<Document, ToSecretError> {
    let is_reserved = name.starts_with(RESERVED);
    if name.is_empty()
        || is_reserved
        || name.contains([',', '"', '\\'])
        || name.contains(char::is_control)
    {
        return Err(ToSecretError::Name(name.to_owned()));
    }
    let missing = || ToSecretError::NoVariable(variable.to_owned());
    let root = document.root();
    let variables = root.field("env_vars").ok_or_else(missing)?;
    let members = variables.members();
    let index = members.iter().position(|member| member.key == variable).ok_or_else(missing)?;
    let reference = serde_json::Value::from(format!("{name},target={variable}")).to_string();

    let mut edits = vec![removal(members, index)];
    edits.push(addition(document.text(), root, &reference));
    // From the end, so that the spans before stay where they are.
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut text = document.text().to_owned();
    for (span, replacement) in edits {
        text.replace_range(span, &replacement);
    }
    Document::parse(text.into_bytes()).map_err(ToSecretError::Invalid)
}

type Edit = (std::ops::Range<usize>, String);

/// Takes a member away, with the comma that goes with it.
fn removal(members: &[Member], index: usize) -> Edit {
    let member = &members[index];
    let (start, end) = match (members.get(index + 1), index.checked_sub(1)) {
        (Some(next), _) => (member.key_start, next.key_start),
        (None, Some(before)) => (members[before].node.span.end, member.node.span.end),
        (None, None) => (member.key_start, member.node.span.end),
    };
    (start..end, String::new())
}

/// Adds an element to `secrets`, with the white space that its neighbours have.
fn addition(text: &str, root: &Node, reference: &str) -> Edit {
    match root.field("secrets") {
        Some(Node { value: Value::Array(items), .. }) if !items.is_empty() => {
            let last = &items[items.len() - 1].span;
            (last.end..last.end, format!(",{}{reference}", space_before(text, last.start)))
        }
        Some(node) => (node.span.clone(), format!("[{reference}]")),
        None => {
            let first = root.members().first().map_or(root.span.start + 1, |first| first.key_start);
            (first..first, format!("\"secrets\": [{reference}],{}", space_before(text, first)))
        }
    }
}

fn space_before(text: &str, at: usize) -> &str {
    let before = text.get(..at).unwrap_or_default();
    &before[before.trim_end().len()..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turned(text: &str) -> String {
        let document = Document::parse(text.as_bytes().to_vec()).unwrap();
        to_secret(&document, "A", "key").unwrap().text().to_owned()
    }

    #[test]
    fn a_variable_becomes_a_secret_and_nothing_else_changes() {
        for (before, after) in [
            (
                r#"{"image":"x","env_vars":{"A":"1"}}"#,
                r#"{"secrets": ["key,target=A"],"image":"x","env_vars":{}}"#,
            ),
            (
                "{\n  \"image\": \"x\",\n  \"env_vars\": {\n    \"A\": \"1\",\n    \"B\": \"2\"\n  }\n}",
                "{\n  \"secrets\": [\"key,target=A\"],\n  \"image\": \"x\",\n  \"env_vars\": {\n    \
                 \"B\": \"2\"\n  }\n}",
            ),
            (
                r#"{"image":"x","env_vars":{"B":"2", "A":"1"}, "secrets":[ "b,target=C" ]}"#,
                r#"{"image":"x","env_vars":{"B":"2"}, "secrets":[ "b,target=C", "key,target=A" ]}"#,
            ),
            (
                r#"{"image":"x","secrets":null,"ENV_vars":{"A":"1"}}"#,
                r#"{"image":"x","secrets":["key,target=A"],"ENV_vars":{}}"#,
            ),
        ] {
            assert_eq!(turned(before), after);
        }
        let document = Document::parse(br#"{"image":"x","env_vars":{"A":"1"}}"#.to_vec()).unwrap();
        let none = ToSecretError::NoVariable("B".to_owned());
        assert_eq!(to_secret(&document, "B", "key").unwrap_err(), none);
        for name in ["", "a,b", "a\"b", "a\nb", "__thv_a"] {
            assert!(to_secret(&document, "A", name).is_err(), "{name:?}");
        }
    }
}
