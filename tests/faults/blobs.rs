//! Blobs with other bytes than their descriptor says, and downloads that are interrupted.

use super::support::sha256;
use super::support::stub_registry::{Fault, Reply, Request};
use super::{
    ALWAYS, Case, Does, Ended, IDLE_AND_PATIENT, MIB, ONCE, STDIO, blob, header, responds, response,
};

const BLOBS: &str = "GET /blobs/";

fn blob_pull() -> Case {
    Case::new(Does::BlobPull)
}

fn pull() -> Case {
    Case::new(Does::Pull)
}

fn import() -> Case {
    Case::new(Does::Import)
}

fn content(body: impl AsRef<[u8]>) -> Fault {
    responds(200, &[], body)
}

/// Where the requests for the blob began.
fn ranges(ended: &Ended<'_>) -> Vec<String> {
    let received = ended.stub.received();
    received.iter().filter_map(|request| request.header("range").map(str::to_owned)).collect()
}

#[test]
fn missing_blob_is_not_found() {
    pull().on(ALWAYS, BLOBS, responds(404, &[], "")).fails(3, "not found").run();
}

#[test]
fn denied_blob_is_access_denied() {
    pull().on(ALWAYS, BLOBS, responds(403, &[], "")).fails(5, "access denied").run();
}

/// Obligation 8. Advisory 15.
#[test]
fn import_of_a_shorter_blob_is_refused() {
    import().on(ALWAYS, BLOBS, content(&STDIO[1..])).fails(8, "expected").run();
}

/// Advisory 15.
#[test]
fn import_of_a_longer_blob_is_refused() {
    import().on(ALWAYS, BLOBS, content([STDIO, b" "].concat())).fails(8, "expected").run();
}

/// Obligation 8. Advisory 15.
#[test]
fn import_of_other_bytes_is_refused() {
    import().on(ALWAYS, BLOBS, content(vec![b' '; STDIO.len()])).fails(8, "expected").run();
}

/// Advisory 15.
#[test]
fn import_of_an_empty_blob_is_refused() {
    import().on(ALWAYS, BLOBS, content("")).fails(8, "expected").run();
}

/// Advisory 23.
#[test]
fn import_of_a_compressed_blob_is_refused() {
    import()
        .on(ALWAYS, BLOBS, responds(200, &[("content-encoding", "gzip")], [0x1f, 0x8b]))
        .fails(11, "compressed (gzip)")
        .run();
}

/// Obligation 7.
#[test]
fn import_with_another_digest_in_the_header_is_refused() {
    import()
        .on(ALWAYS, BLOBS, header("docker-content-digest", sha256(b"x")))
        .fails(8, "expected")
        .run();
}

#[test]
fn download_of_a_missing_blob_is_not_found() {
    blob_pull().on(ALWAYS, BLOBS, responds(404, &[], "")).fails(1, "blob: not-found").run();
}

/// Advisory 15.
#[test]
fn download_of_a_shorter_blob_is_a_mismatch() {
    blob_pull().on(ALWAYS, BLOBS, content(&blob()[1..])).fails(1, "blob: mismatch").run();
}

/// Advisory 15.
#[test]
fn download_of_a_longer_blob_is_a_mismatch() {
    blob_pull()
        .on(ALWAYS, BLOBS, content([blob(), b" "].concat()))
        .fails(1, "blob: mismatch")
        .run();
}

/// Obligation 8. Advisory 15.
#[test]
fn download_of_other_bytes_is_a_mismatch() {
    blob_pull().on(ALWAYS, BLOBS, content(vec![0; blob().len()])).fails(1, "blob: mismatch").run();
}

/// Advisory 23.
#[test]
fn download_of_a_compressed_blob_is_refused() {
    blob_pull()
        .on(ALWAYS, BLOBS, responds(200, &[("content-encoding", "br")], "x"))
        .fails(1, "compressed (br)")
        .run();
}

/// Advisory 23.
#[test]
fn content_encoding_of_unchanged_bytes_does_not_matter() {
    blob_pull().on(ALWAYS, BLOBS, header("content-encoding", "gzip")).run();
}

/// Obligation 7.
#[test]
fn download_with_another_digest_in_the_header_is_a_mismatch() {
    blob_pull()
        .on(ALWAYS, BLOBS, header("docker-content-digest", sha256(b"x")))
        .fails(1, "blob: mismatch")
        .run();
}

#[test]
fn malformed_digest_header_of_a_blob_violates_the_protocol() {
    blob_pull()
        .on(ALWAYS, BLOBS, header("docker-content-digest", "x"))
        .fails(1, "blob: protocol")
        .run();
}

