//! The text that stands in a transcript instead of a secret: `<redacted len=N id=XXXXXXXX>`.
//!
//! This is the only place that knows how a mark is written and read.

use std::fmt;
use std::str::FromStr;

const START: &str = "<redacted len=";
const ID: &str = " id=";
const END: char = '>';
/// The number of hex digits of an id.
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

    /// Returns the eight hex digits that identify the secret within its run.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Finds the first mark in `text`, and returns the text before it, the mark, and the text after it.
    pub(crate) fn find(text: &str) -> Option<(&str, Self, &str)> {
        text.match_indices(START).find_map(|(start, _)| {
            let (before, rest) = text.split_at(start);
            let (mark, after) = rest.split_at(rest.find(END)? + END.len_utf8());
            Some((before, mark.parse().ok()?, after))
        })
    }
}

impl fmt::Display for RedactionMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{START}{}{ID}{}{END}", self.length, self.id)
    }
}

/// A text that is not one redaction mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvalidRedactionMark;

impl FromStr for RedactionMark {
    type Err = InvalidRedactionMark;

    fn from_str(text: &str) -> Result<Self, InvalidRedactionMark> {
        let fields = text.strip_prefix(START).and_then(|rest| rest.strip_suffix(END));
        let (length, id) = fields.and_then(|f| f.split_once(ID)).ok_or(InvalidRedactionMark)?;
        let is_id = id.len() == ID_DIGITS && id.bytes().all(|b| b.is_ascii_hexdigit());
        let is_length = length.bytes().all(|b| b.is_ascii_digit());
        let length = length.parse().map_err(|_| InvalidRedactionMark)?;
        if is_id && is_length {
            Ok(Self { length, id: id.to_owned() })
        } else {
            Err(InvalidRedactionMark)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_mark_is_read_back() {
        let mark = RedactionMark::new(10, [0x0b, 0xad, 0xca, 0xfe]);
        assert_eq!(mark.to_string(), "<redacted len=10 id=0badcafe>");
        assert_eq!(mark.to_string().parse(), Ok(mark));
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
            assert_eq!(text.parse::<RedactionMark>(), Err(InvalidRedactionMark), "{text}");
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
