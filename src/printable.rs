//! Text from other parties, made safe to print.

#[cfg(feature = "cli")]
use std::borrow::Cow;

/// Returns `text` on one line. Each character that could steer a terminal, reorder the text or hide in
/// it is replaced by its code: control characters, bidirectional and zero-width ones, line and
/// paragraph separators, tags, and invisible letters.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_steering(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Returns `json`, one or several JSON texts, with the same values and without a control character other
/// than a line break. A character that could steer a terminal is written as an escape of JSON.
#[cfg(feature = "cli")]
pub(crate) fn printable_json(json: &str) -> Cow<'_, str> {
    // Several configurations may be in it, and hardly any needs a copy.
    if !json.chars().any(|c| c != '\n' && is_steering(c)) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\n' => shown.push(c),
            // Within a string both are escaped already: here they are white space.
            '\t' | '\r' => shown.push(' '),
            c if is_steering(c) => {
                let mut units = [0; 2];
                let units = c.encode_utf16(&mut units).iter();
                shown.extend(units.map(|unit| format!("\\u{unit:04x}")));
            }
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Returns true if `text` has a character that could steer a terminal.
#[cfg(feature = "cli")]
pub(crate) fn has_steering(text: &str) -> bool {
    text.chars().any(is_steering)
}

/// Returns the first `limit` characters of `text`, made [`printable`].
pub(crate) fn excerpt(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", printable(text.get(..end).unwrap_or_default())),
        None => printable(text),
    }
}

/// Returns the message of `error` and of each of its causes, joined by `": "`.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Returns `word` as one word of a shell's command line, on one line, and quoted if necessary.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else if printable(word) != word {
        let escaped: String = word.chars().map(escaped).collect();
        format!("$'{escaped}'")
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Returns a character as it is written within `$'…'` for bash and zsh.
fn escaped(c: char) -> String {
    match c {
        '\'' | '\\' => format!("\\{c}"),
        c if printable(c.encode_utf8(&mut [0; 4])) != c.to_string() => {
            format!("\\U{:08x}", u32::from(c))
        }
        c => c.to_string(),
    }
}

fn is_steering(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_steer_a_terminal_are_escaped() {
        let hostile = "a\u{1b}]0;title\u{7}\r\nb\u{202e}c\u{9b}1m\u{200b}\u{2028}é→";
        let shown = printable(hostile);
        assert!(!shown.chars().any(is_steering), "{shown}");
        assert!(shown.starts_with("a\\u{1b}]0;title\\u{7}"), "{shown}");
        assert!(shown.ends_with("é→"), "{shown}");
    }

    #[cfg(feature = "cli")]
    #[test]
    fn json_keeps_its_value_without_characters_that_steer_a_terminal() {
        let json = "{\t\"a\u{9b}\u{7f}\": \"\u{202e}\u{e0041}é\\n\"\r\n}";
        let shown = printable_json(json);
        assert!(!shown.chars().any(|c| c != '\n' && is_steering(c)), "{shown}");
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&shown), value(json));
    }

    #[test]
    fn invisible_characters_are_escaped() {
        let invisible = "a\u{ad}\u{34f}\u{115f}\u{2800}\u{3164}\u{ffa0}\u{e0041}\u{e0100}";
        assert!(printable(invisible).is_ascii(), "{}", printable(invisible));
    }

    #[test]
    fn excerpt_is_cut_between_characters() {
        assert_eq!(excerpt("äöü", 2), "äö…");
        assert_eq!(excerpt("äö", 2), "äö");
    }
}
