//! The `Link` header (RFC 8288, once RFC 5988), by which lists are read page by page.

/// The target of the first link whose relation is `next`.
pub(crate) fn next(header: &str) -> Option<&str> {
    let mut rest = header;
    loop {
        let (_, after) = rest.split_once('<')?;
        let (target, after) = after.split_once('>')?;
        let (parameters, following) = split_parameters(after);
        if is_next(parameters) {
            return Some(target);
        }
        rest = following;
    }
}

/// What stands before the comma that ends a link, and what comes after it. A comma in quotes is none.
fn split_parameters(text: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => return text.split_at(at),
            _ => {}
        }
    }
    (text, "")
}

fn is_next(parameters: &str) -> bool {
    parameters.split(';').any(|parameter| {
        let Some((name, value)) = parameter.split_once('=') else { return false };
        let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
        name.trim().eq_ignore_ascii_case("rel")
            && relations.any(|relation| relation.eq_ignore_ascii_case("next"))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Obligation 44.
    #[test]
    fn the_relation_decides_and_not_the_place() {
        for (header, expected) in [
            (r#"</v2/a/tags/list?last=b&n=2>; rel="next""#, Some("/v2/a/tags/list?last=b&n=2")),
            ("<next>; rel=next", Some("next")),
            (r#"<first>; rel="first", <second>; rel="next""#, Some("second")),
            (r#"<a>; title="x, <y>"; rel="prev next""#, Some("a")),
            (r#"<a,b>;REL="NEXT""#, Some("a,b")),
            (r#"<a>; rel="prev""#, None),
            ("<a>", None),
            ("a; rel=next", None),
            ("<a; rel=next", None),
            ("", None),
        ] {
            assert_eq!(next(header), expected, "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(header: String) {
            let _ = next(&header);
        }

        #[test]
        fn nothing_like_a_header_panics(header in r#"[<>;,="a-z ]{0,40}"#) {
            let _ = next(&header);
        }
    }
}
