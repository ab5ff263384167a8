//! Checks that the fields of a document have their JSON kinds.

use super::node::{Member, Node, Value, position};
use crate::oci::is_same_field;
use crate::runconfig::error::InvalidDocument;
use crate::runconfig::fields::{Field, Kind, MEMBERS};

/// Checks that the document is an object, and that each known field in it has its kind and is there
/// once.
///
/// # Errors
/// [`InvalidDocument::NotAnObject`], [`InvalidDocument::WrongType`], [`InvalidDocument::Duplicate`].
pub(crate) fn check(text: &str, root: &Node) -> Result<(), InvalidDocument> {
    let Value::Object(members) = &root.value else {
        let (line, column) = position(text, root.span.start);
        return Err(InvalidDocument::NotAnObject { line, column, found: describe(text, root) });
    };
    Check { text, path: Vec::new() }.object(members, MEMBERS)
}

struct Check<'a> {
    text: &'a str,
    path: Vec<String>,
}

impl Check<'_> {
    fn object(&mut self, members: &[Member], fields: &[Field]) -> Result<(), InvalidDocument> {
        let mut seen = Vec::new();
        for member in members {
            let Some(Field { name, kind, .. }) =
                fields.iter().find(|field| is_same_field(&member.key, field.name))
            else {
                continue;
            };
            self.path.push((*name).to_owned());
            if seen.contains(name) {
                let (line, column) = position(self.text, member.key_start);
                return Err(InvalidDocument::Duplicate { line, column, path: self.path() });
            }
            seen.push(name);
            self.value(&member.node, *kind)?;
            self.path.pop();
        }
        Ok(())
    }

    fn value(&mut self, node: &Node, kind: Kind) -> Result<(), InvalidDocument> {
        match (&node.value, kind) {
            (Value::Null, _)
            | (_, Kind::Any)
            | (Value::Object(_), Kind::AnyObject)
            | (Value::String, Kind::String(_) | Kind::Duration)
            | (Value::Bool, Kind::Bool) => Ok(()),
            (Value::Number, Kind::Int | Kind::Duration) if self.integer(node).is_some() => Ok(()),
            (Value::Number, Kind::Int32)
                if self.integer(node).is_some_and(|number| i32::try_from(number).is_ok()) =>
            {
                Ok(())
            }
            (Value::Array(items), Kind::List(item)) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, node)| self.within(index.to_string(), node, *item)),
            (Value::Object(members), Kind::Map(value)) => members
                .iter()
                .try_for_each(|member| self.within(member.key.clone(), &member.node, *value)),
            (Value::Object(members), Kind::Object(fields)) => self.object(members, fields),
            _ => Err(self.wrong_type(node, kind)),
        }
    }

    fn within(&mut self, step: String, node: &Node, kind: Kind) -> Result<(), InvalidDocument> {
        self.path.push(step);
        self.value(node, kind)?;
        self.path.pop();
        Ok(())
    }

    /// Returns the number if Go reads it into an integer: it has no fraction and no exponent.
    fn integer(&self, node: &Node) -> Option<i64> {
        self.text.get(node.span.clone())?.parse().ok()
    }

    fn path(&self) -> String {
        self.path.join(".")
    }

    fn wrong_type(&self, node: &Node, kind: Kind) -> InvalidDocument {
        let (line, column) = position(self.text, node.span.start);
        let expected = match kind {
            Kind::String(_) => "a string",
            Kind::Bool => "true or false",
            Kind::Int => "a 64-bit integer",
            Kind::Int32 => "a 32-bit integer",
            Kind::Duration => "an integer or a string",
            Kind::List(_) => "an array",
            Kind::Map(_) | Kind::Object(_) | Kind::AnyObject => "an object",
            Kind::Any => "any value",
        };
        let found = describe(self.text, node);
        InvalidDocument::WrongType { line, column, path: self.path(), expected, found }
    }
}

fn describe(text: &str, node: &Node) -> &'static str {
    match &node.value {
        Value::Object(_) => "an object",
        Value::Array(_) => "an array",
        Value::String => "a string",
        Value::Bool => "a boolean",
        Value::Null => "null",
        Value::Number => match text.get(node.span.clone()).map(str::parse::<i64>) {
            Some(Ok(_)) => "an integer",
            _ => "a number",
        },
    }
}
