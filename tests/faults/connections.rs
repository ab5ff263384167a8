//! Connections that break, stall or never end, and answers that are not HTTP.

use std::time::Duration;

use super::support::stub_registry::Fault;
use super::{ALWAYS, Case, Does, IDLE_AND_PATIENT, MANIFEST, MIB, ONCE, manifest, raw};

const MANIFESTS: &str = "GET /manifests/";
const ONE_TRY: &[&str] = &["--retries", "0"];
const IMPATIENT: &[&str] = &["--retries", "1", "--timeout", "idle=1"];
const OK: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n";

fn pull() -> Case {
    Case::new(Does::Pull)
}

/// Sends `first`, and then `others` again and again, so many milliseconds apart.
fn endless(first: impl AsRef<[u8]>, others: impl AsRef<[u8]>, pause: u64) -> Fault {
    Fault::endless(first, others, Duration::from_millis(pause))
}

/// The first header fields of a manifest's answer.
fn begun() -> String {
    format!("{OK}content-type: {MANIFEST}\r\n")
}

/// A manifest's answer that ends after one byte of the body.
fn half_manifest() -> String {
    format!("{}content-length: {}\r\n\r\n{{", begun(), manifest().len())
}

#[test]
fn closed_connection_is_retried() {
    pull().on(ONCE, MANIFESTS, Fault::close()).run();
}

#[test]
fn reset_connection_is_retried() {
    pull().on(ONCE, MANIFESTS, Fault::reset()).run();
}

#[test]
fn connection_closed_three_times_is_retried() {
    pull().on(0..3, MANIFESTS, Fault::close()).run();
}

#[test]
fn connection_closed_every_time_fails_after_the_retries() {
    pull()
        .on(ALWAYS, MANIFESTS, Fault::close())
        .with(&["--retries", "1"])
        .fails(6, "closed before the response was complete")
        .then(|ended| {
            assert_eq!(ended.stub.count("GET", "/manifests/"), 2);
            let attempts: Vec<_> = ended.exchanges.iter().map(|e| e["attempt"].as_u64()).collect();
            // The first was the one without a login.
            assert_eq!(attempts, [Some(1), Some(2), Some(3)]);
        })
        .run();
}

#[test]
fn connection_reset_every_time_fails() {
    pull().on(ALWAYS, MANIFESTS, Fault::reset()).with(ONE_TRY).fails(6, "the connection").run();
}

#[test]
fn connection_closed_within_the_head_fails() {
    pull()
        .on(ALWAYS, MANIFESTS, raw("HTTP/1.1 200 OK\r\ncontent-le"))
        .with(ONE_TRY)
        .fails(6, "closed before")
        .run();
}

#[test]
fn connection_closed_within_the_body_fails() {
    pull()
        .on(ALWAYS, MANIFESTS, Fault::cut_answer(100))
        .with(ONE_TRY)
        .fails(6, "closed before")
        .run();
}

#[test]
fn connection_closed_within_the_body_is_retried() {
    pull().on(ONCE, MANIFESTS, Fault::cut_answer(100)).run();
}

#[test]
fn connection_closed_within_a_chunk_fails() {
    pull()
        .on(
            ALWAYS,
            MANIFESTS,
            raw(format!("{}transfer-encoding: chunked\r\n\r\n10\r\n{{", begun())),
        )
        .with(ONE_TRY)
        .fails(6, "")
        .run();
}

#[test]
fn import_fails_if_every_blob_is_cut() {
    Case::new(Does::Import)
        .on(ALWAYS, "GET /blobs/", Fault::cut_answer(10))
        .with(ONE_TRY)
        .fails(6, "closed before")
        .run();
}

#[test]
fn import_retries_a_blob_that_is_cut() {
    Case::new(Does::Import).on(ONCE, "GET /blobs/", Fault::cut_answer(10)).run();
}

#[test]
fn push_fails_if_every_connection_is_closed() {
    Case::new(Does::Push)
        .on(ALWAYS, "PUT /manifests/", Fault::close())
        .with(&["--retries", "1"])
        .fails(6, "closed before")
        .run();
}

#[test]
fn stall_before_the_head_times_out() {
    pull()
        .on(ALWAYS, MANIFESTS, Fault::stall(""))
        .with(IMPATIENT)
        .fails(6, "no answer came in time")
        .run();
}

#[test]
fn stall_before_the_head_is_retried() {
    pull().on(ONCE, MANIFESTS, Fault::stall("")).with(IDLE_AND_PATIENT).run();
}

