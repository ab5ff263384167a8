//! Uploads of a large blob to registries with limits, lost sessions and wrong ranges, and over
//! connections that break.

use super::support::stub_registry::{Fault, Reply, StubRegistry};
use super::{
    ALWAYS, Case, Does, Ended, IDLE_AND_PATIENT, MIB, ONCE, Prepared, header, raw, refuses,
    responds, response,
};

const START: &str = "POST /uploads/";
const CHUNK: &str = "PATCH /uploads/";
const STATUS: &str = "GET /uploads/";
const END: &str = "PUT /uploads/";
/// The largest chunk that some registries accept.
const LIMIT: usize = 4 * MIB;

fn push() -> Case {
    Case::new(Does::BlobPush)
}

fn stream() -> Case {
    Case::new(Does::BlobStream)
}

fn lost() -> Fault {
    refuses(404, "BLOB_UPLOAD_UNKNOWN")
}

fn over_limit(code: u16) -> Fault {
    Fault::over(LIMIT, response(code, &[], "exceeds 4.00MiB"))
}

fn sizes(expected: &'static [usize]) -> impl Fn(&Ended<'_>) + Send + Sync {
    move |ended| {
        let sizes: Vec<_> = ended.sizes("PATCH").iter().map(|size| size / MIB).collect();
        assert_eq!(sizes, expected, "{:?}", ended.stub.lines());
    }
}

fn cancelled(ended: &Ended<'_>) {
    assert!(ended.stub.count("DELETE", "/uploads/") > 0, "{:?}", ended.stub.lines());
}

/// 201 in place of 202 for a chunk, with this range.
fn created_with_range(range: &'static str) -> Fault {
    Fault::change(move |response| {
        response.status = 201;
        response.set("range", range);
    })
}

/// ECR's answer to a chunk.
fn created_without_range() -> Fault {
    created_with_range("")
}

/// Obligation 58.
#[test]
fn file_is_uploaded_in_one_chunk() {
    push().then(sizes(&[9])).run();
}

#[test]
fn stream_is_uploaded_in_chunks() {
    stream().then(sizes(&[4, 4, 1])).run();
}

/// Obligation 25.
#[test]
fn status_416_for_a_large_chunk_makes_chunks_smaller() {
    push().on(ALWAYS, CHUNK, over_limit(416)).then(sizes(&[9, 4, 4, 1])).run();
}

#[test]
fn status_413_for_a_large_chunk_makes_chunks_smaller() {
    push().on(ALWAYS, CHUNK, over_limit(413)).then(sizes(&[9, 4, 4, 1])).run();
}

#[test]
fn closed_connection_for_a_large_chunk_makes_chunks_smaller() {
    push().on(ALWAYS, CHUNK, Fault::over(LIMIT, Reply::raw(""))).then(sizes(&[9, 4, 4, 1])).run();
}

#[test]
fn status_413_for_every_chunk_fails_and_cancels() {
    push().on(ALWAYS, CHUNK, responds(413, &[], "")).fails(1, "status 413").then(cancelled).run();
}

/// Obligation 25.
#[test]
fn status_416_for_every_chunk_fails_and_cancels() {
    push().on(ALWAYS, CHUNK, responds(416, &[], "")).fails(1, "status 416").then(cancelled).run();
}

/// Obligation 58.
#[test]
fn chunks_not_allowed_sends_the_file_in_one_put() {
    push()
        .on(ALWAYS, CHUNK, responds(405, &[], ""))
        .then(|ended| assert_eq!(ended.sizes("PUT"), [9 * MIB]))
        .run();
}

/// Obligation 58.
#[test]
fn chunks_not_found_sends_the_file_in_one_put() {
    push().on(ALWAYS, CHUNK, responds(404, &[], "")).run();
}

/// Obligation 58.
#[test]
fn chunks_not_implemented_sends_the_file_in_one_put() {
    push().on(ALWAYS, CHUNK, responds(501, &[], "")).run();
}

