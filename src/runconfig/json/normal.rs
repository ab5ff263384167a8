//! A document as plain JSON values, checked and read as Go's decoder reads it.
//!
//! Known fields are spelled as in the table of fields, whatever their case in the document. A known
//! field that is `null` is left out. The values are for reading and must never be written to a
//! document: a number of more than 64 bits is a string here.

use serde_json::{Map, Value};

use super::node::{Member, Node, Value as Found, invalid_at};
use crate::oci::is_same_field;
use crate::printable::excerpt;
use crate::runconfig::error::{DocumentDefect, InvalidDocument};
use crate::runconfig::fields::{Kind, ROOT};

/// How many characters of a path an error shows.
const PATH_SHOWN: usize = 500;

/// Returns the members of `root`, which was read from `text`. A value that is not an object, a known
/// field of the wrong type and one that is there twice are errors.
pub(crate) fn normalised(text: &str, root: &Node) -> Result<Map<String, Value>, InvalidDocument> {
    let Found::Object(members) = &root.value else {
        let defect = DocumentDefect::NotAnObject(describe(text, root));
        return Err(invalid_at(text, root.span.start, defect));
    };
    Reader { text, path: Vec::new() }.object(members, ROOT)
}

struct Reader<'a> {
    text: &'a str,
    path: Vec<String>,
}

impl Reader<'_> {
    fn object(
        &mut self,
        members: &[Member],
        kind: Kind,
    ) -> Result<Map<String, Value>, InvalidDocument> {
        let mut normal = Map::new();
        let mut seen = Vec::new();
        for Member { key, key_start, node } in members {
            let Some((name, field)) = kind.field(|name| is_same_field(key, name)) else {
                normal.insert(key.clone(), self.value(node, Kind::Any)?);
                continue;
            };
            self.path.push(name.to_owned());
            if seen.contains(&name) {
                let defect = DocumentDefect::Duplicate(self.shown_path());
                return Err(invalid_at(self.text, *key_start, defect));
            }
            seen.push(name);
            if node.value != Found::Null {
                normal.insert(name.to_owned(), self.value(node, field.kind)?);
            }
            self.path.pop();
        }
        Ok(normal)
    }

    fn value(&mut self, node: &Node, kind: Kind) -> Result<Value, InvalidDocument> {
        let text = self.text.get(node.span.clone()).unwrap_or_default();
        Ok(match (&node.value, kind) {
            (Found::Object(members), Kind::Object(_)) => self.object(members, kind)?.into(),
            (Found::Object(members), Kind::Map(_) | Kind::Any) => {
                let mut normal = Map::new();
                for Member { key, node, .. } in members {
                    normal.insert(key.clone(), self.element(key, node, kind.member(key))?);
                }
                normal.into()
            }
            (Found::Array(items), Kind::List(_) | Kind::Any) => {
                let mut normal = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    normal.push(self.element(&index.to_string(), item, kind.element())?);
                }
                normal.into()
            }
            // Go reads no fraction and no exponent into an integer, and `-0` as 0.
            (Found::Number, Kind::Int | Kind::Int32 | Kind::Duration) => {
                match text.parse::<i64>() {
                    Ok(number) if kind != Kind::Int32 || i32::try_from(number).is_ok() => {
                        number.into()
                    }
                    _ => return Err(self.wrong_type(node, kind)),
                }
            }
            (Found::Null, _)
            | (Found::String, Kind::String(_) | Kind::Duration | Kind::Any)
            | (Found::Bool, Kind::Bool | Kind::Any)
            | (Found::Number, Kind::Any) => {
                serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
            }
            _ => return Err(self.wrong_type(node, kind)),
        })
    }

    /// Returns a value in a list or a map, where `null` is the zero value of the kind.
    fn element(&mut self, step: &str, node: &Node, kind: Kind) -> Result<Value, InvalidDocument> {
        self.path.push(step.to_owned());
        let value = match (&node.value, kind) {
            (Found::Null, Kind::String(_)) => Value::from(""),
            (Found::Null, Kind::Int | Kind::Int32) => Value::from(0),
            (Found::Null, Kind::Object(_)) => Value::Object(Map::new()),
            (_, kind) => self.value(node, kind)?,
        };
        self.path.pop();
        Ok(value)
    }

    /// Returns the path for an error. A key may be as long as the document.
    fn shown_path(&self) -> String {
        excerpt(&self.path.join("."), PATH_SHOWN)
    }

    fn wrong_type(&self, node: &Node, kind: Kind) -> InvalidDocument {
        let expected = match kind {
            Kind::String(_) => "a string",
            Kind::Bool => "true or false",
            Kind::Int => "a 64-bit integer",
            Kind::Int32 => "a 32-bit integer",
            Kind::Duration => "an integer or a string",
            Kind::List(_) => "an array",
            Kind::Map(_) | Kind::Object(_) => "an object",
            Kind::Any => "any value",
        };
        let (path, found) = (self.shown_path(), describe(self.text, node));
        let defect = DocumentDefect::WrongType { path, expected, found };
        invalid_at(self.text, node.span.start, defect)
    }
}

fn describe(text: &str, node: &Node) -> &'static str {
    match &node.value {
        Found::Object(_) => "an object",
        Found::Array(_) => "an array",
        Found::String => "a string",
        Found::Bool => "a boolean",
        Found::Null => "null",
        Found::Number => match text.get(node.span.clone()).map(str::parse::<i64>) {
            Some(Ok(_)) => "an integer",
            _ => "a number",
        },
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
        add_unknown(value, ROOT.known(name), name, &mut paths);
        found.extend(paths.into_iter().map(|path| (name.as_str(), path)));
    }
    found
}

/// Adds `path` if `kind` is missing, else the paths of unknown members within the value.
fn add_unknown(value: &Value, kind: Option<Kind>, path: &str, found: &mut Vec<String>) {
    match (value, kind) {
        (value, None) if is_set(value) => found.push(path.to_owned()),
        (Value::Object(members), Some(object @ Kind::Object(_))) => {
            for (name, value) in members {
                add_unknown(value, object.known(name), &format!("{path}.{name}"), found);
            }
        }
        (Value::Array(items), Some(Kind::List(element))) => {
            for (index, item) in items.iter().enumerate() {
                add_unknown(item, Some(*element), &format!("{path}.{index}"), found);
            }
        }
        _ => {}
    }
}
