//! The text that stands in a transcript instead of a secret: `<redacted len=N id=XXXXXXXX>`.
//!
//! This is the only place that knows how a mark is written and read.

use std::fmt;

const START: &str = "<redacted len=";
const ID: &str = " id=";
const END: char = '>';
const ID_DIGITS: usize = 8;

/// Replaces one secret.
///
/// Within the transcript of one run, equal ids mean equal secrets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RedactionMark {
    length: usize,
    id: String,
}

impl RedactionMark {
    /// Makes the mark of a secret of `length` bytes from the first four bytes of its keyed hash.
    pub(super) fn new(length: usize, hash: [u8; ID_DIGITS / 2]) -> Self {
        Self { length, id: hex::encode(hash) }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    fn parse(text: &str) -> Option<Self> {
        let (length, id) = text.strip_prefix(START)?.strip_suffix(END)?.split_once(ID)?;
        let is_length = length.bytes().all(|b| b.is_ascii_digit());
        let is_id = id.len() == ID_DIGITS && id.bytes().all(|b| b.is_ascii_hexdigit());
        let length = length.parse().ok()?;
        (is_length && is_id).then(|| Self { length, id: id.to_owned() })
    }

    /// Finds the first mark in `text`, and returns the text before it, the mark, and the text after it.
    pub(crate) fn find(text: &str) -> Option<(&str, Self, &str)> {
        text.match_indices(START).find_map(|(start, _)| {
            let (before, rest) = text.split_at(start);
            let (mark, after) = rest.split_at(rest.find(END)? + END.len_utf8());
            Some((before, Self::parse(mark)?, after))
        })
    }
}

impl fmt::Display for RedactionMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{START}{}{ID}{}{END}", self.length, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_mark_is_read_back() {
        let mark = RedactionMark::new(10, [0x0b, 0xad, 0xca, 0xfe]);
        assert_eq!(mark.to_string(), "<redacted len=10 id=0badcafe>");
        assert_eq!(RedactionMark::parse(&mark.to_string()), Some(mark));
    }

    #[test]
    fn other_texts_are_not_marks() {
        for text in [
            "",
            "<redacted len=",
            "<redacted len=10 id=0badcafe> ",
            "<redacted len=+1 id=0badcafe>",
            "<redacted len= id=0badcafe>",
            "<redacted len=10 id=0>",
            "<redacted len=10 id=0badcafg>",
            "<redacted len=99999999999999999999999 id=0badcafe>",
        ] {
            assert_eq!(RedactionMark::parse(text), None, "{text}");
        }
    }

    #[test]
    fn first_mark_in_a_text_is_found() {
        let text = "a<redacted len=é>b<redacted len=1 id=0badcafe>c<redacted len=2 id=1badcafe>";
        let (before, mark, after) = RedactionMark::find(text).unwrap();
        assert_eq!(before, "a<redacted len=é>b");
        assert_eq!(mark.id(), "0badcafe");
        assert_eq!(after, "c<redacted len=2 id=1badcafe>");
        assert_eq!(RedactionMark::find("<redacted len=<"), None);
    }
}
