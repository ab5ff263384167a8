//! Counts the values of a JSON document before they are kept: a small text can take many times its size in
//! memory.

/// The most values of a manifest or an index. One of 4 MiB whose descriptors have a digest has fewer.
pub(super) const VALUE_LIMIT: usize = 100_000;

/// Returns true if `document`, which is JSON, has more values than [`VALUE_LIMIT`].
pub(super) fn has_too_many_values(document: &[u8]) -> bool {
    let mut in_string = false;
    let mut bytes = document.iter();
    let mut count = 0;
    while let Some(byte) = bytes.next() {
        match byte {
            // The next byte is escaped.
            b'\\' => _ = bytes.next(),
            b'"' => in_string = !in_string,
            // One value follows, unless a list or an object is empty.
            b',' | b'[' | b'{' if !in_string => count += 1,
            _ => {}
        }
    }
    count > VALUE_LIMIT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_outside_of_strings() {
        let members = |count: usize| {
            let members: Vec<_> = (0..count).map(|number| format!("\"{number}\":0")).collect();
            format!("{{{}}}", members.join(","))
        };
        assert!(!has_too_many_values(members(VALUE_LIMIT).as_bytes()));
        assert!(has_too_many_values(members(VALUE_LIMIT + 1).as_bytes()));
        let text = format!("{{\"a\\\"\":\"{}\"}}", ",{[\\\"".repeat(VALUE_LIMIT));
        assert!(!has_too_many_values(text.as_bytes()));
    }
}
