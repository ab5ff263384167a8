//! Blobs that are not what they should be, and downloads that are interrupted.

use super::support::faulty::{Fault, answer};
use super::support::sha256;
use super::{ALWAYS, Case, Does, MIB, ONCE, STDIO, blob, header, replies, run, says};

const BLOBS: &str = "GET /blobs/";

fn blob_pull(name: &'static str) -> Case {
    Case::new(Does::BlobPull, name)
}

fn pull(name: &'static str) -> Case {
    Case::new(Does::Pull, name)
}

fn import(name: &'static str) -> Case {
    Case::new(Does::Import, name)
}

fn content(body: impl AsRef<[u8]>) -> Fault {
    says(200, &[], body)
}

/// Where the requests for the blob began.
fn ranges(ended: &super::Ended<'_>) -> Vec<String> {
    let asked = ended.layer.asked();
    asked.iter().filter_map(|asked| asked.header("range").map(str::to_owned)).collect()
}

/// Obligation 7, 8. Advisory 15, 23.
#[test]
fn a_blob_that_is_another() {
    let other = vec![b' '; STDIO.len()];
    let large_other = vec![0; blob().len()];
    run(vec![
        pull("not there").on(ALWAYS, BLOBS, says(404, &[], "")).fails(3, "not found"),
        pull("denied").on(ALWAYS, BLOBS, says(403, &[], "")).fails(5, "access denied"),
        import("shorter").on(ALWAYS, BLOBS, content(&STDIO[1..])).fails(8, "expected"),
        import("longer").on(ALWAYS, BLOBS, content([STDIO, b" "].concat())).fails(8, "expected"),
        import("other bytes").on(ALWAYS, BLOBS, content(&other)).fails(8, "expected"),
        import("empty").on(ALWAYS, BLOBS, content("")).fails(8, "expected"),
        import("compressed")
            .on(ALWAYS, BLOBS, says(200, &[("content-encoding", "gzip")], [0x1f, 0x8b]))
            .fails(11, "compressed (gzip)"),
        import("another digest in the header")
            .on(ALWAYS, BLOBS, header("docker-content-digest", sha256(b"x")))
            .fails(8, "expected"),
        blob_pull("blob: not there")
            .on(ALWAYS, BLOBS, says(404, &[], ""))
            .fails(1, "blob: not-found"),
        blob_pull("blob: shorter")
            .on(ALWAYS, BLOBS, content(&blob()[1..]))
            .fails(1, "blob: mismatch"),
        blob_pull("blob: longer")
            .on(ALWAYS, BLOBS, content([blob(), b" "].concat()))
            .fails(1, "blob: mismatch"),
        blob_pull("blob: other bytes")
            .on(ALWAYS, BLOBS, content(&large_other))
            .fails(1, "blob: mismatch"),
        blob_pull("blob: compressed")
            .on(ALWAYS, BLOBS, says(200, &[("content-encoding", "br")], "x"))
            .fails(1, "compressed (br)"),
        blob_pull("blob: compressed by name alone").on(
            ALWAYS,
            BLOBS,
            header("content-encoding", "gzip"),
        ),
        blob_pull("blob: another digest in the header")
            .on(ALWAYS, BLOBS, header("docker-content-digest", sha256(b"x")))
            .fails(1, "blob: mismatch"),
        blob_pull("blob: a digest that is none")
            .on(ALWAYS, BLOBS, header("docker-content-digest", "x"))
            .fails(1, "blob: protocol"),
        blob_pull("blob: a web page")
            .on(ALWAYS, BLOBS, says(200, &[("content-type", "text/html")], "<html>"))
            .fails(1, "blob: mismatch"),
        blob_pull("blob: no content")
            .on(ALWAYS, BLOBS, says(204, &[], ""))
            .fails(1, "blob: registry"),
    ]);
}

/// The rest of the blob, it says, and it is a byte.
fn part_of_less(size: usize) -> Fault {
    says(206, &[("content-range", &format!("bytes 1000-{}/{size}", size - 1))], "x")
}

