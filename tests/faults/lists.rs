//! Tag lists with circular pages, pages at another host, and invalid tags.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::support::stub_registry::Fault;
use super::{ALWAYS, Case, Does, MIB, elsewhere, refuses, responds, response};

const TAGS: &str = "GET /tags/";

fn tags() -> Case {
    Case::new(Does::Tags)
}

fn linked(link: &str) -> Fault {
    responds(200, &[("link", link)], r#"{"name":"a","tags":["v1"]}"#)
}

/// A new page each time, with `padding` in it.
fn endless(padding: &str) -> Fault {
    let padding = padding.to_owned();
    let count = AtomicUsize::new(0);
    Fault::reply(move |_| {
        let count = count.fetch_add(1, Ordering::Relaxed);
        let link = format!("</v2/a/tags/list?last=t{count}>; rel=\"next\"");
        response(200, &[("link", &link)], format!("{{\"tags\":[\"t{count}\"]{padding}}}"))
    })
}

/// Two tags and entries that are not tags; some contain terminal control characters.
const STEERING: &str = r#"{"tags":["v1","\u001b]0;x\u0007","..","a/b","\u202ev","","v2"]}"#;

#[test]
fn tags_are_listed() {
    tags().then(|ended| assert_eq!(ended.stdout, "v1\n")).run();
}

/// Advisory 8.
#[test]
fn circular_pages_are_refused() {
    tags()
        .on(ALWAYS, TAGS, linked("</v2/a/tags/list>; rel=\"next\""))
        .fails(11, "was read before")
        .run();
}

/// Advisory 8.
#[test]
fn page_at_another_host_is_refused() {
    tags()
        .on(
            ALWAYS,
            TAGS,
            linked(&format!("<http://{}/v2/a/tags/list?n=1>; rel=\"next\"", elsewhere().address)),
        )
        .fails(11, "is at another host")
        .run();
}

/// Advisory 8.
#[test]
fn page_with_another_scheme_is_refused() {
    tags()
        .on(ALWAYS, TAGS, linked("<file:///etc/passwd>; rel=\"next\""))
        .fails(11, "has no URL that can be asked")
        .run();
}

#[test]
fn malformed_page_url_is_refused() {
    tags()
        .on(ALWAYS, TAGS, linked("<http://[>; rel=\"next\""))
        .fails(11, "has no URL that can be asked")
        .run();
}

/// Advisory 8.
#[test]
fn overlong_page_url_is_refused() {
    tags()
        .on(ALWAYS, TAGS, linked(&format!("<?last={}>; rel=\"next\"", "x".repeat(20_000))))
        .fails(11, "has no URL that can be asked")
        .run();
}

/// Advisory 8.
#[test]
fn page_url_with_a_password_is_refused() {
    tags()
        .on(
            ALWAYS,
            TAGS,
            Fault::reply(|request| {
                let here = request.header("host").unwrap();
                let link = format!("<http://me:FAKE-other@{here}/>; rel=\"next\"");
                response(200, &[("link", &link)], "{}")
            }),
        )
        .fails(11, "has no URL that can be asked")
        .run();
}

/// Advisory 8.
#[test]
fn pages_have_a_total_size_limit() {
    tags()
        .on(ALWAYS, TAGS, endless(&" ".repeat(4 * MIB - 100)))
        .fails(9, "larger than 33554432 bytes")
        .then(|ended| assert_eq!(ended.stub.count("GET", "/tags/"), 9))
        .run();
}

/// Obligation 44.
#[test]
fn limit_ends_endless_pages() {
    tags()
        .on(ALWAYS, TAGS, endless(""))
        .with(&["--limit", "3"])
        .then(|ended| {
            assert_eq!(ended.stdout, "t0\nt1\nt2\n");
            assert_eq!(ended.stub.count("GET", "/tags/"), 3);
        })
        .run();
}

/// Advisory 8.
#[test]
fn total_timeout_ends_endless_pages() {
    tags()
        .on(ALWAYS, TAGS, endless(""))
        .with(&["--timeout", "2"])
        .fails(6, "given up after 2 seconds")
        .run();
}

/// Obligation 44.
#[test]
fn link_with_another_relation_is_ignored() {
    tags().on(ALWAYS, TAGS, linked("</v2/a/tags/list?last=v1>; rel=\"prev\"")).run();
}

#[test]
fn malformed_link_is_ignored() {
    tags().on(ALWAYS, TAGS, linked("<<<>; ;;=next\"")).run();
}

#[test]
fn html_page_instead_of_a_tag_list_is_refused() {
    tags()
        .on(ALWAYS, TAGS, responds(200, &[], "<html>"))
        .fails(11, "not of the specification's form")
        .run();
}

#[test]
fn null_tags_are_an_empty_list() {
    tags()
        .on(ALWAYS, TAGS, responds(200, &[], r#"{"name":"a","tags":null}"#))
        .then(|ended| assert_eq!(ended.stdout, ""))
        .run();
}

#[test]
fn numbers_instead_of_tags_are_refused() {
    tags()
        .on(ALWAYS, TAGS, responds(200, &[], r#"{"tags":[1,2]}"#))
        .fails(11, "a list is not")
        .run();
}

#[test]
fn deeply_nested_tag_list_is_refused() {
    tags()
        .on(ALWAYS, TAGS, responds(200, &[], format!("{{\"tags\":{}", "[".repeat(100_000))))
        .fails(11, "a list is not")
        .run();
}

/// Advisory 17.
#[test]
fn invalid_tags_are_left_out() {
    tags()
        .on(ALWAYS, TAGS, responds(200, &[], STEERING))
        .then(|ended| assert_eq!(ended.stdout, "v1\nv2\n"))
        .run();
}

#[test]
fn a_million_invalid_tags_are_left_out() {
    tags()
        .on(
            ALWAYS,
            TAGS,
            responds(200, &[], format!("{{\"tags\":[{}\"v1\"]}}", "\"\",".repeat(MIB))),
        )
        .then(|ended| assert_eq!(ended.stdout, "v1\n"))
        .run();
}

#[test]
fn overlong_tag_list_page_is_refused() {
    tags()
        .on(
            ALWAYS,
            TAGS,
            responds(200, &[], format!("{{\"tags\":[{}\"x\"]}}", "\"aaaaaaaa\",".repeat(MIB / 2))),
        )
        .fails(9, "larger than")
        .run();
}

#[test]
fn unknown_repository_is_not_found() {
    tags().on(ALWAYS, TAGS, refuses(404, "NAME_UNKNOWN")).fails(3, "NAME_UNKNOWN").run();
}

#[test]
fn denied_repository_is_access_denied() {
    tags().on(ALWAYS, TAGS, refuses(403, "DENIED")).fails(5, "DENIED").run();
}

/// Obligation 66, 67. Advisory 17.
#[test]
fn warnings_are_shown_once_and_printable() {
    tags()
        .on(
            ALWAYS,
            TAGS,
            responds(
                200,
                &[
                    ("warning", "299 - \"a\u{9b}31m\""),
                    ("warning", "299 - \"a\u{9b}31m\""),
                    ("warning", "299 - noquotes"),
                ],
                r#"{"tags":["v1"]}"#,
            ),
        )
        .then(|ended| {
            assert!(!ended.stderr.contains('\u{9b}'), "{}", ended.stderr);
            assert_eq!(ended.stderr.matches("warning from").count(), 2, "{}", ended.stderr);
            assert!(ended.stderr.contains("noquotes"));
        })
        .run();
}
