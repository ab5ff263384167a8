//! Text from elsewhere, made safe to show.

/// `text` on one line, with every character that could steer a terminal or reorder what a reader
/// sees replaced by its code: control characters, bidirectional and zero-width ones, line and
/// paragraph separators, and invisible tags.
#[must_use]
pub fn printable(text: &str) -> String {
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

/// [`printable`], cut after `limit` characters.
#[must_use]
pub fn excerpt(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", printable(text.get(..end).unwrap_or_default())),
        None => printable(text),
    }
}

fn is_steering(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        let hostile = "a\u{1b}]0;title\u{7}\r\nb\u{202e}c\u{9b}1m\u{200b}\u{2028}é→";
        let shown = printable(hostile);
        assert!(!shown.chars().any(is_steering), "{shown}");
        assert!(shown.starts_with("a\\u{1b}]0;title\\u{7}"), "{shown}");
        assert!(shown.ends_with("é→"), "{shown}");
    }

    #[test]
    fn an_excerpt_is_cut_between_characters() {
        assert_eq!(excerpt("äöü", 2), "äö…");
        assert_eq!(excerpt("äö", 2), "äö");
    }
}