#[test]
fn chunks_not_allowed_fails_a_stream() {
    stream().on(ALWAYS, CHUNK, responds(405, &[], "")).fails(1, "status 405").then(cancelled).run();
}

/// Obligation 58.
#[test]
fn created_without_range_is_accepted() {
    push().on(ALWAYS, CHUNK, created_without_range()).run();
}

/// Obligation 58.
#[test]
fn created_with_a_wrong_range_is_accepted() {
    push().on(ALWAYS, CHUNK, created_with_range("0-0")).run();
}

/// Obligation 58.
#[test]
fn created_without_range_is_accepted_of_a_stream() {
    stream().on(ALWAYS, CHUNK, created_without_range()).then(sizes(&[4, 4, 1])).run();
}

/// Obligation 58.
#[test]
fn accepted_without_range_is_accepted() {
    push().on(ALWAYS, CHUNK, header("range", "")).run();
}

/// Obligation 58.
#[test]
fn range_that_stays_at_zero_is_accepted() {
    push().on(ALWAYS, CHUNK, header("range", "0-0")).run();
}

#[test]
fn range_beyond_what_was_sent_violates_the_protocol() {
    push()
        .on(ALWAYS, CHUNK, header("range", "0-99999999"))
        .fails(1, "blob: protocol")
        .then(cancelled)
        .run();
}

#[test]
fn range_beyond_what_was_sent_after_a_break_fails() {
    push()
        .on(ALWAYS, CHUNK, Fault::cut_request(MIB))
        .on(ALWAYS, STATUS, header("range", format!("0-{}", 9 * MIB - 1)))
        .fails(1, "DIGEST_INVALID")
        .run();
}

#[test]
fn range_beyond_the_blob_violates_the_protocol() {
    push()
        .on(ALWAYS, CHUNK, Fault::cut_request(MIB))
        .on(ALWAYS, STATUS, header("range", "0-99999999999"))
        .fails(1, "blob: protocol")
        .run();
}

/// Obligation 21.
#[test]
fn minimum_chunk_length_is_kept() {
    stream()
        .on(ALWAYS, START, header("oci-chunk-min-length", (6 * MIB).to_string()))
        .then(sizes(&[6, 3]))
        .run();
}

#[test]
fn malformed_minimum_chunk_length_is_ignored() {
    stream().on(ALWAYS, START, header("oci-chunk-min-length", "-1")).then(sizes(&[4, 4, 1])).run();
}

#[test]
fn minimum_chunk_length_of_zero_is_ignored() {
    stream().on(ALWAYS, START, header("oci-chunk-min-length", "0")).then(sizes(&[4, 4, 1])).run();
}

#[test]
fn unsupported_minimum_chunk_length_fails_a_stream() {
    stream()
        .on(ALWAYS, START, header("oci-chunk-min-length", "9223372036854775808"))
        .fails(1, "blob: protocol")
        .then(cancelled)
        .run();
}

/// Obligation 21.
#[test]
fn unsupported_minimum_chunk_length_sends_the_file_at_once() {
    push()
        .on(ALWAYS, START, header("oci-chunk-min-length", "9223372036854775808"))
        .then(sizes(&[9]))
        .run();
}

#[test]
fn minimum_chunk_length_of_a_gib_fails_a_stream() {
    stream()
        .on(ALWAYS, START, header("oci-chunk-min-length", "1073741824"))
        .fails(1, "blob: protocol")
        .then(cancelled)
        .run();
}

#[test]
fn denied_chunk_fails_and_cancels() {
    push().on(ALWAYS, CHUNK, refuses(403, "DENIED")).fails(1, "blob: denied").then(cancelled).run();
}

#[test]
fn missing_location_after_a_chunk_fails() {
    push().on(ALWAYS, CHUNK, header("location", "")).fails(1, "blob: ").run();
}

