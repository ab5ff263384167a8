//! Reads JSON with the byte offsets of each value, for error messages and for edits.
//!
//! Errors are for a reader who wrote the text by hand.

use std::ops::Range;

use serde::de::IgnoredAny;

use crate::oci::is_same_field;
use crate::runconfig::error::{DocumentDefect, InvalidDocument, PATH_LIMIT, VALUE_LIMIT};

const DEPTH_LIMIT: usize = 128;

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

/// Reads the one JSON value in `text`.
pub(crate) fn read(text: &str) -> Result<Node, InvalidDocument> {
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| syntax_error(text, &error))?;
    scan(text)
}

/// Reads the value in `text`, which another parser accepted.
fn scan(text: &str) -> Result<Node, InvalidDocument> {
    Scanner { text, at: 0, values: 0, path: 0, paths: 0 }.value(0)
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// How many values were read so far.
    values: usize,
    /// The length of the path of the value that is read, in bytes. Indexes of lists are not counted.
    path: usize,
    /// The length of the paths of all values read so far.
    paths: usize,
}

impl Scanner<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn peek(&mut self) -> Option<u8> {
        while self.byte().is_some_and(|b| b" \t\r\n".contains(&b)) {
            self.at += 1;
        }
        self.byte()
    }

    fn unreadable(&self, at: usize) -> InvalidDocument {
        let message = format!("nested more than {DEPTH_LIMIT} deep, or unreadable");
        invalid_at(self.text, at, DocumentDefect::Syntax(message))
    }

    fn expect(&mut self, byte: u8) -> Result<(), InvalidDocument> {
        if self.peek() != Some(byte) {
            return Err(self.unreadable(self.at));
        }
        self.at += 1;
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Node, InvalidDocument> {
        let first = self.peek();
        let start = self.at;
        if depth > DEPTH_LIMIT {
            return Err(self.unreadable(start));
        }
        self.count(start)?;
        let value = match first {
            Some(b'{') => Value::Object(self.list(b'}', |scanner| scanner.member(depth + 1))?),
            Some(b'[') => Value::Array(self.list(b']', |scanner| scanner.value(depth + 1))?),
            Some(b'"') => {
                self.string()?;
                Value::String
            }
            Some(b't' | b'f') => self.literal(Value::Bool),
            Some(b'n') => self.literal(Value::Null),
            Some(_) => self.literal(Value::Number),
            None => return Err(self.unreadable(start)),
        };
        Ok(Node { span: start..self.at, value })
    }

    /// Counts the value at this offset.
    fn count(&mut self, start: usize) -> Result<(), InvalidDocument> {
        self.values += 1;
        self.paths += self.path;
        if self.values > VALUE_LIMIT {
            Err(invalid_at(self.text, start, DocumentDefect::TooManyValues))
        } else if self.paths > PATH_LIMIT {
            Err(invalid_at(self.text, start, DocumentDefect::LongPaths))
        } else {
            Ok(())
        }
    }

    /// Reads what stands between two brackets, separated by commas.
    fn list<T>(
        &mut self,
        end: u8,
        read: impl Fn(&mut Self) -> Result<T, InvalidDocument>,
    ) -> Result<Vec<T>, InvalidDocument> {
        let mut found = Vec::new();
        self.at += 1;
        while self.peek() != Some(end) {
            if !found.is_empty() {
                self.expect(b',')?;
            }
            found.push(read(self)?);
        }
        self.at += 1;
        Ok(found)
    }

    fn member(&mut self, depth: usize) -> Result<Member, InvalidDocument> {
        self.peek();
        let key_start = self.at;
        let key = self.string()?;
        self.expect(b':')?;
        let above = self.path;
        self.path += key.len() + 1;
        let node = self.value(depth)?;
        self.path = above;
        Ok(Member { key, key_start, node })
    }

    /// Skips a string and returns it decoded.
    fn string(&mut self) -> Result<String, InvalidDocument> {
        let start = self.at;
        self.expect(b'"')?;
        loop {
            match self.byte() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
                None => return Err(self.unreadable(start)),
            }
        }
        self.at += 1;
        let literal = self.text.get(start..self.at).unwrap_or_default();
        serde_json::from_str(literal).map_err(|_| self.unreadable(start))
    }

    /// Skips a number, `true`, `false` or `null`.
    fn literal(&mut self, value: Value) -> Value {
        while self.byte().is_some_and(|b| !b" \t\r\n,]}".contains(&b)) {
            self.at += 1;
        }
        value
    }
}

/// Turns the parser's error into one with a column in characters and, where possible, a plain message.
fn syntax_error(text: &str, error: &serde_json::Error) -> InvalidDocument {
    let line_start: usize =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    // The parser counts columns in bytes.
    let mut offset = (line_start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let (before, rest) = text.split_at(offset);
    let own = error.to_string();
    let message = common_mistake(before.trim_end(), rest)
        .unwrap_or_else(|| own.split(" at line ").next().unwrap_or_default())
        .to_owned();
    invalid_at(text, offset, DocumentDefect::Syntax(message))
}

/// Returns a plain message for the most common mistakes, judged by the text around the error.
fn common_mistake(before: &str, rest: &str) -> Option<&'static str> {
    Some(match rest.chars().next() {
        None if before.is_empty() => "the text is empty; a run configuration is one JSON object",
        Some('\u{feff}') => "a byte order mark precedes the JSON",
        Some('}' | ']') if before.ends_with(',') => "a comma before a closing bracket",
        Some('\'') => "JSON has text in double quotes",
        Some('/') if rest.starts_with("//") || rest.starts_with("/*") => "JSON has no comments",
        _ if before.is_empty() => "not JSON; a run configuration is one JSON object",
        _ => return None,
    })
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
    use crate::runconfig::Document;

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

    #[test]
    fn common_mistakes_have_plain_messages() {
        for (text, expected) in [
            ("{\"image\":\"x\",\n}", "line 2, column 1: a comma before a closing bracket"),
            ("{\"é\":[1, ]}", "line 1, column 10: a comma before a closing bracket"),
            ("{'image':'x'}", "line 1, column 2: JSON has text in double quotes"),
            ("{\"a\":1, // b\n}", "line 1, column 9: JSON has no comments"),
            ("/* a */ {}", "line 1, column 1: JSON has no comments"),
            ("image: x", "line 1, column 1: not JSON; a run configuration is one JSON object"),
            (" \n", "line 2, column 1: the text is empty; a run configuration is one JSON object"),
            ("{\"a\" 1}", "line 1, column 6: expected `:`"),
        ] {
            let refused = Document::parse(text.as_bytes().to_vec()).unwrap_err();
            assert_eq!(refused.to_string(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn scanning_never_panics(text in r#"[\[\]{}",:\\a0-9 tfnu\n]{0,40}|\PC{0,20}"#) {
            let _ = scan(&text);
            let _ = position(&text, text.len() / 2);
        }
    }
}
