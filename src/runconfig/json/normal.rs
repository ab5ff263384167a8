//! A document as plain JSON values, read as Go's decoder reads it.
//!
//! Known fields are spelled as in the table of fields, whatever their case in the document. A known
//! field that is `null` is left out. The values are for reading and must never be written to a
//! document: a number of more than 64 bits is a string here.

use serde_json::{Map, Value};

use super::node::{Member, Node, Value as Found};
use crate::oci::is_same_field;
use crate::runconfig::fields::{Field, Kind, MEMBERS};

/// Returns the members of `root`, which was read from `text`.
pub(crate) fn normalised(text: &str, root: &Node) -> Map<String, Value> {
    Reader(text).object(root.members(), MEMBERS)
}

struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn object(&self, members: &[Member], fields: &[Field]) -> Map<String, Value> {
        let mut normal = Map::new();
        for Member { key, node, .. } in members {
            match fields.iter().find(|field| is_same_field(key, field.name)) {
                Some(_) if node.value == Found::Null => {}
                Some(Field { name, kind, .. }) => {
                    normal.insert((*name).to_owned(), self.value(node, *kind));
                }
                None => {
                    normal.insert(key.clone(), self.value(node, Kind::Any));
                }
            }
        }
        normal
    }

    fn value(&self, node: &Node, kind: Kind) -> Value {
        match (&node.value, kind) {
            (Found::Object(members), Kind::Object(fields)) => {
                Value::Object(self.object(members, fields))
            }
            (Found::Object(members), kind) => {
                let element = |member: &Member| {
                    (member.key.clone(), self.element(&member.node, kind.member(&member.key)))
                };
                Value::Object(members.iter().map(element).collect())
            }
            (Found::Array(items), kind) => {
                Value::Array(items.iter().map(|item| self.element(item, kind.element())).collect())
            }
            // The check accepts integers only; Go reads `-0` as 0.
            (Found::Number, Kind::Int | Kind::Int32) => {
                Value::from(self.text(node).parse::<i64>().unwrap_or_default())
            }
            (Found::String | Found::Number | Found::Bool | Found::Null, _) => {
                let text = self.text(node);
                serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
            }
        }
    }

    /// Returns a value in a list or a map, where `null` is the zero value of the kind.
    fn element(&self, node: &Node, kind: Kind) -> Value {
        match (&node.value, kind) {
            (Found::Null, Kind::String(_)) => Value::from(""),
            (Found::Null, Kind::Int | Kind::Int32) => Value::from(0),
            (Found::Null, Kind::Object(_)) => Value::Object(Map::new()),
            (_, kind) => self.value(node, kind),
        }
    }

    fn text(&self, node: &Node) -> &str {
        self.0.get(node.span.clone()).unwrap_or_default()
    }
}

/// Returns true if a value is set. An empty object is: for `ToolHive` an `audit_config` without
/// members turns auditing on.
pub(crate) fn is_set(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(_) => true,
    }
}

/// Returns the path of each member that is set and that `ToolHive` does not know, such as
/// `permission_profile.new` or `middleware_configs.0.new`, each with the field that it is in.
pub(crate) fn unknown_fields(fields: &Map<String, Value>) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    for (name, value) in fields {
        let mut paths = Vec::new();
        match MEMBERS.iter().find(|field| field.name == name) {
            Some(field) => add_unknown(value, field.kind, name, &mut paths),
            None if is_set(value) => paths.push(name.clone()),
            None => {}
        }
        found.extend(paths.into_iter().map(|path| (name.as_str(), path)));
    }
    found
}

fn add_unknown(value: &Value, kind: Kind, path: &str, found: &mut Vec<String>) {
    let below = |name: &str| format!("{path}.{name}");
    match (value, kind) {
        (Value::Object(members), Kind::Object(fields)) => {
            for (key, value) in members {
                match fields.iter().find(|field| field.name == key) {
                    Some(field) => add_unknown(value, field.kind, &below(key), found),
                    None if is_set(value) => found.push(below(key)),
                    None => {}
                }
            }
        }
        (Value::Array(items), Kind::List(element)) => {
            for (index, item) in items.iter().enumerate() {
                add_unknown(item, *element, &below(&index.to_string()), found);
            }
        }
        _ => {}
    }
}
