//! Takes a text apart into names and values, whatever its syntax: `.env` files, connection strings, headers, YAML,
//! TOML, queries of URLs, XML, options of a shell's command line.
//!
//! A name stands before `=` or `:`, and its value after it. Each byte is looked at a bounded number of times.

/// Longer names and values are cut.
const LONGEST_NAME: usize = 128;
const LONGEST_VALUE: usize = 4096;
/// What follows a colon alone is shorter still: it may hold further colons.
const LONGEST_WORD: usize = 128;
/// How much of a line decides whether it is a sentence.
const LONGEST_LINE: usize = 256;

/// A name and its value in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
    /// What stands between them.
    pub(super) link: Link,
    /// What stands before the name; a space at the beginning.
    pub(super) before: u8,
    /// The rest of the line after the separator.
    pub(super) line: &'a str,
}

/// What stands between a name and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// `=`, `:=`, `=>`, or a tag of XML.
    Equals,
    /// A colon and white space, or a colon after a name in quotes.
    Colon,
    /// A colon alone, as in `user:password` and `host:port`.
    Tight,
}

/// Returns the pairs of `text` in order. The value of one may hold further pairs, which follow it.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = Pair<'_>> {
    let bytes = text.as_bytes();
    let separators =
        bytes.iter().enumerate().filter(|(_, byte)| matches!(byte, b'=' | b':' | b'>'));
    separators.filter_map(move |(at, _)| pair_at(text, at))
}

fn pair_at(text: &str, at: usize) -> Option<Pair<'_>> {
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(b' ');
    let (before, after) = (at.checked_sub(1).map_or(b' ', byte), byte(at + 1));
    let (end, start) = match byte(at) {
        // `<password>…</password>`
        b'>' if !matches!(before, b'=' | b'-' | b'/' | b' ') => (at, at + 1),
        b'>' => return None,
        b'=' if before == b'=' || before == b'!' || before == b'<' => return None,
        b'=' if after == b'=' => (at, at + 2),
        b'=' if after == b'>' => (at, at + 2),
        b':' if after == b'=' || before == b':' => return None,
        b':' if after == b':' => (at, at + 2),
        b'=' if before == b':' => (at - 1, at + 1),
        _ => (at, at + 1),
    };
    let is_tag = byte(at) == b'>';
    let (name, name_start, is_quoted) = name_before(text, end)?;
    let before_name = name_start.checked_sub(1).map_or(b' ', byte);
    if is_tag && before_name != b'<' {
        return None;
    }
    let rest = text.get(start..)?;
    // `https://` is no pair.
    if byte(at) == b':' && rest.starts_with("//") && !is_quoted {
        return None;
    }
    let link = match byte(at) {
        b':' if is_quoted || after.is_ascii_whitespace() || start == bytes.len() => Link::Colon,
        b':' => Link::Tight,
        _ => Link::Equals,
    };
    let value = value_after(rest, link, is_tag);
    if value.is_empty() && link == Link::Equals {
        return None;
    }
    let whole_line = cut(rest, LONGEST_LINE).split('\n').next().unwrap_or_default().trim();
    Some(Pair { name, value, link, before: before_name, line: whole_line })
}

/// Returns the name that ends before `end`, where it starts, and whether it stands in quotes.
fn name_before(text: &str, end: usize) -> Option<(&str, usize, bool)> {
    let bytes = text.as_bytes();
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let blanks = bytes[..end].iter().rev().take(8).take_while(|byte| is_blank(byte)).count();
    let mut end = end - blanks;
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b']');
    let quotes = bytes[..end].iter().rev().take(3).take_while(|byte| is_quote(byte)).count();
    end -= quotes;
    let is_legal = |byte: &&u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'-' | b'.' | b' ') && (**byte != b' ' || quotes > 0)
    };
    let length = bytes[..end].iter().rev().take(LONGEST_NAME).take_while(is_legal).count();
    let start = end - length;
    let name = text.get(start..end)?.trim();
    // `User Id=sa;Shared Key = x` has names of two words.
    (!name.is_empty() && name.bytes().any(|byte| byte.is_ascii_alphabetic())).then_some((
        name,
        start,
        quotes > 0,
    ))
}

