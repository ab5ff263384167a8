//! Reads JSON, and reports errors for a reader who wrote it by hand.

use serde::de::IgnoredAny;

use super::node::{self, DEPTH_LIMIT, Node, Unreadable, invalid_at};
use crate::runconfig::error::{DocumentDefect, InvalidDocument};

/// Reads the one JSON value in `text`.
pub(crate) fn read(text: &str) -> Result<Node, InvalidDocument> {
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| syntax_error(text, &error))?;
    node::read(text).map_err(|unreadable| match unreadable {
        Unreadable::Syntax(offset) => {
            let message = format!("nested more than {DEPTH_LIMIT} deep, or unreadable");
            invalid_at(text, offset, DocumentDefect::Syntax(message))
        }
        Unreadable::TooManyValues(offset) => {
            invalid_at(text, offset, DocumentDefect::TooManyValues)
        }
    })
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

#[cfg(test)]
mod tests {
    use crate::runconfig::Document;

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
}