#[test]
fn html_page_instead_of_a_blob_is_a_mismatch() {
    blob_pull()
        .on(ALWAYS, BLOBS, responds(200, &[("content-type", "text/html")], "<html>"))
        .fails(1, "blob: mismatch")
        .run();
}

#[test]
fn status_204_for_a_blob_is_an_error() {
    blob_pull().on(ALWAYS, BLOBS, responds(204, &[], "")).fails(1, "blob: registry").run();
}

/// The `Content-Range` of everything from this byte on.
fn range_from(first: usize) -> String {
    format!("bytes {first}-{}/{}", blob().len() - 1, blob().len())
}

/// The first byte that a request asks for.
fn first_byte(request: &Request) -> usize {
    let range = request.header("range");
    range.map_or(0, |range| range["bytes=".len()..range.len() - 1].parse().unwrap())
}

/// Answers a request for a range with the bytes from `from` on and this `Content-Range`.
fn part(from: usize, content_range: &str) -> Fault {
    let content_range = content_range.to_owned();
    Fault::reply(move |request| {
        if request.header("range").is_none() {
            return response(200, &[], &blob()[..from]);
        }
        response(206, &[("content-range", &content_range)], &blob()[from..])
    })
}

/// Answers every request with at most so many bytes from where it asks for.
fn parts(most: usize) -> Fault {
    Fault::reply(move |request| {
        let (from, size) = (first_byte(request), blob().len());
        let part = &blob()[from..(from + most).min(size)];
        let content_range = format!("bytes {from}-{}/{size}", from + part.len() - 1);
        response(206, &[("content-range", &content_range)], part)
    })
}

/// Promises everything that a request asks for, and sends one byte of it.
fn one_byte_per_connection() -> Fault {
    Fault::reply(|request| {
        let from = first_byte(request);
        let (code, range) = (if from == 0 { 200 } else { 206 }, range_from(from));
        let length = blob().len() - from;
        let head = format!(
            "HTTP/1.1 {code} X\r\ncontent-range: {range}\r\ncontent-length: {length}\r\n\r\n"
        );
        Reply::raw([head.as_bytes(), &blob()[from..=from]].concat())
    })
}

/// Holds that the download asked for the rest so many times.
fn resumed(count: usize) -> impl Fn(&Ended<'_>) + Send + Sync {
    move |ended| assert_eq!(ranges(ended).len(), count, "{:?}", ranges(ended))
}

/// Obligation 9.
#[test]
fn interrupted_download_is_resumed_where_it_ended() {
    blob_pull()
        .on(ONCE, BLOBS, Fault::cut_answer(4 * MIB))
        .then(move |ended| {
            let ranges = ranges(ended);
            assert_eq!(ranges.len(), 1);
            let from: usize = ranges[0]["bytes=".len()..ranges[0].len() - 1].parse().unwrap();
            assert!((1..=4 * MIB).contains(&from), "{from}");
            // What was there is not asked for again.
            let last = ended.exchanges.last().unwrap();
            assert_eq!(last["response"]["body"]["size"], blob().len() - from);
            assert_eq!(last["attempt"], 3);
        })
        .run();
}

/// Obligation 9.
#[test]
fn download_is_resumed_again_while_it_makes_progress() {
    blob_pull().on(0..6, BLOBS, Fault::cut_answer(MIB)).then(resumed(6)).run();
}

#[test]
fn download_cut_before_its_first_byte_is_started_again() {
    blob_pull().on(0..2, BLOBS, Fault::cut_answer(0)).then(resumed(0)).run();
}

#[test]
fn download_cut_before_its_first_byte_every_time_fails() {
    blob_pull().on(ALWAYS, BLOBS, Fault::cut_answer(0)).fails(1, "blob: network").run();
}

#[test]
fn connection_that_breaks_after_the_last_byte_does_not_matter() {
    blob_pull()
        .on(
            ALWAYS,
            BLOBS,
            Fault::reply(move |_| {
                let head =
                    format!("HTTP/1.1 200 X\r\ncontent-length: {}\r\n\r\n", blob().len() + 1);
                Reply::raw([head.as_bytes(), blob()].concat())
            }),
        )
        .run();
}

#[test]
fn progress_of_one_byte_per_connection_uses_up_the_retries() {
    blob_pull().on(ALWAYS, BLOBS, one_byte_per_connection()).fails(1, "blob: network").run();
}