#[test]
fn malformed_location_after_a_chunk_violates_the_protocol() {
    push().on(ALWAYS, CHUNK, header("location", "http://[")).fails(1, "blob: protocol").run();
}

#[test]
fn digest_invalid_at_the_end_fails_and_cancels() {
    push()
        .on(ALWAYS, END, refuses(400, "DIGEST_INVALID"))
        .fails(1, "DIGEST_INVALID")
        .then(cancelled)
        .run();
}

/// Obligation 20, 22, 23.
#[test]
fn interrupted_upload_is_resumed_where_it_ended() {
    push()
        .on(ONCE, CHUNK, Fault::cut_request(2 * MIB))
        .then(|ended| {
            let received = ended.stub.received();
            let ranges: Vec<_> =
                received.iter().filter_map(|request| request.header("content-range")).collect();
            assert_eq!(ranges, ["0-9437183", "2097152-9437183"]);
            assert_eq!(ended.stub.count("GET", "/uploads/"), 1);
        })
        .run();
}

/// Obligation 22, 23.
#[test]
fn upload_is_resumed_again_while_it_makes_progress() {
    push().on(0..7, CHUNK, Fault::cut_request(MIB)).run();
}

#[test]
fn upload_cut_after_one_byte_is_resumed() {
    push().on(ONCE, CHUNK, Fault::cut_request(1)).run();
}

#[test]
fn progress_of_one_byte_per_connection_uses_up_the_retries() {
    push().on(ALWAYS, CHUNK, Fault::cut_request(1)).fails(1, "blob: network").then(cancelled).run();
}

#[test]
fn upload_reset_before_the_first_byte_is_retried() {
    push().on(ONCE, CHUNK, Fault::reset()).run();
}

#[test]
fn upload_reset_before_the_first_byte_every_time_fails() {
    push().on(ALWAYS, CHUNK, Fault::reset()).fails(1, "blob: network").then(cancelled).run();
}

#[test]
fn stalled_upload_is_retried() {
    push().on(ONCE, CHUNK, Fault::stall("")).with(IDLE_AND_PATIENT).run();
}

#[test]
fn unanswered_chunk_is_not_sent_again() {
    push().on(ONCE, CHUNK, Fault::unanswered()).then(sizes(&[9])).run();
}

#[test]
fn unanswered_end_is_not_sent_again() {
    push()
        .on(ONCE, END, Fault::unanswered())
        .then(|ended| assert_eq!(ended.stub.count("PUT", "/uploads/"), 1))
        .run();
}

#[test]
fn end_of_an_upload_is_retried() {
    push().on(ONCE, END, responds(500, &[], "")).run();
}

#[test]
fn chunk_is_retried_after_status_500() {
    push().on(ONCE, CHUNK, responds(500, &[], "")).run();
}

#[test]
fn chunk_that_fails_every_time_fails_and_cancels() {
    push()
        .on(ALWAYS, CHUNK, responds(500, &[], ""))
        .fails(1, "blob: registry")
        .then(cancelled)
        .run();
}

#[test]
fn unsupported_upload_status_restarts_the_upload() {
    push().on(ONCE, CHUNK, Fault::reset()).on(ALWAYS, STATUS, responds(405, &[], "")).run();
}

#[test]
fn upload_status_is_retried() {
    push()
        .on(ONCE, CHUNK, Fault::cut_request(MIB))
        .on(0..2, STATUS, responds(500, &[], ""))
        .then(|ended| assert_eq!(ended.stub.count("GET", "/uploads/"), 3))
        .run();
}

#[test]
fn session_lost_once_restarts_the_upload() {
    push()
        .on(ONCE, CHUNK, lost())
        .then(|ended| assert_eq!(ended.stub.count("POST", "/uploads/"), 2))
        .run();
}

#[test]
fn session_lost_after_a_break_restarts_the_upload() {
    push().on(ONCE, CHUNK, Fault::cut_request(MIB)).on(ONCE, STATUS, lost()).run();
}

