//! Refusals that may pass, and how long the program waits for that.

use std::process::Command;

use super::support::faulty::{Fault, answer};
use super::{ALWAYS, Case, Does, ONCE, refuses, replies, run, says};

const MANIFESTS: &str = "GET /manifests/";

fn pull(name: &'static str) -> Case {
    Case::new(Does::Pull, name)
}

fn busy(retry_after: &str) -> Fault {
    says(429, &[("retry-after", retry_after)], "")
}

/// A refusal that asks to wait until two seconds from now.
fn busy_until() -> Fault {
    replies(|_| {
        let date = ["-u", "-d", "+2 seconds", "+%a, %d %b %Y %H:%M:%S GMT"];
        let date = Command::new("date").env("LC_ALL", "C").args(date).output().unwrap().stdout;
        let date = String::from_utf8(date).unwrap();
        answer(503, &[("retry-after", date.trim())], "")
    })
}

/// Obligation 65.
#[test]
fn a_refusal_that_may_pass() {
    let asked = |count: usize| {
        move |ended: &super::Ended<'_>| {
            assert_eq!(ended.layer.count("GET", "/manifests/"), count, "{:?}", ended.layer.lines());
        }
    };
    run(vec![
        pull("408 once").on(ONCE, MANIFESTS, says(408, &[], "")).then(asked(2)),
        pull("425 once").on(ONCE, MANIFESTS, says(425, &[], "")).then(asked(2)),
        pull("429 once").on(ONCE, MANIFESTS, refuses(429, "TOOMANYREQUESTS")).then(asked(2)),
        pull("500 once").on(ONCE, MANIFESTS, refuses(500, "UNKNOWN")).then(asked(2)),
        pull("502 once").on(ONCE, MANIFESTS, says(502, &[], "<html>")).then(asked(2)),
        pull("503 once").on(ONCE, MANIFESTS, says(503, &[], "")).then(asked(2)),
        pull("504 three times").on(0..3, MANIFESTS, says(504, &[], "")).then(asked(4)),
        pull("503 for ever")
            .on(ALWAYS, MANIFESTS, says(503, &[], "down"))
            .with(&["--retries", "1"])
            .fails(11, "the registry refused (status 503; down)")
            .then(asked(2)),
        pull("503, and no retry wanted")
            .on(ONCE, MANIFESTS, says(503, &[], ""))
            .with(&["--retries", "0"])
            .fails(11, "status 503")
            .then(asked(1)),
        pull("501 is for good")
            .on(ALWAYS, MANIFESTS, says(501, &[], ""))
            .fails(11, "status 501")
            .then(asked(1)),
        pull("400 is for good")
            .on(ALWAYS, MANIFESTS, refuses(400, "UNSUPPORTED"))
            .fails(11, "UNSUPPORTED: because")
            .then(asked(1)),
        pull("a second to wait").on(ONCE, MANIFESTS, busy("1")).then(asked(2)),
        pull("a date to wait for").on(ONCE, MANIFESTS, busy_until()).then(asked(2)),
        pull("a date that has passed")
            .on(ONCE, MANIFESTS, busy("Sun, 06 Nov 1994 08:49:37 GMT"))
            .then(asked(2)),
        pull("no time at all").on(ONCE, MANIFESTS, busy("soon")).then(asked(2)),
        pull("too long to wait")
            .on(ALWAYS, MANIFESTS, busy("3600"))
            .fails(11, "try again in 3600 s")
            .then(asked(1)),
        pull("too long by far")
            .on(ALWAYS, MANIFESTS, busy("18446744073709551615"))
            .fails(11, "429")
            .then(asked(1)),
        pull("a year by date")
            .on(ALWAYS, MANIFESTS, busy("Fri, 31 Dec 2100 23:59:59 GMT"))
            .fails(11, "try again in")
            .then(asked(1)),
        Case::new(Does::Push, "push: a second to wait").on(ONCE, "PUT /manifests/", busy("1")),
        Case::new(Does::Import, "import: a second to wait").on(ONCE, "GET /blobs/", busy("1")),
        Case::new(Does::Tags, "tags: a second to wait").on(ONCE, "GET /tags/", busy("1")),
        Case::new(Does::BlobPull, "blob pull: a second to wait").on(ONCE, "GET /blobs/", busy("1")),
        Case::new(Does::BlobPush, "blob push: a second to wait").on(
            ONCE,
            "PATCH /uploads/",
            busy("1"),
        ),
    ]);
}
