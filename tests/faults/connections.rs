//! Connections that break, stall or flood, and answers that are no HTTP.

use std::time::Duration;

use super::support::faulty::Fault;
use super::{ALWAYS, Case, Does, MANIFEST, MIB, ONCE, manifest, raw, run};

const MANIFESTS: &str = "GET /manifests/";
const ONE_TRY: &[&str] = &["--retries", "0"];
const IMPATIENT: &[&str] = &["--retries", "1", "--timeout", "idle=1"];
const OK: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n";

fn pull(name: &'static str) -> Case {
    Case::new(Does::Pull, name)
}

fn endless(first: impl AsRef<[u8]>, others: impl AsRef<[u8]>, pause: u64) -> Fault {
    let (first, others) = (first.as_ref().to_vec(), others.as_ref().to_vec());
    Fault::Endless(first, others, Duration::from_millis(pause))
}

/// A manifest's answer that begins well.
fn begun() -> String {
    format!("{OK}content-type: {MANIFEST}\r\n")
}

#[test]
fn a_connection_that_breaks() {
    let half = format!("{}content-length: {}\r\n\r\n{{", begun(), manifest().len());
    run(vec![
        pull("closed once without a word").on(ONCE, MANIFESTS, Fault::Close),
        pull("reset once").on(ONCE, MANIFESTS, Fault::Reset),
        pull("closed three times").on(0..3, MANIFESTS, Fault::Close),
        pull("always closed")
            .on(ALWAYS, MANIFESTS, Fault::Close)
            .with(&["--retries", "1"])
            .fails(6, "closed before the answer was whole")
            .then(|ended| {
                assert_eq!(ended.layer.count("GET", "/manifests/"), 2);
                let attempts: Vec<_> =
                    ended.exchanges.iter().map(|e| e["attempt"].as_u64()).collect();
                // The first was the one without a login.
                assert_eq!(attempts, [Some(1), Some(2), Some(3)]);
            }),
        pull("always reset")
            .on(ALWAYS, MANIFESTS, Fault::Reset)
            .with(ONE_TRY)
            .fails(6, "the connection"),
        pull("closed within the head")
            .on(ALWAYS, MANIFESTS, raw("HTTP/1.1 200 OK\r\ncontent-le"))
            .with(ONE_TRY)
            .fails(6, "closed before"),
        pull("closed within the body")
            .on(ALWAYS, MANIFESTS, Fault::CutAnswer(100))
            .with(ONE_TRY)
            .fails(6, "closed before"),
        pull("closed within the body once").on(ONCE, MANIFESTS, Fault::CutAnswer(100)),
        pull("closed within a chunk")
            .on(
                ALWAYS,
                MANIFESTS,
                raw(format!("{}transfer-encoding: chunked\r\n\r\n10\r\n{{", begun())),
            )
            .with(ONE_TRY)
            .fails(6, ""),
        Case::new(Does::Import, "import: always closed within the body")
            .on(ALWAYS, "GET /blobs/", Fault::CutAnswer(10))
            .with(ONE_TRY)
            .fails(6, "closed before"),
        Case::new(Does::Import, "import: closed within the body once").on(
            ONCE,
            "GET /blobs/",
            Fault::CutAnswer(10),
        ),
        Case::new(Does::Push, "push: always closed")
            .on(ALWAYS, "PUT /manifests/", Fault::Close)
            .with(&["--retries", "1"])
            .fails(6, "closed before"),
        pull("silence")
            .on(ALWAYS, MANIFESTS, Fault::Stall(Vec::new()))
            .with(IMPATIENT)
            .fails(6, "no answer came in time"),
        pull("silence once").on(ONCE, MANIFESTS, Fault::Stall(Vec::new())).with(IMPATIENT),
        pull("silence within the body")
            .on(ALWAYS, MANIFESTS, Fault::Stall(half.clone().into_bytes()))
            .with(IMPATIENT)
            .fails(6, "no answer came in time"),
        pull("silence within the body once")
            .on(ONCE, MANIFESTS, Fault::Stall(half.into_bytes()))
            .with(IMPATIENT),
    ]);
}

