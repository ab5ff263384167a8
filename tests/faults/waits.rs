//! Temporary errors, and how long the program waits before it retries.

use std::process::Command;

use super::support::stub_registry::Fault;
use super::{ALWAYS, Case, Does, Ended, ONCE, refuses, responds, response};

const MANIFESTS: &str = "GET /manifests/";

fn pull() -> Case {
    Case::new(Does::Pull)
}

fn busy(retry_after: &str) -> Fault {
    responds(429, &[("retry-after", retry_after)], "")
}

/// A refusal that asks to wait until two seconds from now.
fn busy_until() -> Fault {
    Fault::reply(|_| {
        let date = ["-u", "-d", "+2 seconds", "+%a, %d %b %Y %H:%M:%S GMT"];
        let date = Command::new("date").env("LC_ALL", "C").args(date).output().unwrap().stdout;
        let date = String::from_utf8(date).unwrap();
        response(503, &[("retry-after", date.trim())], "")
    })
}

/// Holds that the manifest was asked for so many times.
fn asked(count: usize) -> impl Fn(&Ended<'_>) + Send + Sync {
    move |ended| {
        assert_eq!(ended.stub.count("GET", "/manifests/"), count, "{:?}", ended.stub.lines());
    }
}

#[test]
fn status_408_is_retried() {
    pull().on(ONCE, MANIFESTS, responds(408, &[], "")).then(asked(2)).run();
}

#[test]
fn status_425_is_retried() {
    pull().on(ONCE, MANIFESTS, responds(425, &[], "")).then(asked(2)).run();
}

/// Obligation 65.
#[test]
fn status_429_is_retried() {
    pull().on(ONCE, MANIFESTS, refuses(429, "TOOMANYREQUESTS")).then(asked(2)).run();
}

#[test]
fn status_500_is_retried() {
    pull().on(ONCE, MANIFESTS, refuses(500, "UNKNOWN")).then(asked(2)).run();
}

#[test]
fn status_502_is_retried() {
    pull().on(ONCE, MANIFESTS, responds(502, &[], "<html>")).then(asked(2)).run();
}

#[test]
fn status_503_is_retried() {
    pull().on(ONCE, MANIFESTS, responds(503, &[], "")).then(asked(2)).run();
}

#[test]
fn status_504_is_retried_three_times() {
    pull().on(0..3, MANIFESTS, responds(504, &[], "")).then(asked(4)).run();
}

#[test]
fn status_503_every_time_fails_after_the_retries() {
    pull()
        .on(ALWAYS, MANIFESTS, responds(503, &[], "down"))
        .with(&["--retries", "1"])
        .fails(11, "the registry refused (status 503; down)")
        .then(asked(2))
        .run();
}

#[test]
fn status_503_is_not_retried_without_retries() {
    pull()
        .on(ONCE, MANIFESTS, responds(503, &[], ""))
        .with(&["--retries", "0"])
        .fails(11, "status 503")
        .then(asked(1))
        .run();
}

#[test]
fn status_501_is_not_retried() {
    pull()
        .on(ALWAYS, MANIFESTS, responds(501, &[], ""))
        .fails(11, "status 501")
        .then(asked(1))
        .run();
}

#[test]
fn status_400_is_not_retried() {
    pull()
        .on(ALWAYS, MANIFESTS, refuses(400, "UNSUPPORTED"))
        .fails(11, "UNSUPPORTED: because")
        .then(asked(1))
        .run();
}

/// Obligation 65.
#[test]
fn retry_after_in_seconds_is_honoured() {
    pull().on(ONCE, MANIFESTS, busy("1")).then(asked(2)).run();
}

/// Obligation 65.
#[test]
fn retry_after_as_a_date_is_honoured() {
    pull().on(ONCE, MANIFESTS, busy_until()).then(asked(2)).run();
}

#[test]
fn retry_after_in_the_past_retries_at_once() {
    pull().on(ONCE, MANIFESTS, busy("Sun, 06 Nov 1994 08:49:37 GMT")).then(asked(2)).run();
}

#[test]
fn malformed_retry_after_is_ignored() {
    pull().on(ONCE, MANIFESTS, busy("soon")).then(asked(2)).run();
}

/// Obligation 65.
#[test]
fn retry_after_an_hour_fails_at_once() {
    pull()
        .on(ALWAYS, MANIFESTS, busy("3600"))
        .fails(11, "try again in 3600 s")
        .then(asked(1))
        .run();
}

#[test]
fn retry_after_that_overflows_fails_at_once() {
    pull()
        .on(ALWAYS, MANIFESTS, busy("18446744073709551615"))
        .fails(11, "429")
        .then(asked(1))
        .run();
}

#[test]
fn retry_after_of_years_fails_at_once() {
    pull()
        .on(ALWAYS, MANIFESTS, busy("Fri, 31 Dec 2100 23:59:59 GMT"))
        .fails(11, "try again in")
        .then(asked(1))
        .run();
}

#[test]
fn push_honours_retry_after() {
    Case::new(Does::Push).on(ONCE, "PUT /manifests/", busy("1")).run();
}

#[test]
fn import_honours_retry_after() {
    Case::new(Does::Import).on(ONCE, "GET /blobs/", busy("1")).run();
}

#[test]
fn tag_list_honours_retry_after() {
    Case::new(Does::Tags).on(ONCE, "GET /tags/", busy("1")).run();
}

#[test]
fn download_honours_retry_after() {
    Case::new(Does::BlobPull).on(ONCE, "GET /blobs/", busy("1")).run();
}

#[test]
fn upload_honours_retry_after() {
    Case::new(Does::BlobPush).on(ONCE, "PATCH /uploads/", busy("1")).run();
}
