//! Pushes of a configuration that meet refusals, lies and deaf ears: the tag moves at the very end or
//! not at all.

use super::support::faulty::Fault;
use super::support::sha256;
use super::{ALWAYS, Case, Does, ONCE, header, raw, refuses, run, says};

const START: &str = "POST /uploads/";
const END: &str = "PUT /uploads/";
const TAG: &str = "PUT /manifests/";
const LOOK: &str = "HEAD /blobs/";

fn push(name: &'static str) -> Case {
    Case::new(Does::Push, name)
}

/// The registry does not know uploads by a single request, as most do not.
fn two_steps(name: &'static str) -> Case {
    push(name).on(ALWAYS, "POST ?digest=", says(405, &[], ""))
}

fn located(location: &str) -> Fault {
    says(202, &[("location", location)], "")
}

fn cancelled(ended: &super::Ended<'_>) {
    assert!(ended.layer.count("DELETE", "/uploads/") > 0, "{:?}", ended.layer.lines());
}

/// Obligation 10, 36, 58.
#[test]
fn a_push_that_is_refused_or_lied_to() {
    run(vec![
        push("as it should be"),
        push("look: 405").on(ALWAYS, LOOK, says(405, &[], "")),
        push("look: 403").on(ALWAYS, LOOK, says(403, &[], "")),
        push("look: 500 once").on(ONCE, LOOK, says(500, &[], "")),
        push("look: 500 for ever")
            .on(ALWAYS, LOOK, says(500, &[], ""))
            .with(&["--retries", "0"])
            .fails(11, "status 500"),
        push("the tag may not be read").on(ALWAYS, "GET /manifests/", refuses(403, "DENIED")),
        push("the tag is nested without end").on(
            ALWAYS,
            "GET /manifests/",
            says(200, &[("content-type", super::MANIFEST)], "[".repeat(100_000)),
        ),
        push("the tag cannot be read")
            .on(ALWAYS, "GET /manifests/", refuses(500, "UNKNOWN"))
            .with(&["--retries", "1"])
            .fails(11, "status 500"),
        push("start: 403").on(ALWAYS, START, refuses(403, "DENIED")).fails(5, "DENIED: because"),
        push("start: 500 once").on(ONCE, START, refuses(500, "UNKNOWN")),
        push("start: closed").on(ALWAYS, "POST ?digest=", Fault::Close),
        push("start: reset once").on(ONCE, "POST ?digest=", Fault::Reset),
        push("start: always closed")
            .on(ALWAYS, START, Fault::Close)
            .with(&["--retries", "0"])
            .fails(6, "closed before"),
        push("start: 405 for a single request").on(ALWAYS, "POST ?digest=", says(405, &[], "")),
        push("start: no location")
            .on(ALWAYS, START, says(202, &[], ""))
            .fails(11, "no usable Location"),
        push("start: a location that is none")
            .on(ALWAYS, START, located("http://["))
            .fails(11, "no usable Location"),
        push("start: a location of another scheme")
            .on(ALWAYS, START, located("ftp://a.example/x"))
            .fails(11, "no usable Location"),
        push("start: a location with a password")
            .on(ALWAYS, START, located("http://a:FAKE-b@127.0.0.1:1/x"))
            .fails(11, "no usable Location"),
        push("start: a location that is too long")
            .on(ALWAYS, START, located(&format!("/v2/{}", "x".repeat(20_000))))
            .fails(11, "no usable Location"),
        push("start: opened, and the answer breaks off")
            .on(
                ONCE,
                "POST ?digest=",
                raw("HTTP/1.1 202 X\r\nlocation: /v2/uploads/half\r\ncontent-length: 9\r\n\r\n"),
            )
            .then(|ended| assert_eq!(ended.layer.count("DELETE", "/uploads/half"), 1)),
        two_steps("start: done, before there is anything")
            .on(ALWAYS, START, says(201, &[("location", "/v2/x")], ""))
            .fails(11, "status 201"),
        two_steps("start: a location without a path of its own")
            .on(ALWAYS, START, located("?_state=x"))
            .fails(11, "status 405")
            .then(cancelled),
        push("start: a location at which nobody listens")
            .on(ALWAYS, START, located("http://127.0.0.1:1/x"))
            .with(&["--retries", "0"])
            .fails(6, "refused"),
        push("start: done, it says, with another blob")
            .on(ALWAYS, START, says(201, &[("docker-content-digest", &sha256(b"x"))], ""))
            .fails(8, "expected"),
        two_steps("end: a wrong digest, it says")
            .on(ALWAYS, END, refuses(400, "DIGEST_INVALID"))
            .fails(11, "DIGEST_INVALID")
            .then(cancelled),
        two_steps("end: another digest")
            .on(ALWAYS, END, header("docker-content-digest", sha256(b"x")))
            .fails(8, "expected"),
        two_steps("end: not authorised any more")
            .on(ALWAYS, END, says(401, &[("www-authenticate", "Basic realm=\"x\"")], ""))
            .fails(4, "did not accept"),
        two_steps("end: the quota is used up")
            .on(ALWAYS, END, refuses(403, "DENIED"))
            .fails(5, "DENIED")
            .then(cancelled),
        two_steps("end: 500 once").on(ONCE, END, says(500, &[], "")),
        two_steps("end: not done yet")
            .on(ALWAYS, END, says(202, &[], ""))
            .fails(11, "status 202")
            .then(cancelled),
        two_steps("end: heard by nobody").on(ONCE, END, Fault::Deaf).then(|ended| {
            // It is there, as a look shows: it is not sent again.
            assert_eq!(ended.layer.count("PUT", "/uploads/"), 2, "{:?}", ended.layer.lines());
        }),
        two_steps("end: the session is gone once").on(
            ONCE,
            END,
            refuses(404, "BLOB_UPLOAD_UNKNOWN"),
        ),
        two_steps("end: the session is always gone")
            .on(ALWAYS, END, refuses(404, "BLOB_UPLOAD_UNKNOWN"))
            .fails(3, "BLOB_UPLOAD_UNKNOWN"),
        two_steps("end: a status that says nothing")
            .on(ALWAYS, END, says(299, &[], ""))
            .fails(11, "status 299"),
        push("tag: refused")
            .on(ALWAYS, TAG, refuses(400, "MANIFEST_INVALID"))
            .fails(11, "MANIFEST_INVALID: because"),
        push("tag: a blob is not seen yet").on(ONCE, TAG, refuses(400, "MANIFEST_BLOB_UNKNOWN")),
        push("tag: a blob is unknown")
            .on(ALWAYS, TAG, refuses(404, "MANIFEST_BLOB_UNKNOWN"))
            .fails(3, "MANIFEST_BLOB_UNKNOWN"),
        push("tag: too large")
            .on(ALWAYS, TAG, refuses(413, "SIZE_INVALID"))
            .fails(11, "status 413"),
        push("tag: it must not change")
            .on(ALWAYS, TAG, refuses(409, "TAG_IMMUTABLE"))
            .fails(11, "TAG_IMMUTABLE"),
        push("tag: 502 once").on(ONCE, TAG, says(502, &[], "<html>bad gateway</html>")),
        push("tag: 502 for ever")
            .on(ALWAYS, TAG, says(502, &[], "<html>bad gateway</html>"))
            .with(&["--retries", "1"])
            .fails(11, "bad gateway"),
        push("tag: heard by nobody").on(ONCE, TAG, Fault::Deaf),
        push("tag: closed within the head").on(ONCE, TAG, raw("HTTP/1.1 201")),
        push("tag: a status that says nothing")
            .on(ALWAYS, TAG, says(299, &[], ""))
            .fails(11, "status 299"),
        push("tag: a redirect that would lose the manifest")
            .on(ALWAYS, TAG, says(302, &[("location", "/x")], ""))
            .fails(6, "would turn the request into another one"),
    ]);
}

/// Obligation 34.
#[test]
fn a_push_after_which_the_registry_names_another_manifest() {
    // The registry keeps what it was sent, and says that it is something else.
    let other = says(201, &[("docker-content-digest", &sha256(b"x"))], "");
    run(vec![push("tag: another digest").on(ALWAYS, TAG, other).fails(8, "expected")]);
}
