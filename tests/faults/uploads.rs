//! Uploads of a large blob: what registries take, forget and misreport, and connections that break.

use std::sync::Arc;

use super::support::faulty::{Fault, Faulty, answer};
use super::{ALWAYS, Case, Does, MIB, ONCE, header, raw, refuses, replies, run, run_before, says};

const START: &str = "POST /uploads/";
const CHUNK: &str = "PATCH /uploads/";
const STATUS: &str = "GET /uploads/";
const END: &str = "PUT /uploads/";
/// What some registries take at most.
const LIMIT: usize = 4 * MIB;

fn push(name: &'static str) -> Case {
    Case::new(Does::BlobPush, name)
}

fn stream(name: &'static str) -> Case {
    Case::new(Does::BlobStream, name)
}

fn lost() -> Fault {
    refuses(404, "BLOB_UPLOAD_UNKNOWN")
}

fn over_limit(status: u16) -> Fault {
    Fault::RawOver(LIMIT, answer(status, &[], "exceeds 4.00MiB"))
}

fn sizes(expected: &'static [usize]) -> impl Fn(&super::Ended<'_>) + Send + Sync {
    move |ended| {
        let sizes: Vec<_> = ended.sizes("PATCH").iter().map(|size| size / MIB).collect();
        assert_eq!(sizes, expected, "{:?}", ended.layer.lines());
    }
}

fn cancelled(ended: &super::Ended<'_>) {
    assert!(ended.layer.count("DELETE", "/uploads/") > 0, "{:?}", ended.layer.lines());
}

/// ECR's answer to a chunk.
fn silent_201() -> Fault {
    Fault::Change(Arc::new(|answer| {
        answer.status = 201;
        answer.set("range", "");
    }))
}

/// Obligation 21, 25, 58.
#[test]
fn chunks_that_a_registry_does_not_take() {
    run(vec![
        push("as it should be").then(sizes(&[9])),
        stream("a stream").then(sizes(&[4, 4, 1])),
        push("416 over 4 MiB").on(ALWAYS, CHUNK, over_limit(416)).then(sizes(&[9, 4, 4, 1])),
        push("413 over 4 MiB").on(ALWAYS, CHUNK, over_limit(413)).then(sizes(&[9, 4, 4, 1])),
        push("closed over 4 MiB")
            .on(ALWAYS, CHUNK, Fault::CloseOver(LIMIT))
            .then(sizes(&[9, 4, 4, 1])),
        push("413 for everything")
            .on(ALWAYS, CHUNK, says(413, &[], ""))
            .fails(1, "status 413")
            .then(cancelled),
        push("416 for everything")
            .on(ALWAYS, CHUNK, says(416, &[], ""))
            .fails(1, "status 416")
            .then(cancelled),
        push("no chunks: 405")
            .on(ALWAYS, CHUNK, says(405, &[], ""))
            .then(|ended| assert_eq!(ended.sizes("PUT"), [9 * MIB])),
        push("no chunks: 404").on(ALWAYS, CHUNK, says(404, &[], "")),
        push("no chunks: 501").on(ALWAYS, CHUNK, says(501, &[], "")),
        stream("a stream, and no chunks")
            .on(ALWAYS, CHUNK, says(405, &[], ""))
            .fails(1, "status 405")
            .then(cancelled),
        push("201 and no range").on(ALWAYS, CHUNK, silent_201()),
        push("201 and a range that means nothing").on(
            ALWAYS,
            CHUNK,
            Fault::Change(Arc::new(|answer| {
                answer.status = 201;
                answer.set("range", "0-0");
            })),
        ),
        stream("a stream, 201 and no range")
            .on(ALWAYS, CHUNK, silent_201())
            .then(sizes(&[4, 4, 1])),
        push("202 and no range").on(ALWAYS, CHUNK, header("range", "")),
        push("0-0 after each chunk").on(ALWAYS, CHUNK, header("range", "0-0")),
        push("a range of more than was sent")
            .on(ALWAYS, CHUNK, header("range", "0-99999999"))
            .fails(1, "blob: protocol")
            .then(cancelled),
        push("more than was sent, after a break")
            .on(ALWAYS, CHUNK, Fault::CutRequest(MIB))
            .on(ALWAYS, STATUS, header("range", format!("0-{}", 9 * MIB - 1)))
            .fails(1, "DIGEST_INVALID"),
        push("a range of more than there is, after a break")
            .on(ALWAYS, CHUNK, Fault::CutRequest(MIB))
            .on(ALWAYS, STATUS, header("range", "0-99999999999"))
            .fails(1, "blob: protocol"),
        stream("chunks of 6 MiB at least")
            .on(ALWAYS, START, header("oci-chunk-min-length", (6 * MIB).to_string()))
            .then(sizes(&[6, 3])),
        stream("chunks of a size that is none")
            .on(ALWAYS, START, header("oci-chunk-min-length", "-1"))
            .then(sizes(&[4, 4, 1])),
        stream("chunks of no size")
            .on(ALWAYS, START, header("oci-chunk-min-length", "0"))
            .then(sizes(&[4, 4, 1])),
        stream("chunks of more than can be")
            .on(ALWAYS, START, header("oci-chunk-min-length", "9223372036854775808"))
            .fails(1, "blob: protocol")
            .then(cancelled),
        push("chunks of more than can be, and all at once")
            .on(ALWAYS, START, header("oci-chunk-min-length", "9223372036854775808"))
            .then(sizes(&[9])),
        stream("chunks of 1 GiB at least")
            .on(ALWAYS, START, header("oci-chunk-min-length", "1073741824"))
            .fails(1, "blob: protocol")
            .then(cancelled),
        push("a chunk is refused for good")
            .on(ALWAYS, CHUNK, refuses(403, "DENIED"))
            .fails(1, "blob: denied")
            .then(cancelled),
        push("no location after a chunk")
            .on(ALWAYS, CHUNK, header("location", ""))
            .fails(1, "blob: "),
        push("a location that is none after a chunk")
            .on(ALWAYS, CHUNK, header("location", "http://["))
            .fails(1, "blob: protocol"),
        push("the end refuses the digest")
            .on(ALWAYS, END, refuses(400, "DIGEST_INVALID"))
            .fails(1, "DIGEST_INVALID")
            .then(cancelled),
    ]);
}