#[test]
fn session_lost_without_an_error_code_restarts_the_upload() {
    push().on(ONCE, CHUNK, Fault::cut_request(MIB)).on(ONCE, STATUS, responds(404, &[], "")).run();
}

#[test]
fn session_lost_every_time_fails() {
    push().on(ALWAYS, CHUNK, lost()).fails(1, "blob: not-found").run();
}

#[test]
fn session_lost_after_every_second_chunk_fails() {
    push()
        .on(ALWAYS, CHUNK, Fault::cut_request(4 * MIB))
        .on(ALWAYS, STATUS, lost())
        // `network` or `not-found`: whichever of the two came last.
        .fails(1, "blob: n")
        .run();
}

#[test]
fn session_lost_at_the_end_restarts_the_upload() {
    push().on(ONCE, END, lost()).run();
}

/// Obligation 26.
#[test]
fn half_received_upload_location_is_cancelled() {
    push()
        .on(ONCE, START, cut_short("/v2/a/blobs/uploads/half"))
        .then(|ended| {
            // The client knows the location, so it cancels the upload.
            assert_eq!(ended.stub.count("POST", "/uploads/"), 2);
            assert_eq!(ended.stub.count("DELETE", "/uploads/half"), 1);
        })
        .run();
}

#[test]
fn interrupted_stream_is_resumed() {
    stream().on(ONCE, CHUNK, Fault::cut_request(MIB)).run();
}

#[test]
fn session_lost_at_the_first_chunk_restarts_a_stream() {
    stream().on(ONCE, CHUNK, lost()).run();
}

#[test]
fn session_lost_at_a_later_chunk_fails_a_stream() {
    stream()
        .on(ONCE, CHUNK, header("x", "y"))
        .on(ALWAYS, CHUNK, lost())
        .fails(1, "blob: protocol")
        .run();
}

/// Obligation 20, 23, 25.
#[test]
fn rest_of_a_partly_taken_chunk_is_sent_next() {
    push()
        .on(ONCE, CHUNK, replies_with_part())
        .on(ONCE, CHUNK, header("x", "y"))
        .then(|ended| {
            let sent = ended.sizes("PATCH");
            assert!(sent.len() > 1 && sent[0] == 9 * MIB, "{sent:?}");
            let received = ended.stub.received();
            let second = received.iter().filter(|request| request.method == "PATCH").nth(1);
            let range = second.unwrap().header("content-range").unwrap();
            assert!(range.starts_with(&format!("{MIB}-")), "{range}");
        })
        .run();
}

/// Opens an upload with an answer whose body does not come.
fn cut_short(location: &str) -> Fault {
    raw(format!("HTTP/1.1 202 X\r\nlocation: {location}\r\ncontent-length: 9\r\n\r\n"))
}

/// Claims to have taken 1 MiB of a chunk without storing it. The digest will be wrong; the test checks only
/// where the next chunk begins.
fn replies_with_part() -> Fault {
    Fault::reply(|request| {
        let location = request.target.clone();
        response(202, &[("location", &location), ("range", &format!("0-{}", MIB - 1))], "")
    })
}

/// Obligation 12, 15, 62. Advisory 1.
#[test]
fn upload_at_another_host_gets_no_credential() {
    let registry = Prepared::new(Does::BlobPush);
    // Another address of the same storage, which must not see the login.
    let other = StubRegistry::before(registry.address(), Vec::new(), false);
    let elsewhere = other.clone();
    let leads_there = Fault::change(move |response| {
        let location = elsewhere.url(response.header("location").unwrap());
        response.set("location", &location);
    });
    push().on(ALWAYS, START, leads_there).run_before(&registry);
    let received = other.received();
    assert_eq!(received.len(), 2);
    assert!(received.iter().all(|request| request.header("authorization").is_none()));
}
