//! Pushes of a configuration to a registry that refuses, answers wrongly, or does not answer. The tag
//! changes last or not at all.

use super::support::sha256;
use super::support::stub_registry::Fault;
use super::{ALWAYS, Case, Does, Ended, ONCE, header, raw, refuses, responds};

const START: &str = "POST /uploads/";
const END: &str = "PUT /uploads/";
const TAG: &str = "PUT /manifests/";
const LOOK: &str = "HEAD /blobs/";

fn push() -> Case {
    Case::new(Does::Push)
}

/// The registry does not know uploads by a single request, as most do not.
fn two_steps() -> Case {
    push().on(ALWAYS, "POST ?digest=", responds(405, &[], ""))
}

fn located(location: &str) -> Fault {
    responds(202, &[("location", location)], "")
}

fn cancelled(ended: &Ended<'_>) {
    assert!(ended.stub.count("DELETE", "/uploads/") > 0, "{:?}", ended.stub.lines());
}

#[test]
fn configuration_is_pushed() {
    push().run();
}

/// Obligation 10.
#[test]
fn blob_check_not_allowed_uploads_the_blob() {
    push().on(ALWAYS, LOOK, responds(405, &[], "")).run();
}

/// Obligation 10.
#[test]
fn blob_check_denied_uploads_the_blob() {
    push().on(ALWAYS, LOOK, responds(403, &[], "")).run();
}

#[test]
fn blob_check_is_retried() {
    push().on(ONCE, LOOK, responds(500, &[], "")).run();
}

#[test]
fn blob_check_that_fails_every_time_fails_the_push() {
    push()
        .on(ALWAYS, LOOK, responds(500, &[], ""))
        .with(&["--retries", "0"])
        .fails(11, "status 500")
        .run();
}

#[test]
fn unreadable_tag_does_not_stop_a_push() {
    push().on(ALWAYS, "GET /manifests/", refuses(403, "DENIED")).run();
}

#[test]
fn deeply_nested_manifest_under_the_tag_does_not_stop_a_push() {
    push()
        .on(
            ALWAYS,
            "GET /manifests/",
            responds(200, &[("content-type", super::MANIFEST)], "[".repeat(100_000)),
        )
        .run();
}

#[test]
fn failing_tag_fails_the_push() {
    push()
        .on(ALWAYS, "GET /manifests/", refuses(500, "UNKNOWN"))
        .with(&["--retries", "1"])
        .fails(11, "status 500")
        .run();
}

#[test]
fn denied_upload_is_access_denied() {
    push().on(ALWAYS, START, refuses(403, "DENIED")).fails(5, "DENIED: because").run();
}

#[test]
fn upload_start_is_retried() {
    push().on(ONCE, START, refuses(500, "UNKNOWN")).run();
}

#[test]
fn closed_single_request_upload_continues_in_two_requests() {
    push().on(ALWAYS, "POST ?digest=", Fault::close()).run();
}

#[test]
fn reset_single_request_upload_is_retried() {
    push().on(ONCE, "POST ?digest=", Fault::reset()).run();
}

#[test]
fn upload_start_closed_every_time_fails() {
    push()
        .on(ALWAYS, START, Fault::close())
        .with(&["--retries", "0"])
        .fails(6, "closed before")
        .run();
}

/// Obligation 58.
#[test]
fn unsupported_single_request_upload_continues_in_two_requests() {
    push().on(ALWAYS, "POST ?digest=", responds(405, &[], "")).run();
}

#[test]
fn upload_without_location_is_refused() {
    push().on(ALWAYS, START, responds(202, &[], "")).fails(11, "no usable Location").run();
}

#[test]
fn malformed_upload_location_is_refused() {
    push().on(ALWAYS, START, located("http://[")).fails(11, "no usable Location").run();
}

#[test]
fn upload_location_with_another_scheme_is_refused() {
    push().on(ALWAYS, START, located("ftp://a.example/x")).fails(11, "no usable Location").run();
}

#[test]
fn upload_location_with_a_password_is_refused() {
    push()
        .on(ALWAYS, START, located("http://a:FAKE-b@127.0.0.1:1/x"))
        .fails(11, "no usable Location")
        .run();
}

#[test]
fn overlong_upload_location_is_refused() {
    push()
        .on(ALWAYS, START, located(&format!("/v2/{}", "x".repeat(20_000))))
        .fails(11, "no usable Location")
        .run();
}

#[test]
fn half_received_upload_location_is_cancelled() {
    push()
        .on(
            ONCE,
            "POST ?digest=",
            raw("HTTP/1.1 202 X\r\nlocation: /v2/uploads/half\r\ncontent-length: 9\r\n\r\n"),
        )
        .then(|ended| assert_eq!(ended.stub.count("DELETE", "/uploads/half"), 1))
        .run();
}

#[test]
fn created_without_content_is_refused() {
    two_steps()
        .on(ALWAYS, START, responds(201, &[("location", "/v2/x")], ""))
        .fails(11, "status 201")
        .run();
}

#[test]
fn upload_location_without_a_path_fails_and_is_cancelled() {
    two_steps()
        .on(ALWAYS, START, located("?_state=x"))
        .fails(11, "status 405")
        .then(cancelled)
        .run();
}

