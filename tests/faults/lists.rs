//! Lists of tags that go in circles, lead elsewhere or hold what is no tag.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::support::faulty::{Fault, answer};
use super::{ALWAYS, Case, Does, MIB, elsewhere, refuses, replies, run, says};

const TAGS: &str = "GET /tags/";

fn tags(name: &'static str) -> Case {
    Case::new(Does::Tags, name)
}

fn linked(link: &str) -> Fault {
    says(200, &[("link", link)], r#"{"name":"a","tags":["v1"]}"#)
}

/// A new page each time, with `padding` in it.
fn endless(padding: &str) -> Fault {
    let padding = padding.to_owned();
    let count = AtomicUsize::new(0);
    replies(move |_| {
        let count = count.fetch_add(1, Ordering::Relaxed);
        let link = format!("</v2/a/tags/list?last=t{count}>; rel=\"next\"");
        answer(200, &[("link", &link)], format!("{{\"tags\":[\"t{count}\"]{padding}}}"))
    })
}

/// Obligation 44, 66, 67. Advisory 8, 17.
#[test]
fn a_list_that_is_none_or_has_no_end() {
    let steering = r#"{"tags":["v1","\u001b]0;x\u0007","..","a/b","\u202ev","","v2"]}"#;
    let many = format!("{{\"tags\":[{}\"x\"]}}", "\"aaaaaaaa\",".repeat(MIB / 2));
    run(vec![
        tags("as it should be").then(|ended| assert_eq!(ended.stdout, "v1\n")),
        tags("pages in a circle")
            .on(ALWAYS, TAGS, linked("</v2/a/tags/list>; rel=\"next\""))
            .fails(11, "was read before"),
        tags("a page elsewhere")
            .on(
                ALWAYS,
                TAGS,
                linked(&format!(
                    "<http://{}/v2/a/tags/list?n=1>; rel=\"next\"",
                    elsewhere().address
                )),
            )
            .fails(11, "is at another host"),
        tags("a page under another scheme")
            .on(ALWAYS, TAGS, linked("<file:///etc/passwd>; rel=\"next\""))
            .fails(11, "is at another host"),
        tags("a page that is none")
            .on(ALWAYS, TAGS, linked("<http://[>; rel=\"next\""))
            .fails(11, "has no URL that can be asked"),
        tags("a page whose URL is too long")
            .on(ALWAYS, TAGS, linked(&format!("<?last={}>; rel=\"next\"", "x".repeat(20_000))))
            .fails(11, "has no URL that can be asked"),
        tags("a page that wants a password")
            .on(
                ALWAYS,
                TAGS,
                replies(|asked| {
                    let here = asked.header("host").unwrap();
                    let link = format!("<http://me:FAKE-other@{here}/>; rel=\"next\"");
                    answer(200, &[("link", &link)], "{}")
                }),
            )
            .fails(11, "has no URL that can be asked"),
        tags("pages that are large together")
            .on(ALWAYS, TAGS, endless(&" ".repeat(4 * MIB - 100)))
            .fails(9, "larger than 33554432 bytes")
            .then(|ended| assert_eq!(ended.layer.count("GET", "/tags/"), 9)),
        tags("pages without end, and a limit")
            .on(ALWAYS, TAGS, endless(""))
            .with(&["--limit", "3"])
            .then(|ended| {
                assert_eq!(ended.stdout, "t0\nt1\nt2\n");
                assert_eq!(ended.layer.count("GET", "/tags/"), 3);
            }),
        tags("pages without end")
            .on(ALWAYS, TAGS, endless(""))
            .with(&["--timeout", "2"])
            .fails(6, "given up after 2 seconds"),
        tags("a link to something else").on(
            ALWAYS,
            TAGS,
            linked("</v2/a/tags/list?last=v1>; rel=\"prev\""),
        ),
        tags("a link that cannot be read").on(ALWAYS, TAGS, linked("<<<>; ;;=next\"")),
        tags("a web page")
            .on(ALWAYS, TAGS, says(200, &[], "<html>"))
            .fails(11, "not of the specification's form"),
        tags("null for none")
            .on(ALWAYS, TAGS, says(200, &[], r#"{"name":"a","tags":null}"#))
            .then(|ended| assert_eq!(ended.stdout, "")),
        tags("numbers")
            .on(ALWAYS, TAGS, says(200, &[], r#"{"tags":[1,2]}"#))
            .fails(11, "a list is not"),
        tags("nested without end")
            .on(ALWAYS, TAGS, says(200, &[], format!("{{\"tags\":{}", "[".repeat(100_000))))
            .fails(11, "a list is not"),
        tags("what is no tag")
            .on(ALWAYS, TAGS, says(200, &[], steering))
            .then(|ended| assert_eq!(ended.stdout, "v1\nv2\n")),
        tags("what is no tag, a million times")
            .on(
                ALWAYS,
                TAGS,
                says(200, &[], format!("{{\"tags\":[{}\"v1\"]}}", "\"\",".repeat(MIB))),
            )
            .then(|ended| assert_eq!(ended.stdout, "v1\n")),
        tags("a page of five MiB").on(ALWAYS, TAGS, says(200, &[], many)).fails(9, "larger than"),
        tags("no such repository")
            .on(ALWAYS, TAGS, refuses(404, "NAME_UNKNOWN"))
            .fails(3, "NAME_UNKNOWN"),
        tags("a repository that is denied")
            .on(ALWAYS, TAGS, refuses(403, "DENIED"))
            .fails(5, "DENIED"),
        tags("a warning that steers the terminal")
            .on(
                ALWAYS,
                TAGS,
                says(
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
            }),
    ]);
}