/// Returns the value at the beginning of `rest`: what stands in quotes or brackets, or a word.
fn value_after(rest: &str, link: Link, is_tag: bool) -> &str {
    let longest = if link == Link::Tight { LONGEST_WORD } else { LONGEST_VALUE };
    let rest = cut(rest, longest);
    if is_tag {
        return rest.split('<').next().unwrap_or_default().trim();
    }
    let mut text = rest.trim_start_matches([' ', '\t']);
    // A block of YAML begins on the next line.
    if link == Link::Colon && text.starts_with(['|', '>']) {
        text = text.split_once('\n').map_or("", |(_, block)| block.trim_start());
    }
    let unescaped = text.trim_start_matches('\\');
    if let Some(quote @ ('"' | '\'' | '`')) = unescaped.chars().next() {
        let inside = &unescaped[1..];
        return inside.split(quote).next().unwrap_or_default().trim_end_matches('\\');
    }
    for (open, close) in [("${", "}"), ("{{", "}}"), ("$(", ")"), ("<", ">"), ("`", "`")] {
        let Some(after) = text.strip_prefix(open) else { continue };
        let inside = cut(after, 256).split('\n').next().unwrap_or_default();
        if let Some(length) = inside.find(close) {
            return &text[..open.len() + length + close.len()];
        }
    }
    let word = word(text);
    // `Authorization: Bearer …`: the scheme is not the value.
    let scheme = [
        "bearer",
        "basic",
        "token",
        "apikey",
        "digest",
        "negotiate",
        "ssws",
        "genie",
        "geniekey",
        "splunk",
        "oauth",
        "api-token",
        "key",
    ];
    if scheme.iter().any(|scheme| word.eq_ignore_ascii_case(scheme)) {
        let next = text[word.len()..].trim_start_matches([' ', '\t']);
        let next_word = self::word(next);
        if next.len() < text.len() - word.len() && !next_word.is_empty() {
            return next_word;
        }
    }
    word
}

fn word(text: &str) -> &str {
    let ends = |c: char| {
        c.is_whitespace() || matches!(c, ';' | '&' | ',' | '"' | '\'' | '`' | ')' | ']' | '|' | '<')
    };
    let mut paddings = 0;
    let is_end = |(at, c): (usize, char)| {
        paddings = if c == '=' { paddings + 1 } else { 0 };
        // A further `=` begins a value of its own, but for the padding of base64.
        let next = text[at + c.len_utf8()..].chars().next();
        let is_padding = paddings <= 2 && next.is_none_or(|next| next == '=' || ends(next));
        ends(c) || (c == '=' && !is_padding)
    };
    let end = text.char_indices().map(is_end).take_while(|is_end| !is_end).count();
    let end = text.char_indices().nth(end).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// Returns the first `limit` bytes, or a few less.
pub(super) fn cut(text: &str, limit: usize) -> &str {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_found_in_every_syntax() {
        for (text, expected) in [
            ("host=db password=abc", "host:db password:abc"),
            ("Server=tcp:x,1433;Password=a{b;X=1", "Server:tcp:x tcp:x Password:a{b X:1"),
            ("A=1\nDB_PASSWORD=abc\n", "A:1 DB_PASSWORD:abc"),
            ("export API_KEY='a b' && exec x", "API_KEY:a b"),
            ("api:\n  key: abc\n", "api: key:abc"),
            ("password = \"a;b\"", "password:a;b"),
            (r#"{\"token\": \"abc\"}"#, "token:abc"),
            ("{'token': 'abc'}", "token:abc"),
            ("https://h/x?api_key=abc&b=c", "api_key:abc b:c"),
            ("Authorization: Bearer abc", "Authorization:abc"),
            ("//registry.npmjs.org/:_authToken=abc", "_authToken:abc"),
            ("<password>abc</password>", "password:abc"),
            ("password: ${DB_PASSWORD}", "password:${DB_PASSWORD}"),
            ("a => 'b'", "a:b"),
            ("x == y", "x:y"),
            ("key=YWJjZA==", "key:YWJjZA=="),
            ("a=b=c", "a:b b:c"),
        ] {
            let found: Vec<_> =
                pairs(text).map(|pair| format!("{}:{}", pair.name, pair.value)).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        for piece in ["=", ":", "a=", "a=\"", "'", "a: |\n", "<a>", "${", "a='=", "\\\"=", "   ="] {
            let text = piece.repeat(200_000 / piece.len());
            assert!(pairs(&text).count() <= text.len());
        }
    }
}