#[test]
fn unreachable_upload_location_fails() {
    push()
        .on(ALWAYS, START, located("http://127.0.0.1:1/x"))
        .with(&["--retries", "0"])
        .fails(6, "refused")
        .run();
}

#[test]
fn other_digest_of_a_single_request_upload_is_refused() {
    push()
        .on(ALWAYS, START, responds(201, &[("docker-content-digest", &sha256(b"x"))], ""))
        .fails(8, "expected")
        .run();
}

#[test]
fn digest_invalid_at_the_end_cancels_the_upload() {
    two_steps()
        .on(ALWAYS, END, refuses(400, "DIGEST_INVALID"))
        .fails(11, "DIGEST_INVALID")
        .then(cancelled)
        .run();
}

#[test]
fn other_digest_at_the_end_is_refused() {
    two_steps()
        .on(ALWAYS, END, header("docker-content-digest", sha256(b"x")))
        .fails(8, "expected")
        .run();
}

#[test]
fn login_that_expires_during_an_upload_fails() {
    two_steps()
        .on(ALWAYS, END, responds(401, &[("www-authenticate", "Basic realm=\"x\"")], ""))
        .fails(4, "did not accept")
        .run();
}

#[test]
fn exhausted_quota_cancels_the_upload() {
    two_steps().on(ALWAYS, END, refuses(403, "DENIED")).fails(5, "DENIED").then(cancelled).run();
}

#[test]
fn upload_end_is_retried() {
    two_steps().on(ONCE, END, responds(500, &[], "")).run();
}

#[test]
fn accepted_instead_of_created_cancels_the_upload() {
    two_steps()
        .on(ALWAYS, END, responds(202, &[], ""))
        .fails(11, "status 202")
        .then(cancelled)
        .run();
}

#[test]
fn unanswered_upload_end_is_not_sent_again() {
    two_steps()
        .on(ONCE, END, Fault::unanswered())
        .then(|ended| {
            // A HEAD request shows that the blob exists, so it is not sent again.
            assert_eq!(ended.stub.count("PUT", "/uploads/"), 2, "{:?}", ended.stub.lines());
        })
        .run();
}

#[test]
fn session_lost_once_restarts_the_upload() {
    two_steps().on(ONCE, END, refuses(404, "BLOB_UPLOAD_UNKNOWN")).run();
}

#[test]
fn session_lost_every_time_fails() {
    two_steps()
        .on(ALWAYS, END, refuses(404, "BLOB_UPLOAD_UNKNOWN"))
        .fails(3, "BLOB_UPLOAD_UNKNOWN")
        .run();
}

#[test]
fn unknown_success_status_of_an_upload_fails() {
    two_steps().on(ALWAYS, END, responds(299, &[], "")).fails(11, "status 299").run();
}

#[test]
fn invalid_manifest_is_reported() {
    push()
        .on(ALWAYS, TAG, refuses(400, "MANIFEST_INVALID"))
        .fails(11, "MANIFEST_INVALID: because")
        .run();
}

#[test]
fn unknown_blob_of_a_new_manifest_is_retried() {
    push().on(ONCE, TAG, refuses(400, "MANIFEST_BLOB_UNKNOWN")).run();
}

#[test]
fn unknown_blob_of_a_manifest_fails_in_the_end() {
    push()
        .on(ALWAYS, TAG, refuses(404, "MANIFEST_BLOB_UNKNOWN"))
        .fails(3, "MANIFEST_BLOB_UNKNOWN")
        .run();
}

/// Obligation 36.
#[test]
fn manifest_too_large_for_the_registry_is_reported() {
    push().on(ALWAYS, TAG, refuses(413, "SIZE_INVALID")).fails(11, "status 413").run();
}

#[test]
fn immutable_tag_is_reported() {
    push().on(ALWAYS, TAG, refuses(409, "TAG_IMMUTABLE")).fails(11, "TAG_IMMUTABLE").run();
}

#[test]
fn manifest_push_is_retried() {
    push().on(ONCE, TAG, responds(502, &[], "<html>bad gateway</html>")).run();
}

#[test]
fn manifest_push_that_fails_every_time_shows_the_answer() {
    push()
        .on(ALWAYS, TAG, responds(502, &[], "<html>bad gateway</html>"))
        .with(&["--retries", "1"])
        .fails(11, "bad gateway")
        .run();
}

#[test]
fn unanswered_manifest_push_is_retried() {
    push().on(ONCE, TAG, Fault::unanswered()).run();
}

#[test]
fn manifest_push_with_a_broken_head_is_retried() {
    push().on(ONCE, TAG, raw("HTTP/1.1 201")).run();
}

#[test]
fn unknown_success_status_of_a_manifest_fails() {
    push().on(ALWAYS, TAG, responds(299, &[], "")).fails(11, "status 299").run();
}

#[test]
fn redirect_of_a_manifest_push_is_refused() {
    push()
        .on(ALWAYS, TAG, responds(302, &[("location", "/x")], ""))
        .fails(6, "would change the method of the request")
        .run();
}

/// Obligation 34.
#[test]
fn other_digest_of_a_pushed_manifest_is_refused() {
    push()
        .on(ALWAYS, TAG, responds(201, &[("docker-content-digest", &sha256(b"x"))], ""))
        .fails(8, "expected")
        .run();
}
