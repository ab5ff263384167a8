//! Manifests that are not what they should be, and logins and redirects without end.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::support::faulty::{Fault, answer};
use super::support::{digest, sha256};
use super::{ALWAYS, Case, Does, INDEX, MANIFEST, elsewhere, header, manifest, replies, run, says};

const MANIFESTS: &str = "GET /manifests/";

fn pull(name: &'static str) -> Case {
    Case::new(Does::Pull, name)
}

fn content(body: impl AsRef<[u8]>) -> Fault {
    says(200, &[("content-type", MANIFEST)], body)
}

fn typed(content_type: &str) -> Fault {
    says(200, &[("content-type", content_type)], manifest())
}

/// Obligation 3, 4, 5, 6, 11.
#[test]
fn a_manifest_that_is_none() {
    let pretty = manifest().replace(",\"", ", \"");
    run(vec![
        pull("a web page")
            .on(
                ALWAYS,
                MANIFESTS,
                says(200, &[("content-type", "text/html")], "<html>log in</html>"),
            )
            .fails(10, "not the JSON"),
        pull("a web page that passes for a manifest")
            .on(ALWAYS, MANIFESTS, content("<html>log in</html>"))
            .fails(10, "not the JSON"),
        pull("nothing").on(ALWAYS, MANIFESTS, content("")).fails(10, "not the JSON"),
        pull("null").on(ALWAYS, MANIFESTS, content("null")).fails(10, "not the JSON"),
        pull("a list").on(ALWAYS, MANIFESTS, content("[]")).fails(10, "not the JSON"),
        pull("a byte order mark")
            .on(ALWAYS, MANIFESTS, content(format!("\u{feff}{}", manifest())))
            .fails(10, "not the JSON"),
        pull("layers that Go's decoder takes for others")
            .on(ALWAYS, MANIFESTS, content(manifest().replacen('{', "{\"Layers\":[],", 1)))
            .fails(10, "not the JSON"),
        pull("an empty object").on(ALWAYS, MANIFESTS, content("{}")).fails(10, ""),
        pull("something after the end")
            .on(ALWAYS, MANIFESTS, content(format!("{}x", manifest())))
            .fails(10, "not the JSON"),
        pull("no UTF-8")
            .on(ALWAYS, MANIFESTS, content(b"{\"a\":\"\xff\xfe\"}"))
            .fails(10, "not the JSON"),
        pull("UTF-16").on(ALWAYS, MANIFESTS, content(b"\xff\xfe{\0}\0")).fails(10, "not the JSON"),
        pull("half a surrogate pair")
            .on(ALWAYS, MANIFESTS, content("{\"mediaType\":\"\\ud800\"}"))
            .fails(10, "not the JSON"),
        pull("schema version 1")
            .on(
                ALWAYS,
                MANIFESTS,
                says(
                    200,
                    &[("content-type", "application/vnd.docker.distribution.manifest.v1+json")],
                    "{\"schemaVersion\":1}",
                ),
            )
            .fails(10, ""),
        pull("the type of another").on(ALWAYS, MANIFESTS, typed(INDEX)).fails(10, ""),
        pull("a type that is none")
            .on(ALWAYS, MANIFESTS, typed("manifest"))
            .fails(11, "is not a media type"),
        pull("a type with parameters").on(
            ALWAYS,
            MANIFESTS,
            typed(&format!("{MANIFEST}; charset=utf-8")),
        ),
        pull("no type").on(ALWAYS, MANIFESTS, header("content-type", "")),
        pull("a compressed body")
            .on(ALWAYS, MANIFESTS, header("content-encoding", "gzip"))
            .fails(11, "compressed (gzip)"),
        pull("an encoding that is none").on(
            ALWAYS,
            MANIFESTS,
            header("content-encoding", "identity"),
        ),
        pull("no content").on(ALWAYS, MANIFESTS, says(204, &[], "")).fails(11, "status 204"),
        pull("part of it")
            .on(ALWAYS, MANIFESTS, says(206, &[("content-range", "bytes 0-1/9")], "{}"))
            .fails(11, "status 206"),
        pull("not changed, although nobody asked")
            .on(ALWAYS, MANIFESTS, says(304, &[], ""))
            .fails(11, "status 304"),
        pull("more choices")
            .on(ALWAYS, MANIFESTS, says(300, &[("location", "/x")], ""))
            .fails(11, "status 300"),
        pull("another digest in the header")
            .on(ALWAYS, MANIFESTS, header("docker-content-digest", sha256(b"x")))
            .fails(8, "expected"),
        pull("a digest that is none")
            .on(ALWAYS, MANIFESTS, header("docker-content-digest", "sha256:x"))
            .fails(11, "is not a digest"),
        pull("a digest of another algorithm").on(
            ALWAYS,
            MANIFESTS,
            header("docker-content-digest", digest("sha512", manifest().as_bytes())),
        ),
        pull("a wrong one of another algorithm")
            .on(ALWAYS, MANIFESTS, header("docker-content-digest", digest("sha512", b"")))
            .fails(8, "expected"),
        pull("no digest").on(ALWAYS, MANIFESTS, header("docker-content-digest", "")),
        Case::new(Does::PullByDigest, "by digest: the same in other bytes")
            .on(ALWAYS, MANIFESTS, content(&pretty))
            .fails(8, "expected"),
        Case::new(Does::PullByDigest, "by digest: other bytes under their own digest")
            .on(
                ALWAYS,
                MANIFESTS,
                says(
                    200,
                    &[
                        ("content-type", MANIFEST),
                        ("docker-content-digest", &sha256(pretty.as_bytes())),
                    ],
                    &pretty,
                ),
            )
            .fails(8, "expected"),
        Case::new(Does::Import, "import: a web page")
            .on(ALWAYS, MANIFESTS, says(200, &[("content-type", "text/html")], "<html>"))
            .fails(10, "not the JSON"),
        Case::new(Does::Import, "import: another digest in the header")
            .on(ALWAYS, MANIFESTS, header("docker-content-digest", sha256(b"x")))
            .fails(8, "expected"),
    ]);
}