#[test]
fn stall_within_the_body_times_out() {
    pull()
        .on(ALWAYS, MANIFESTS, Fault::stall(half_manifest()))
        .with(IMPATIENT)
        .fails(6, "no answer came in time")
        .run();
}

#[test]
fn stall_within_the_body_is_retried() {
    pull().on(ONCE, MANIFESTS, Fault::stall(half_manifest())).with(IDLE_AND_PATIENT).run();
}

/// A manifest's answer in chunks, up to the first of them.
fn chunked() -> String {
    format!("{}transfer-encoding: chunked\r\n\r\n", begun())
}

/// A chunk of a MiB.
fn chunk() -> Vec<u8> {
    [format!("{MIB:x}\r\n").as_bytes(), &vec![b' '; MIB], b"\r\n"].concat()
}

/// Advisory 11.
#[test]
fn endless_chunks_of_a_manifest_are_read_to_the_limit() {
    pull()
        .on(ALWAYS, MANIFESTS, endless(chunked(), chunk(), 0))
        .fails(9, "larger than 4194304 bytes")
        .run();
}

/// Advisory 11.
#[test]
fn endless_chunks_of_the_pushed_tag_are_read_to_the_limit() {
    Case::new(Does::Push)
        .on(ALWAYS, MANIFESTS, endless(chunked(), chunk(), 0))
        .fails(9, "larger than")
        .run();
}

/// Advisory 11.
#[test]
fn endless_chunks_of_a_blob_are_read_to_its_size() {
    Case::new(Does::Import)
        .on(ALWAYS, "GET /blobs/", endless(chunked(), chunk(), 0))
        .fails(8, "expected")
        .run();
}

/// Advisory 11.
#[test]
fn endless_chunks_of_a_tag_list_are_read_to_the_limit() {
    Case::new(Does::Tags)
        .on(ALWAYS, "GET /tags/", endless(chunked(), chunk(), 0))
        .fails(9, "larger than")
        .run();
}

/// Advisory 11.
#[test]
fn declared_length_beyond_the_limit_is_refused() {
    pull()
        .on(
            ALWAYS,
            MANIFESTS,
            endless(format!("{}content-length: 104857600\r\n\r\n", begun()), vec![b' '; MIB], 0),
        )
        .fails(9, "larger than")
        .run();
}

/// Advisory 11.
#[test]
fn endless_header_fields_are_refused() {
    pull()
        .on(ALWAYS, MANIFESTS, endless(OK, "a: b\r\n", 0))
        .fails(6, "too many or too long headers")
        .run();
}

/// Advisory 11.
#[test]
fn long_header_field_is_refused() {
    pull()
        .on(ALWAYS, MANIFESTS, raw(format!("{OK}x: {}\r\n\r\n", "a".repeat(MIB))))
        .fails(6, "too many or too long headers")
        .run();
}

/// Advisory 11.
#[test]
fn too_many_header_fields_are_refused() {
    pull()
        .on(ALWAYS, MANIFESTS, raw(format!("{OK}{}\r\n", "a: b\r\n".repeat(2000))))
        .fails(6, "too many or too long headers")
        .run();
}

/// Advisory 11.
#[test]
fn endless_chunk_extension_is_refused() {
    pull()
        .on(ALWAYS, MANIFESTS, endless(format!("{}1", chunked()), ";aaaaaaaa", 0))
        .with(ONE_TRY)
        .fails(6, "the connection")
        .run();
}

/// Advisory 11.
#[test]
fn endless_trailers_are_refused() {
    pull()
        .on(ALWAYS, MANIFESTS, endless(format!("{}1\r\n{{\r\n0\r\n", chunked()), "a: b\r\n", 0))
        .with(ONE_TRY)
        .fails(6, "the connection")
        .run();
}

/// Advisory 11.
#[test]
fn head_that_arrives_byte_by_byte_times_out() {
    pull()
        .on(ALWAYS, MANIFESTS, endless("HTTP/1.1 200 OK\r\nx: ", "a", 100))
        .with(&["--retries", "0", "--timeout", "idle=1"])
        .fails(6, "no answer came in time")
        .run();
}

/// Advisory 11.
#[test]
fn endless_interim_responses_time_out() {
    pull()
        .on(ALWAYS, MANIFESTS, endless("", "HTTP/1.1 100 Continue\r\n\r\n", 1))
        .with(&["--retries", "0", "--timeout", "idle=1"])
        .fails(6, "no answer came in time")
        .run();
}