/// Obligation 20, 22, 23, 25.
#[test]
fn an_upload_that_is_interrupted() {
    // Takes a MiB of each chunk, and says so.
    let takes_part = |size: usize| {
        move |ended: &super::Ended<'_>| {
            let sent = ended.sizes("PATCH");
            assert!(sent.len() > 1 && sent[0] == 9 * MIB, "{sent:?}");
            let second = ended
                .layer
                .asked()
                .iter()
                .filter(|asked| asked.method == "PATCH")
                .nth(1)
                .unwrap()
                .clone();
            let range = second.header("content-range").unwrap().to_owned();
            assert!(range.starts_with(&format!("{size}-")), "{range}");
        }
    };
    run(vec![
        push("in a chunk").on(ONCE, CHUNK, Fault::CutRequest(2 * MIB)).then(|ended| {
            let asked = ended.layer.asked();
            let ranges: Vec<_> =
                asked.iter().filter_map(|asked| asked.header("content-range")).collect();
            assert_eq!(ranges, ["0-9437183", "2097152-9437183"]);
            assert_eq!(ended.layer.count("GET", "/uploads/"), 1);
        }),
        push("again and again").on(0..7, CHUNK, Fault::CutRequest(MIB)),
        push("after one byte").on(ONCE, CHUNK, Fault::CutRequest(1)),
        push("after one more byte, always")
            .on(ALWAYS, CHUNK, Fault::CutRequest(1))
            .fails(1, "blob: network")
            .then(cancelled),
        push("before the first byte").on(ONCE, CHUNK, Fault::Reset),
        push("always before the first byte")
            .on(ALWAYS, CHUNK, Fault::Reset)
            .fails(1, "blob: network")
            .then(cancelled),
        push("by silence").on(ONCE, CHUNK, Fault::Stall(Vec::new())).with(&["--timeout", "idle=1"]),
        push("a chunk that arrived, heard by nobody")
            .on(ONCE, CHUNK, Fault::Deaf)
            .then(sizes(&[9])),
        push("the end that arrived, heard by nobody")
            .on(ONCE, END, Fault::Deaf)
            .then(|ended| assert_eq!(ended.layer.count("PUT", "/uploads/"), 1)),
        push("the end: 500 once").on(ONCE, END, says(500, &[], "")),
        push("500 for a chunk").on(ONCE, CHUNK, says(500, &[], "")),
        push("500 for ever")
            .on(ALWAYS, CHUNK, says(500, &[], ""))
            .fails(1, "blob: registry")
            .then(cancelled),
        push("and asked about in vain (405)").on(ONCE, CHUNK, Fault::Reset).on(
            ALWAYS,
            STATUS,
            says(405, &[], ""),
        ),
        push("and asked about in vain (500)")
            .on(ONCE, CHUNK, Fault::CutRequest(MIB))
            .on(0..2, STATUS, says(500, &[], ""))
            .then(|ended| assert_eq!(ended.layer.count("GET", "/uploads/"), 3)),
        push("the session is gone once")
            .on(ONCE, CHUNK, lost())
            .then(|ended| assert_eq!(ended.layer.count("POST", "/uploads/"), 2)),
        push("the session is gone after a break").on(ONCE, CHUNK, Fault::CutRequest(MIB)).on(
            ONCE,
            STATUS,
            lost(),
        ),
        push("the session is gone without a reason, after a break")
            .on(ONCE, CHUNK, Fault::CutRequest(MIB))
            .on(ONCE, STATUS, says(404, &[], "")),
        push("the session is always gone").on(ALWAYS, CHUNK, lost()).fails(1, "blob: not-found"),
        push("the session is gone again with each second chunk")
            .on(ALWAYS, CHUNK, Fault::CutRequest(4 * MIB))
            .on(ALWAYS, STATUS, lost())
            // `network` or `not-found`: whichever of the two came last.
            .fails(1, "blob: n"),
        push("the session is gone at the end").on(ONCE, END, lost()),
        push("opened, and the answer breaks off")
            .on(ONCE, START, cut_short("/v2/a/blobs/uploads/half"))
            .then(|ended| {
                // Its location was told, so that it is not left open.
                assert_eq!(ended.layer.count("POST", "/uploads/"), 2);
                assert_eq!(ended.layer.count("DELETE", "/uploads/half"), 1);
            }),
        stream("a stream: in a chunk").on(ONCE, CHUNK, Fault::CutRequest(MIB)),
        stream("a stream: the session is gone at first").on(ONCE, CHUNK, lost()),
        stream("a stream: the session is gone later")
            .on(ONCE, CHUNK, header("x", "y"))
            .on(ALWAYS, CHUNK, lost())
            .fails(1, "blob: protocol"),
        push("part of a chunk is taken")
            .on(ONCE, CHUNK, replies_with_part())
            .on(ONCE, CHUNK, header("x", "y"))
            .then(takes_part(MIB)),
    ]);
}

