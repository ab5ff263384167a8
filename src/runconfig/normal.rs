//! A run configuration as plain JSON values, read as Go's decoder reads it.
//!
//! Known fields have their own spelling whatever the document's, and `null` is a field that is not
//! there. This is for looking at, never for writing: a number beyond 64 bits is a string here.

use serde_json::{Map, Value};

use super::document::is_set;
use super::json::{Member, Node, Value as Found};
use super::schema::{Field, Kind, names};

/// Reads the values of the text that the nodes were read from.
pub(super) struct Reader<'a>(pub(super) &'a str);

impl Reader<'_> {
    /// The members of an object, known ones by their names in `fields`.
    pub(super) fn object(&self, members: &[Member], fields: &[Field]) -> Map<String, Value> {
        let mut normal = Map::new();
        for Member { key, node, .. } in members {
            match fields.iter().find(|field| names(key, field.0)) {
                Some(_) if node.value == Found::Null => {}
                Some(Field(name, kind)) => {
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
                let of = if let Kind::Map(of) = kind { *of } else { Kind::Any };
                let element =
                    |member: &Member| (member.key.clone(), self.element(&member.node, of));
                Value::Object(members.iter().map(element).collect())
            }
            (Found::Array(items), kind) => {
                let of = if let Kind::List(of) = kind { *of } else { Kind::Any };
                Value::Array(items.iter().map(|item| self.element(item, of)).collect())
            }
            // The schema lets only integers through; Go reads `-0` as 0.
            (Found::Number, Kind::Int | Kind::Int32) => {
                Value::from(self.text(node).parse::<i64>().unwrap_or_default())
            }
            (Found::String | Found::Number | Found::Bool | Found::Null, _) => {
                let text = self.text(node);
                serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
            }
        }
    }

    /// A value in a list or a map, where `null` is the type's zero value.
    fn element(&self, node: &Node, kind: Kind) -> Value {
        match (&node.value, kind) {
            (Found::Null, Kind::String) => Value::from(""),
            (Found::Null, Kind::Int | Kind::Int32) => Value::from(0),
            (Found::Null, Kind::Object(_)) => Value::Object(Map::new()),
            (_, kind) => self.value(node, kind),
        }
    }

    fn text(&self, node: &Node) -> &str {
        self.0.get(node.span.clone()).unwrap_or_default()
    }
}

/// Adds the path of each member within `value`, which stands at `path`, that its type does not have
/// and that says something.
pub(super) fn add_unknown(value: &Value, kind: Kind, path: &str, found: &mut Vec<String>) {
    let below = |name: &str| format!("{path}.{name}");
    match (value, kind) {
        (Value::Object(members), Kind::Object(fields)) => {
            for (key, value) in members {
                match fields.iter().find(|field| field.0 == key) {
                    Some(Field(_, kind)) => add_unknown(value, *kind, &below(key), found),
                    None if is_set(value) => found.push(below(key)),
                    None => {}
                }
            }
        }
        (Value::Array(items), Kind::List(of)) => {
            for (index, item) in items.iter().enumerate() {
                add_unknown(item, *of, &below(&index.to_string()), found);
            }
        }
        _ => {}
    }
}
