//! Gives a run configuration another name, and changes not one other byte.

use std::ops::Range;

use super::document::Document;
use super::json::{Node, Value};
use super::name::WorkloadName;

/// Fields that hold the name.
const NAME_FIELDS: [&str; 3] = ["name", "base_name", "container_name"];
/// Labels that hold the name, matched as they are: labels are data, not fields.
const NAME_LABELS: [&str; 2] = ["toolhive-name", "toolhive-basename"];

pub(super) fn renamed(document: &Document, name: &WorkloadName) -> Document {
    let mut spans: Vec<_> = name_spans(document.root());
    spans.sort_by_key(|span| span.start);
    let mut text = document.text().to_owned();
    // From the end, so that the spans before stay where they are. A workload's name needs no escape.
    for span in spans.into_iter().rev() {
        text.replace_range(span, &format!("\"{name}\""));
    }
    // A string in the place of a string leaves the text as readable as it was.
    Document::with_text(text).unwrap_or_else(|| document.clone())
}

/// Where the strings stand that hold the name.
fn name_spans(root: &Node) -> Vec<Range<usize>> {
    let fields = NAME_FIELDS.iter().filter_map(|name| root.field(name));
    let labels = root
        .field("container_labels")
        .map(Node::members)
        .unwrap_or_default()
        .iter()
        .filter(|label| NAME_LABELS.contains(&label.key.as_str()))
        .map(|label| &label.node);
    fields
        .chain(labels)
        .filter(|node| node.value == Value::String)
        .map(|node| node.span.clone())
        .collect()
}