/// Advisory 11.
#[test]
fn endless_slow_body_ends_at_the_total_timeout() {
    pull()
        .on(ALWAYS, MANIFESTS, endless(chunked(), "1\r\n \r\n", 200))
        .with(&["--timeout", "2"])
        .fails(6, "given up after 2 seconds")
        .run();
}

#[test]
fn pause_longer_than_the_idle_timeout_times_out() {
    pull()
        .on(ALWAYS, MANIFESTS, endless(chunked(), "1\r\n \r\n", 3000))
        .with(&["--retries", "0", "--timeout", "idle=1"])
        .fails(6, "no answer came in time")
        .run();
}

/// A manifest's answer with these header fields in place of `Content-Length`.
fn sized(fields: &str) -> Fault {
    raw(format!("{}{fields}\r\n\r\n{}", begun(), manifest()))
}

#[test]
fn ssh_banner_is_not_http() {
    pull().on(ALWAYS, MANIFESTS, raw("SSH-2.0-OpenSSH_9.9\r\n")).fails(6, "not HTTP").run();
}

#[test]
fn tls_alert_is_not_http() {
    pull().on(ALWAYS, MANIFESTS, raw(b"\x15\x03\x03\x00\x02\x02\x28")).fails(6, "not HTTP").run();
}

#[test]
fn malformed_status_is_not_http() {
    pull().on(ALWAYS, MANIFESTS, raw("HTTP/1.1 2x0 OK\r\n\r\n")).fails(6, "not HTTP").run();
}

#[test]
fn malformed_content_length_is_not_http() {
    pull().on(ALWAYS, MANIFESTS, sized("content-length: -1")).fails(6, "not HTTP").run();
}

#[test]
fn two_content_lengths_are_not_http() {
    pull()
        .on(ALWAYS, MANIFESTS, sized("content-length: 5\r\ncontent-length: 6"))
        .fails(6, "not HTTP")
        .run();
}

#[test]
fn malformed_chunk_length_fails() {
    pull()
        .on(ALWAYS, MANIFESTS, sized("transfer-encoding: chunked\r\n\r\nxyz"))
        .with(ONE_TRY)
        .fails(6, "")
        .run();
}

#[test]
fn content_length_that_is_too_large_fails() {
    pull()
        .on(ALWAYS, MANIFESTS, sized("content-length: 99999"))
        .with(ONE_TRY)
        .fails(6, "closed before")
        .run();
}

#[test]
fn content_length_that_is_too_small_cuts_the_manifest() {
    pull().on(ALWAYS, MANIFESTS, sized("content-length: 50")).fails(10, "not the JSON").run();
}

#[test]
fn control_character_in_a_header_field_is_not_http() {
    pull().on(ALWAYS, MANIFESTS, raw(format!("{OK}x: a\u{0}b\r\n\r\n"))).fails(6, "not HTTP").run();
}

#[test]
fn http_0_9_is_not_http() {
    pull().on(ALWAYS, MANIFESTS, raw(manifest())).fails(6, "not HTTP").run();
}

#[test]
fn switching_protocols_is_refused() {
    pull()
        .on(ALWAYS, MANIFESTS, raw("HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"))
        .fails(11, "status 101")
        .run();
}

#[test]
fn chunk_extensions_and_trailers_are_accepted() {
    pull()
        .on(
            ALWAYS,
            MANIFESTS,
            raw(format!(
                "{}transfer-encoding: chunked\r\n\r\n{:x};a=\"b\"\r\n{}\r\n0\r\nx: y\r\n\r\n",
                begun(),
                manifest().len(),
                manifest()
            )),
        )
        .run();
}

#[test]
fn bytes_after_the_response_are_ignored() {
    pull().on(
            ALWAYS,
            MANIFESTS,
            raw(format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {0}\r\n\r\n{1}HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx",
                manifest().len(),
                manifest()
            )),
        ).run();
}

#[test]
fn http_1_0_is_accepted() {
    pull()
        .on(
            ALWAYS,
            MANIFESTS,
            raw(format!("HTTP/1.0 200 OK\r\ncontent-type: {MANIFEST}\r\n\r\n{}", manifest())),
        )
        .run();
}

#[test]
fn interim_response_before_the_response_is_skipped() {
    pull()
        .on(
            ALWAYS,
            MANIFESTS,
            raw(format!(
                "HTTP/1.1 103 Early\r\nlink: <x>\r\n\r\n{}content-length: {}\r\n\r\n{}",
                begun(),
                manifest().len(),
                manifest()
            )),
        )
        .run();
}