/// Opens an upload with an answer whose body does not come.
fn cut_short(location: &str) -> Fault {
    raw(format!("HTTP/1.1 202 X\r\nlocation: {location}\r\ncontent-length: 9\r\n\r\n"))
}

/// Says that it took a MiB of a chunk; it did not, so that the digest will be wrong: what matters is
/// where the next chunk begins.
fn replies_with_part() -> Fault {
    replies(|asked| {
        let location = asked.target.clone();
        answer(202, &[("location", &location), ("range", &format!("0-{}", MIB - 1))], "")
    })
}

/// Obligation 12, 15, 62. Advisory 1.
#[test]
fn an_upload_that_goes_on_at_another_host() {
    // Another address of the same storage, which is not to see the login.
    run_before(|registry| {
        let other = Faulty::start(registry.address, Vec::new(), false);
        let there = other.address;
        let leads_there = Fault::Change(Arc::new(move |answer| {
            let location = format!("http://{there}{}", answer.header("location").unwrap());
            answer.set("location", &location);
        }));
        vec![push("elsewhere").on(ALWAYS, START, leads_there).then(move |_| {
            let asked = other.asked();
            assert_eq!(asked.len(), 2);
            assert!(asked.iter().all(|asked| asked.header("authorization").is_none()));
        })]
    });
}
