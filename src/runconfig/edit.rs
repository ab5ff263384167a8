//! Edits of a run configuration that leave every other byte unchanged.

use std::fmt;
use std::ops::Range;

use super::config::is_secret_name;
use super::document::Document;
use super::error::InvalidDocument;
use super::fields::{FIELDS, Kind, Text};
use super::json::{Member, Node, Value};
use super::name::{BASE_NAME_LABEL, NAME_LABEL, WorkloadName};

/// Why a run configuration could not be edited.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EditError {
    /// The configuration does not set this environment variable.
    NoVariable(String),
    /// Not a name for a secret.
    SecretName(String),
    /// The result is not a run configuration.
    Invalid(InvalidDocument),
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoVariable(name) => write!(f, "the configuration sets no variable {name:?}"),
            Self::SecretName(name) => write!(f, "{name:?} is not a valid secret name"),
            Self::Invalid(_) => f.write_str("the edited run configuration is not valid"),
        }
    }
}

impl std::error::Error for EditError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoVariable(_) | Self::SecretName(_) => None,
            Self::Invalid(error) => Some(error),
        }
    }
}

/// Returns the configuration under another name. The fields `name`, `base_name`, `container_name` and
/// `ToolHive`'s two labels for them change, if the document has them. One without a name gets the field
/// `name`.
///
/// # Errors
/// [`EditError::Invalid`] if the document becomes too large.
pub fn renamed(document: &Document, name: &WorkloadName) -> Result<Document, EditError> {
    // The name of a workload needs no escape in JSON.
    let mut edits: Vec<Edit> =
        name_spans(document.root()).map(|span| (span, format!("\"{name}\""))).collect();
    // An empty name is among the edits already.
    match document.root().field("name") {
        _ if document.own_name().is_some() => {}
        None => {
            let member = format!("\"name\": \"{name}\"");
            edits.push(first_member(document.text(), document.root(), &member));
        }
        Some(node) if node.value == Value::Null => {
            edits.push((node.span.clone(), format!("\"{name}\"")));
        }
        Some(_) => {}
    }
    edited(document, edits)
}

fn name_spans(root: &Node) -> impl Iterator<Item = Range<usize>> {
    let holds_name = |kind| kind == Kind::String(Text::WorkloadName);
    let fields = FIELDS.iter().filter(move |field| holds_name(field.kind));
    let labels = root.field("container_labels").map(Node::members).unwrap_or_default().iter();
    fields
        .filter_map(|field| root.field(field.name))
        // Labels are data and not fields: their case matters.
        .chain(labels.filter(|l| [NAME_LABEL, BASE_NAME_LABEL].contains(&&*l.key)).map(|l| &l.node))
        .filter(|node| node.value == Value::String)
        .map(|node| node.span.clone())
}

/// Returns the configuration with the value of `variable` replaced by a reference to the secret
/// `name`. Every user of the configuration supplies the value.
pub(crate) fn with_secret(
    document: &Document,
    variable: &str,
    name: &str,
) -> Result<Document, EditError> {
    if !is_secret_name(name) || name.contains(['"', '\\']) || name.contains(char::is_control) {
        return Err(EditError::SecretName(name.to_owned()));
    }
    let missing = || EditError::NoVariable(variable.to_owned());
    let root = document.root();
    let variables = root.field("env_vars").ok_or_else(missing)?;
    let members = variables.members();
    let index = members.iter().position(|member| member.key == variable).ok_or_else(missing)?;
    let reference = serde_json::Value::from(format!("{name},target={variable}")).to_string();
    edited(document, vec![removal(members, index), addition(document.text(), root, &reference)])
}

/// A range of bytes, and the text that replaces it.
type Edit = (Range<usize>, String);

fn edited(document: &Document, mut edits: Vec<Edit>) -> Result<Document, EditError> {
    // From the end, so that the offsets of the remaining edits stay valid.
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut text = document.text().to_owned();
    for (span, replacement) in edits {
        text.replace_range(span, &replacement);
    }
    Document::parse(text.into_bytes()).map_err(EditError::Invalid)
}

fn removal(members: &[Member], index: usize) -> Edit {
    let member = &members[index];
    let (start, end) = match (members.get(index + 1), index.checked_sub(1)) {
        (Some(next), _) => (member.key_start, next.key_start),
        (None, Some(before)) => (members[before].node.span.end, member.node.span.end),
        (None, None) => (member.key_start, member.node.span.end),
    };
    (start..end, String::new())
}

/// Adds an element to `secrets`, with the same white space as its neighbours.
fn addition(text: &str, root: &Node, reference: &str) -> Edit {
    match root.field("secrets") {
        Some(Node { value: Value::Array(items), .. }) if !items.is_empty() => {
            let last = &items[items.len() - 1].span;
            (last.end..last.end, format!(",{}{reference}", space_before(text, last.start)))
        }
        Some(node) => (node.span.clone(), format!("[{reference}]")),
        None => first_member(text, root, &format!("\"secrets\": [{reference}]")),
    }
}

/// Adds a member before all others. A run configuration has one at least.
fn first_member(text: &str, root: &Node, member: &str) -> Edit {
    let first = root.members().first().map_or(root.span.start + 1, |first| first.key_start);
    (first..first, format!("{member},{}", space_before(text, first)))
}

fn space_before(text: &str, at: usize) -> &str {
    let before = text.get(..at).unwrap_or_default();
    &before[before.trim_end().len()..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(text: &str) -> String {
        let document = Document::parse(text.as_bytes().to_vec()).unwrap();
        with_secret(&document, "A", "key").unwrap().text().to_owned()
    }

    #[test]
    fn variable_becomes_a_secret_and_no_other_byte_changes() {
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
            assert_eq!(edited(before), after);
        }
        let document = Document::parse(br#"{"image":"x","env_vars":{"A":"1"}}"#.to_vec()).unwrap();
        let none = EditError::NoVariable("B".to_owned());
        assert_eq!(with_secret(&document, "B", "key").unwrap_err(), none);
        for name in ["", "a,b", "a\"b", "a\nb", "__thv_a"] {
            assert!(with_secret(&document, "A", name).is_err(), "{name:?}");
        }
    }
}