/// Obligation 9.
#[test]
fn a_download_that_is_interrupted() {
    let part = |from: usize, claim: String| {
        replies(move |asked| {
            if asked.header("range").is_none() {
                return answer(200, &[], &blob()[..from]);
            }
            answer(206, &[("content-range", &claim)], &blob()[from..])
        })
    };
    let size = blob().len();
    // An answer that promises the whole blob and ends after so many bytes.
    let cut = |bytes: usize| Fault::CutAnswer(bytes);
    let resumed = |count: usize| {
        move |ended: &super::Ended<'_>| {
            assert_eq!(ranges(ended).len(), count, "{:?}", ranges(ended));
        }
    };
    let stall =
        [format!("HTTP/1.1 200 X\r\ncontent-length: {size}\r\n\r\n").as_bytes(), &blob()[..MIB]]
            .concat();
    // One more byte with each connection.
    let crawl = replies(move |asked| {
        let from = asked
            .header("range")
            .map_or(0, |range| range["bytes=".len()..range.len() - 1].parse().unwrap());
        let head = if from == 0 {
            format!("HTTP/1.1 200 X\r\ncontent-length: {size}\r\n\r\n")
        } else {
            format!(
                "HTTP/1.1 206 X\r\ncontent-range: bytes {from}-{}/{size}\r\ncontent-length: {}\r\n\r\n",
                size - 1,
                size - from
            )
        };
        [head.as_bytes(), &blob()[from..=from]].concat()
    });
    // So much at a time, whatever was asked for.
    let parts = |most: usize| {
        replies(move |asked| {
            let from = asked.header("range").map_or(0, |range| {
                range["bytes=".len()..range.len() - 1].parse::<usize>().unwrap()
            });
            let part = &blob()[from..(from + most).min(size)];
            let claim = format!("bytes {from}-{}/{size}", from + part.len() - 1);
            answer(206, &[("content-range", &claim)], part)
        })
    };
    let other_rest = replies(move |asked| {
        assert_eq!(asked.header("range"), Some("bytes=1000-"));
        let claim = format!("bytes 1000-{}/{size}", size - 1);
        answer(206, &[("content-range", &claim)], vec![0; size - 1000])
    });
    run(vec![
        blob_pull("in the middle").on(ONCE, BLOBS, cut(4 * MIB)).then(move |ended| {
            let ranges = ranges(ended);
            assert_eq!(ranges.len(), 1);
            let from: usize = ranges[0]["bytes=".len()..ranges[0].len() - 1].parse().unwrap();
            assert!((1..=4 * MIB).contains(&from), "{from}");
            // What was there is not asked for again.
            let last = ended.exchanges.last().unwrap();
            assert_eq!(last["response"]["body"]["size"], size - from);
            assert_eq!(last["attempt"], 3);
        }),
        blob_pull("again and again").on(0..6, BLOBS, cut(MIB)).then(resumed(6)),
        blob_pull("before the first byte").on(0..2, BLOBS, cut(0)).then(resumed(0)),
        blob_pull("before the first byte, always")
            .on(ALWAYS, BLOBS, cut(0))
            .fails(1, "blob: network"),
        blob_pull("after the last byte").on(
            ALWAYS,
            BLOBS,
            replies(move |_| {
                let head = format!("HTTP/1.1 200 X\r\ncontent-length: {}\r\n\r\n", size + 1);
                [head.as_bytes(), blob()].concat()
            }),
        ),
        blob_pull("after one more byte, always").on(ALWAYS, BLOBS, crawl).fails(1, "blob: network"),
        blob_pull("by silence")
            .on(ONCE, BLOBS, Fault::Stall(stall))
            .with(&["--timeout", "idle=1"])
            .then(resumed(1)),
        blob_pull("and the rest ignores the range")
            .on(ONCE, BLOBS, cut(1000))
            .on(0..9, BLOBS, content(blob()))
            .then(resumed(1)),
        blob_pull("by parts of a MiB").on(ALWAYS, BLOBS, parts(MIB)).then(resumed(size / MIB - 1)),
        blob_pull("by parts of a byte")
            .on(ALWAYS, BLOBS, parts(1))
            .fails(1, "blob: mismatch")
            .then(resumed(3)),
        blob_pull("by parts of nothing")
            .on(ALWAYS, BLOBS, says(206, &[("content-range", "bytes 0--1/9")], ""))
            .fails(1, "blob: protocol"),
        blob_pull("by a part that holds less than it says")
            .on(ONCE, BLOBS, cut(1000))
            .on(ALWAYS, BLOBS, part_of_less(size))
            .fails(1, "blob: mismatch"),
        blob_pull("and the rest is refused (416)")
            .on(ONCE, BLOBS, cut(1000))
            .on(ONCE, BLOBS, says(416, &[], ""))
            .then(resumed(1)),
        blob_pull("and another part comes")
            .on(ONCE, BLOBS, cut(1000))
            .on(ONCE, BLOBS, part(0, format!("bytes 0-{}/{size}", size - 1)))
            .then(resumed(1)),
        blob_pull("and a part of another blob comes")
            .on(ONCE, BLOBS, cut(1000))
            .on(ONCE, BLOBS, part(1000, "bytes 1000-1999/2000".to_owned()))
            .then(resumed(1)),
        blob_pull("and the part says nothing of itself")
            .on(ONCE, BLOBS, cut(1000))
            .on(ONCE, BLOBS, says(206, &[], "x"))
            .then(resumed(1)),
        blob_pull("and the rest is other bytes")
            .on(ONCE, BLOBS, cut(1000))
            .on(ONCE, BLOBS, other_rest)
            .fails(1, "blob: mismatch"),
        blob_pull("and the registry is down for a moment")
            .on(ONCE, BLOBS, cut(MIB))
            .on(ONCE, BLOBS, says(503, &[], ""))
            .then(resumed(2)),
        blob_pull("and the blob is gone")
            .on(ONCE, BLOBS, cut(MIB))
            .on(ALWAYS, BLOBS, says(404, &[], ""))
            .fails(1, "blob: not-found"),
        blob_pull("a part that nobody asked for")
            .on(ALWAYS, BLOBS, says(206, &[("content-range", "bytes 5-9/10")], "x"))
            .fails(1, "blob: protocol"),
        blob_pull("a part that is all").on(
            ALWAYS,
            BLOBS,
            says(206, &[("content-range", &format!("bytes 0-{}/{size}", size - 1))], blob()),
        ),
        import("a small one is asked for anew")
            .on(0..3, BLOBS, Fault::CutAnswer(100))
            .then(resumed(0)),
    ]);
}