/// Advisory 11.
#[test]
fn an_answer_without_end() {
    let chunked = format!("{}transfer-encoding: chunked\r\n\r\n", begun());
    let chunk = [format!("{MIB:x}\r\n").as_bytes(), &vec![b' '; MIB], b"\r\n"].concat();
    let long = format!("{OK}x: {}\r\n\r\n", "a".repeat(MIB));
    let many = format!("{OK}{}\r\n", "a: b\r\n".repeat(2000));
    run(vec![
        pull("chunks without end")
            .on(ALWAYS, MANIFESTS, endless(&chunked, &chunk, 0))
            .fails(9, "larger than 4194304 bytes"),
        Case::new(Does::Push, "push: chunks without end")
            .on(ALWAYS, MANIFESTS, endless(&chunked, &chunk, 0))
            .fails(9, "larger than"),
        Case::new(Does::Import, "import: chunks without end")
            .on(ALWAYS, "GET /blobs/", endless(&chunked, &chunk, 0))
            .fails(8, "expected"),
        Case::new(Does::Tags, "tags: chunks without end")
            .on(ALWAYS, "GET /tags/", endless(&chunked, &chunk, 0))
            .fails(9, "larger than"),
        pull("100 MiB that are announced")
            .on(
                ALWAYS,
                MANIFESTS,
                endless(
                    format!("{}content-length: 104857600\r\n\r\n", begun()),
                    vec![b' '; MIB],
                    0,
                ),
            )
            .fails(9, "larger than"),
        pull("header fields without end")
            .on(ALWAYS, MANIFESTS, endless(OK, "a: b\r\n", 0))
            .fails(6, "too many or too long headers"),
        pull("a long header field")
            .on(ALWAYS, MANIFESTS, raw(long))
            .fails(6, "too many or too long headers"),
        pull("many header fields")
            .on(ALWAYS, MANIFESTS, raw(many))
            .fails(6, "too many or too long headers"),
        pull("a chunk's extensions without end")
            .on(ALWAYS, MANIFESTS, endless(format!("{chunked}1"), ";aaaaaaaa", 0))
            .with(ONE_TRY)
            .fails(6, "the connection"),
        pull("trailers without end")
            .on(ALWAYS, MANIFESTS, endless(format!("{chunked}1\r\n{{\r\n0\r\n"), "a: b\r\n", 0))
            .with(ONE_TRY)
            .fails(6, "the connection"),
        pull("a head byte by byte")
            .on(ALWAYS, MANIFESTS, endless("HTTP/1.1 200 OK\r\nx: ", "a", 100))
            .with(&["--retries", "0", "--timeout", "idle=1"])
            .fails(6, "no answer came in time"),
        pull("interim answers without end")
            .on(ALWAYS, MANIFESTS, endless("", "HTTP/1.1 100 Continue\r\n\r\n", 1))
            .with(&["--retries", "0", "--timeout", "idle=1"])
            .fails(6, "no answer came in time"),
        pull("a byte now and then")
            .on(ALWAYS, MANIFESTS, endless(&chunked, "1\r\n \r\n", 200))
            .with(&["--timeout", "2"])
            .fails(6, "given up after 2 seconds"),
        pull("slower than is waited for")
            .on(ALWAYS, MANIFESTS, endless(&chunked, "1\r\n \r\n", 3000))
            .with(&["--retries", "0", "--timeout", "idle=1"])
            .fails(6, "no answer came in time"),
    ]);
}

#[test]
fn an_answer_that_is_no_http() {
    let sized = |length: &str| raw(format!("{}{length}\r\n\r\n{}", begun(), manifest()));
    run(vec![
        pull("another protocol")
            .on(ALWAYS, MANIFESTS, raw("SSH-2.0-OpenSSH_9.9\r\n"))
            .fails(6, "not HTTP"),
        pull("an alert of TLS")
            .on(ALWAYS, MANIFESTS, raw(b"\x15\x03\x03\x00\x02\x02\x28"))
            .fails(6, "not HTTP"),
        pull("a status that is none")
            .on(ALWAYS, MANIFESTS, raw("HTTP/1.1 2x0 OK\r\n\r\n"))
            .fails(6, "not HTTP"),
        pull("a length that is none")
            .on(ALWAYS, MANIFESTS, sized("content-length: -1"))
            .fails(6, "not HTTP"),
        pull("two lengths")
            .on(ALWAYS, MANIFESTS, sized("content-length: 5\r\ncontent-length: 6"))
            .fails(6, "not HTTP"),
        pull("a chunk's length that is none")
            .on(ALWAYS, MANIFESTS, sized("transfer-encoding: chunked\r\n\r\nxyz"))
            .with(ONE_TRY)
            .fails(6, ""),
        pull("a length that is too large")
            .on(ALWAYS, MANIFESTS, sized("content-length: 99999"))
            .with(ONE_TRY)
            .fails(6, "closed before"),
        pull("a length that is too small")
            .on(ALWAYS, MANIFESTS, sized("content-length: 50"))
            .fails(10, "not the JSON"),
        pull("a control character in a header field")
            .on(ALWAYS, MANIFESTS, raw(format!("{OK}x: a\u{0}b\r\n\r\n")))
            .fails(6, "not HTTP"),
        pull("HTTP/0.9").on(ALWAYS, MANIFESTS, raw(manifest())).fails(6, "not HTTP"),
        pull("a change of protocol")
            .on(ALWAYS, MANIFESTS, raw("HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"))
            .fails(11, "status 101"),
        pull("a chunk's extension, and a trailer").on(
            ALWAYS,
            MANIFESTS,
            raw(format!(
                "{}transfer-encoding: chunked\r\n\r\n{:x};a=\"b\"\r\n{}\r\n0\r\nx: y\r\n\r\n",
                begun(),
                manifest().len(),
                manifest()
            )),
        ),
        pull("another answer behind the first").on(
            ALWAYS,
            MANIFESTS,
            raw(format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {0}\r\n\r\n{1}HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx",
                manifest().len(),
                manifest()
            )),
        ),
        pull("HTTP/1.0").on(
            ALWAYS,
            MANIFESTS,
            raw(format!("HTTP/1.0 200 OK\r\ncontent-type: {MANIFEST}\r\n\r\n{}", manifest())),
        ),
        pull("an interim answer first").on(
            ALWAYS,
            MANIFESTS,
            raw(format!(
                "HTTP/1.1 103 Early\r\nlink: <x>\r\n\r\n{}content-length: {}\r\n\r\n{}",
                begun(),
                manifest().len(),
                manifest()
            )),
        ),
    ]);
}