/// Obligation 9.
#[test]
fn stalled_download_is_resumed() {
    let head = format!(
        "HTTP/1.1 200 X
content-length: {}

",
        blob().len()
    );
    blob_pull()
        .on(ONCE, BLOBS, Fault::stall([head.as_bytes(), &blob()[..MIB]].concat()))
        .with(IDLE_AND_PATIENT)
        .then(|ended| {
            // On a busy machine the client may give up on a connection more than once.
            let timeouts = ended.timeouts();
            assert!(timeouts >= 1);
            resumed(timeouts)(ended);
        })
        .run();
}

#[test]
fn whole_blob_in_answer_to_a_range_is_accepted() {
    blob_pull()
        .on(ONCE, BLOBS, Fault::cut_answer(1000))
        .on(0..9, BLOBS, content(blob()))
        .then(resumed(1))
        .run();
}

#[test]
fn download_of_large_parts_asks_for_each_next_part() {
    blob_pull().on(ALWAYS, BLOBS, parts(MIB)).then(resumed(blob().len() / MIB - 1)).run();
}

#[test]
fn download_of_one_byte_parts_fails() {
    blob_pull().on(ALWAYS, BLOBS, parts(1)).fails(1, "blob: mismatch").then(resumed(3)).run();
}

#[test]
fn download_of_empty_parts_violates_the_protocol() {
    blob_pull()
        .on(ALWAYS, BLOBS, responds(206, &[("content-range", "bytes 0--1/9")], ""))
        .fails(1, "blob: protocol")
        .run();
}

#[test]
fn part_shorter_than_its_content_range_is_a_mismatch() {
    blob_pull()
        .on(ONCE, BLOBS, Fault::cut_answer(1000))
        .on(ALWAYS, BLOBS, responds(206, &[("content-range", &range_from(1000))], "x"))
        .fails(1, "blob: mismatch")
        .run();
}

#[test]
fn range_not_satisfiable_restarts_the_download() {
    blob_pull()
        .on(ONCE, BLOBS, Fault::cut_answer(1000))
        .on(ONCE, BLOBS, responds(416, &[], ""))
        .then(resumed(1))
        .run();
}

#[test]
fn part_from_another_offset_restarts_the_download() {
    blob_pull()
        .on(ONCE, BLOBS, Fault::cut_answer(1000))
        .on(ONCE, BLOBS, part(0, &range_from(0)))
        .then(resumed(1))
        .run();
}

#[test]
fn part_of_a_blob_of_another_size_restarts_the_download() {
    blob_pull()
        .on(ONCE, BLOBS, Fault::cut_answer(1000))
        .on(ONCE, BLOBS, part(1000, "bytes 1000-1999/2000"))
        .then(resumed(1))
        .run();
}

#[test]
fn part_without_content_range_restarts_the_download() {
    blob_pull()
        .on(ONCE, BLOBS, Fault::cut_answer(1000))
        .on(ONCE, BLOBS, responds(206, &[], "x"))
        .then(resumed(1))
        .run();
}

#[test]
fn other_bytes_in_the_rest_are_a_mismatch() {
    blob_pull()
        .on(ONCE, BLOBS, Fault::cut_answer(1000))
        .on(
            ONCE,
            BLOBS,
            Fault::reply(|request| {
                assert_eq!(request.header("range"), Some("bytes=1000-"));
                let rest = vec![0; blob().len() - 1000];
                response(206, &[("content-range", &range_from(1000))], rest)
            }),
        )
        .fails(1, "blob: mismatch")
        .run();
}

#[test]
fn resuming_is_retried_after_a_temporary_failure() {
    blob_pull()
        .on(ONCE, BLOBS, Fault::cut_answer(MIB))
        .on(ONCE, BLOBS, responds(503, &[], ""))
        .then(resumed(2))
        .run();
}

#[test]
fn blob_deleted_during_a_download_is_not_found() {
    blob_pull()
        .on(ONCE, BLOBS, Fault::cut_answer(MIB))
        .on(ALWAYS, BLOBS, responds(404, &[], ""))
        .fails(1, "blob: not-found")
        .run();
}

#[test]
fn unrequested_part_violates_the_protocol() {
    blob_pull()
        .on(ALWAYS, BLOBS, responds(206, &[("content-range", "bytes 5-9/10")], "x"))
        .fails(1, "blob: protocol")
        .run();
}

#[test]
fn unrequested_part_that_is_the_whole_blob_is_accepted() {
    blob_pull()
        .on(ALWAYS, BLOBS, responds(206, &[("content-range", &range_from(0))], blob()))
        .run();
}

#[test]
fn small_blob_is_requested_again_from_its_start() {
    import().on(0..3, BLOBS, Fault::cut_answer(100)).then(resumed(0)).run();
}
