//! A JSON scanner that keeps the byte offsets of each value, for error messages and for edits.
//!
//! It reads text that another parser has accepted as JSON. Text that it cannot read is an error.

use std::ops::Range;

use crate::oci::is_same_field;
use crate::runconfig::error::{DocumentDefect, InvalidDocument, VALUE_LIMIT};

pub(crate) const DEPTH_LIMIT: usize = 128;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) value: Value,
}

/// The kind of a value, and the values within it. The text of strings and numbers is in the span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Object(Vec<Member>),
    Array(Vec<Node>),
    String,
    Number,
    Bool,
    Null,
}

/// A member of an object, with its key decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) key: String,
    pub(crate) key_start: usize,
    pub(crate) node: Node,
}

/// Why the text cannot be read, and the byte offset at which that shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is nested too deeply, or is not JSON.
    Syntax(usize),
    /// It has more than [`VALUE_LIMIT`] values.
    TooManyValues(usize),
}

/// Reads the value in `text`, which white space may surround.
pub(crate) fn read(text: &str) -> Result<Node, Unreadable> {
    Scanner { text: text.as_bytes(), source: text, at: 0, values: 0 }.value(0)
}

struct Scanner<'a> {
    text: &'a [u8],
    source: &'a str,
    at: usize,
    /// How many values were read so far.
    values: usize,
}

impl Scanner<'_> {
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(|b| b" \t\r\n".contains(b)) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Result<(), Unreadable> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(Unreadable::Syntax(self.at))
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Unreadable> {
        let first = self.peek().ok_or(Unreadable::Syntax(self.at))?;
        let start = self.at;
        if depth > DEPTH_LIMIT {
            return Err(Unreadable::Syntax(start));
        }
        self.values += 1;
        if self.values > VALUE_LIMIT {
            return Err(Unreadable::TooManyValues(start));
        }
        let value = match first {
            b'{' => Value::Object(self.members(depth)?),
            b'[' => Value::Array(self.items(depth)?),
            b'"' => {
                self.string()?;
                Value::String
            }
            b't' | b'f' => self.literal(Value::Bool),
            b'n' => self.literal(Value::Null),
            _ => self.literal(Value::Number),
        };
        Ok(Node { span: start..self.at, value })
    }

    fn members(&mut self, depth: usize) -> Result<Vec<Member>, Unreadable> {
        let mut members = Vec::new();
        self.at += 1;
        while self.peek() != Some(b'}') {
            if !members.is_empty() {
                self.expect(b',')?;
            }
            self.peek();
            let key_start = self.at;
            let key = self.string()?;
            self.expect(b':')?;
            members.push(Member { key, key_start, node: self.value(depth + 1)? });
        }
        self.at += 1;
        Ok(members)
    }

    fn items(&mut self, depth: usize) -> Result<Vec<Node>, Unreadable> {
        let mut items = Vec::new();
        self.at += 1;
        while self.peek() != Some(b']') {
            if !items.is_empty() {
                self.expect(b',')?;
            }
            items.push(self.value(depth + 1)?);
        }
        self.at += 1;
        Ok(items)
    }

    /// Skips a string and returns it decoded.
    fn string(&mut self) -> Result<String, Unreadable> {
        let start = self.at;
        self.expect(b'"')?;
        loop {
            match self.text.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
                None => return Err(Unreadable::Syntax(start)),
            }
        }
        self.at += 1;
        let literal = self.source.get(start..self.at).ok_or(Unreadable::Syntax(start))?;
        serde_json::from_str(literal).map_err(|_| Unreadable::Syntax(start))
    }

    /// Skips a number, `true`, `false` or `null`.
    fn literal(&mut self, value: Value) -> Value {
        while self.text.get(self.at).is_some_and(|b| !b" \t\r\n,]}".contains(b)) {
            self.at += 1;
        }
        value
    }
}

/// Returns the error for a defect at this byte offset of `text`.
pub(crate) fn invalid_at(text: &str, offset: usize, defect: DocumentDefect) -> InvalidDocument {
    let (line, column) = position(text, offset);
    InvalidDocument::At { line, column, defect }
}

/// Returns the line and the column of a byte offset, both counted from 1. Columns count characters.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (before.bytes().filter(|b| *b == b'\n').count() + 1, column)
}

impl Node {
    /// Returns the members of an object; none for any other value.
    pub(crate) fn members(&self) -> &[Member] {
        match &self.value {
            Value::Object(members) => members,
            _ => &[],
        }
    }

    /// Returns the value of the member that Go's decoder takes for the field `name`.
    pub(crate) fn field(&self, name: &str) -> Option<&Self> {
        let member = self.members().iter().find(|member| is_same_field(&member.key, name));
        member.map(|member| &member.node)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_value_has_its_span() {
        let text = "{ \"a\\u0041\" : [1e400, \"x\\\"\"],\n\t\"b\":{ } }";
        let node = read(text).unwrap();
        let Value::Object(members) = &node.value else { panic!("no object") };
        assert_eq!(members[0].key, "aA");
        assert_eq!(&text[members[0].node.span.clone()], "[1e400, \"x\\\"\"]");
        assert_eq!(&text[members[1].node.span.clone()], "{ }");
        assert_eq!(position(text, members[1].key_start), (2, 2));
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(position("äö\r\né\"x", 4 + 2 + 2), (2, 2));
        assert_eq!(position("", 0), (1, 1));
    }

    proptest! {
        #[test]
        fn scanning_never_panics(text in r#"[\[\]{}",:\\a0-9 tfnu\n]{0,40}|\PC{0,20}"#) {
            let _ = read(&text);
            let _ = position(&text, text.len() / 2);
        }
    }
}