/// Advisory 11.
#[test]
fn a_login_without_end() {
    let challenge = |value: &str| says(401, &[("www-authenticate", value)], "");
    let token = r#"{"token":"FAKE-token-of-faults"}"#;
    // Each answer asks for a token with one more scope.
    let growing = |status: u16| {
        let count = AtomicUsize::new(0);
        replies(move |asked| {
            let count = count.fetch_add(1, Ordering::Relaxed);
            let host = asked.header("host").unwrap();
            let realm = format!(
                "Bearer realm=\"http://{host}/token\",scope=\"repository:x{count}:pull\",error=\"insufficient_scope\""
            );
            answer(status, &[("www-authenticate", &realm)], "")
        })
    };
    let same = replies(|asked| {
        let host = asked.header("host").unwrap();
        let realm = format!("Bearer realm=\"http://{host}/token\",service=\"s\"");
        answer(401, &[("www-authenticate", &realm)], "")
    });
    let few = |ended: &super::Ended<'_>| {
        assert!(ended.layer.asked().len() < 12, "{:?}", ended.layer.lines());
    };
    let bearer = |name, fault: &Fault| {
        pull(name)
            .anonymous()
            .on(ALWAYS, MANIFESTS, fault.clone())
            .on(ALWAYS, "GET /token", says(200, &[], token))
            .on(ALWAYS, "POST /token", says(200, &[], token))
            .then(few)
    };
    run(vec![
        pull("a password that is never right")
            .on(ALWAYS, MANIFESTS, challenge("Basic realm=\"x\""))
            .fails(4, "did not accept the login")
            .then(few),
        pull("no challenge").anonymous().on(ALWAYS, MANIFESTS, says(401, &[], "")).fails(4, ""),
        pull("a challenge that nobody knows")
            .anonymous()
            .on(ALWAYS, MANIFESTS, challenge("Negotiate"))
            .fails(4, ""),
        pull("a challenge that is garbage")
            .anonymous()
            .on(ALWAYS, MANIFESTS, challenge("Bearer realm=\""))
            .fails(4, ""),
        bearer("a token that is never right", &same).fails(4, "did not accept the login"),
        bearer("a scope that is never enough", &growing(401)).fails(4, "did not accept the login"),
        bearer("a refusal whose scope is never enough", &growing(403)).fails(5, "access denied"),
        Case::new(Does::BlobPush, "blob push: a scope that is never enough")
            .anonymous()
            .on(ALWAYS, "POST /uploads/", growing(401))
            .on(ALWAYS, "GET /token", says(200, &[], token))
            .on(ALWAYS, "POST /token", says(200, &[], token))
            .then(few)
            .fails(1, "blob: authentication"),
    ]);
}

/// Obligation 61. Advisory 2.
#[test]
fn redirects_that_lead_astray() {
    let to = |location: &str| says(307, &[("location", location)], "");
    let there = elsewhere().address;
    run(vec![
        pull("a blob's redirects go in a circle")
            .on(ALWAYS, "GET /blobs/", to("/v2/a/blobs/again"))
            .fails(6, "too many redirects")
            .then(|ended| {
                assert_eq!(ended.layer.count("GET", "/blobs/"), 11);
            }),
        pull("to a host and back")
            .on(
                ALWAYS,
                "GET /blobs/",
                replies(move |asked| {
                    let here = asked.header("host").unwrap();
                    answer(302, &[("location", &format!("http://{here}/v2/a/blobs/x?y"))], "")
                }),
            )
            .fails(6, "too many redirects"),
        pull("a blob from elsewhere").on(
            ALWAYS,
            "GET /blobs/",
            to(&format!("http://{there}/blob")),
        ),
        pull("with a password of somebody")
            .on(ALWAYS, "GET /blobs/", to(&format!("http://me:FAKE-other@{there}/blob")))
            .fails(6, "does not say where to"),
        pull("to another scheme")
            .on(ALWAYS, "GET /blobs/", to("ftp://a.example/"))
            .fails(6, "does not say where to"),
        pull("to a place without end")
            .on(ALWAYS, "GET /blobs/", to(&format!("/{}", "x".repeat(20_000))))
            .fails(6, "does not say where to")
            .then(|ended| assert_eq!(ended.layer.count("GET", "/blobs/"), 1)),
        pull("to nowhere")
            .on(ALWAYS, "GET /blobs/", says(302, &[], ""))
            .fails(6, "does not say where to"),
        Case::new(Does::Import, "import: redirects in a circle")
            .on(ALWAYS, MANIFESTS, to("/v2/a/manifests/again"))
            .fails(6, "too many redirects"),
        Case::new(Does::Push, "push: an upload's redirects go in a circle")
            .on(
                ALWAYS,
                "POST /uploads/",
                replies(|asked| answer(307, &[("location", &asked.target)], "")),
            )
            .fails(6, "too many redirects"),
        Case::new(Does::BlobPull, "blob pull: redirects in a circle")
            .on(ALWAYS, "GET /blobs/", to("/v2/a/blobs/again"))
            .fails(1, "blob: network"),
    ]);
}
