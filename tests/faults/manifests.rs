//! Malformed manifests, and logins and redirects that never end.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::support::stub_registry::Fault;
use super::support::{digest, sha256};
use super::{
    ALWAYS, Case, Does, Ended, INDEX, MANIFEST, elsewhere, header, manifest, responds, response,
};

const MANIFESTS: &str = "GET /manifests/";

fn pull() -> Case {
    Case::new(Does::Pull)
}

fn content(body: impl AsRef<[u8]>) -> Fault {
    responds(200, &[("content-type", MANIFEST)], body)
}

fn typed(content_type: &str) -> Fault {
    responds(200, &[("content-type", content_type)], manifest())
}

/// The manifest with other white space.
fn pretty() -> String {
    manifest().replace(",\"", ", \"")
}

/// Obligation 4.
#[test]
fn html_page_instead_of_a_manifest_is_refused() {
    pull()
        .on(
            ALWAYS,
            MANIFESTS,
            responds(200, &[("content-type", "text/html")], "<html>log in</html>"),
        )
        .fails(10, "not the JSON")
        .run();
}

#[test]
fn html_page_with_the_type_of_a_manifest_is_refused() {
    pull().on(ALWAYS, MANIFESTS, content("<html>log in</html>")).fails(10, "not the JSON").run();
}

#[test]
fn empty_manifest_is_refused() {
    pull().on(ALWAYS, MANIFESTS, content("")).fails(10, "not the JSON").run();
}

#[test]
fn null_manifest_is_refused() {
    pull().on(ALWAYS, MANIFESTS, content("null")).fails(10, "not the JSON").run();
}

#[test]
fn list_instead_of_a_manifest_is_refused() {
    pull().on(ALWAYS, MANIFESTS, content("[]")).fails(10, "not the JSON").run();
}

#[test]
fn byte_order_mark_before_a_manifest_is_refused() {
    pull()
        .on(ALWAYS, MANIFESTS, content(format!("\u{feff}{}", manifest())))
        .fails(10, "not the JSON")
        .run();
}

#[test]
fn field_that_differs_in_case_alone_is_refused() {
    pull()
        .on(ALWAYS, MANIFESTS, content(manifest().replacen('{', "{\"Layers\":[],", 1)))
        .fails(10, "not the JSON")
        .run();
}

#[test]
fn empty_object_is_no_configuration() {
    pull().on(ALWAYS, MANIFESTS, content("{}")).fails(10, "").run();
}

#[test]
fn bytes_after_the_manifest_are_refused() {
    pull()
        .on(ALWAYS, MANIFESTS, content(format!("{}x", manifest())))
        .fails(10, "not the JSON")
        .run();
}

#[test]
fn manifest_that_is_not_utf_8_is_refused() {
    pull().on(ALWAYS, MANIFESTS, content(b"{\"a\":\"\xff\xfe\"}")).fails(10, "not the JSON").run();
}

#[test]
fn manifest_in_utf_16_is_refused() {
    pull().on(ALWAYS, MANIFESTS, content(b"\xff\xfe{\0}\0")).fails(10, "not the JSON").run();
}

#[test]
fn manifest_with_half_a_surrogate_pair_is_refused() {
    pull()
        .on(ALWAYS, MANIFESTS, content("{\"mediaType\":\"\\ud800\"}"))
        .fails(10, "not the JSON")
        .run();
}

#[test]
fn schema_version_1_is_refused() {
    pull()
        .on(
            ALWAYS,
            MANIFESTS,
            responds(
                200,
                &[("content-type", "application/vnd.docker.distribution.manifest.v1+json")],
                "{\"schemaVersion\":1}",
            ),
        )
        .fails(10, "")
        .run();
}

/// Obligation 4.
#[test]
fn content_type_other_than_the_media_type_is_refused() {
    pull().on(ALWAYS, MANIFESTS, typed(INDEX)).fails(10, "").run();
}

#[test]
fn malformed_content_type_is_refused() {
    pull().on(ALWAYS, MANIFESTS, typed("manifest")).fails(11, "is not a media type").run();
}

/// Obligation 3.
#[test]
fn content_type_parameters_are_ignored() {
    pull().on(ALWAYS, MANIFESTS, typed(&format!("{MANIFEST}; charset=utf-8"))).run();
}

#[test]
fn missing_content_type_is_accepted() {
    pull().on(ALWAYS, MANIFESTS, header("content-type", "")).run();
}

#[test]
fn compressed_manifest_is_refused() {
    pull()
        .on(ALWAYS, MANIFESTS, header("content-encoding", "gzip"))
        .fails(11, "compressed (gzip)")
        .run();
}

#[test]
fn identity_encoding_is_accepted() {
    pull().on(ALWAYS, MANIFESTS, header("content-encoding", "identity")).run();
}

#[test]
fn status_204_for_a_manifest_is_an_error() {
    pull().on(ALWAYS, MANIFESTS, responds(204, &[], "")).fails(11, "status 204").run();
}

#[test]
fn unrequested_part_of_a_manifest_is_an_error() {
    pull()
        .on(ALWAYS, MANIFESTS, responds(206, &[("content-range", "bytes 0-1/9")], "{}"))
        .fails(11, "status 206")
        .run();
}

#[test]
fn status_304_for_a_manifest_is_an_error() {
    pull().on(ALWAYS, MANIFESTS, responds(304, &[], "")).fails(11, "status 304").run();
}

#[test]
fn multiple_choices_are_an_error() {
    pull()
        .on(ALWAYS, MANIFESTS, responds(300, &[("location", "/x")], ""))
        .fails(11, "status 300")
        .run();
}

/// Obligation 5.
#[test]
fn other_digest_in_the_header_is_refused() {
    pull()
        .on(ALWAYS, MANIFESTS, header("docker-content-digest", sha256(b"x")))
        .fails(8, "expected")
        .run();
}

#[test]
fn malformed_digest_header_is_refused() {
    pull()
        .on(ALWAYS, MANIFESTS, header("docker-content-digest", "sha256:x"))
        .fails(11, "is not a digest")
        .run();
}

/// Obligation 5.
#[test]
fn digest_header_with_another_algorithm_is_accepted() {
    pull()
        .on(
            ALWAYS,
            MANIFESTS,
            header("docker-content-digest", digest("sha512", manifest().as_bytes())),
        )
        .run();
}

/// Obligation 5.
#[test]
fn wrong_digest_header_with_another_algorithm_is_refused() {
    pull()
        .on(ALWAYS, MANIFESTS, header("docker-content-digest", digest("sha512", b"")))
        .fails(8, "expected")
        .run();
}

/// Obligation 11.
#[test]
fn missing_digest_header_is_accepted() {
    pull().on(ALWAYS, MANIFESTS, header("docker-content-digest", "")).run();
}

/// Obligation 6.
#[test]
fn equal_json_in_other_bytes_does_not_match_the_digest() {
    Case::new(Does::PullByDigest)
        .on(ALWAYS, MANIFESTS, content(pretty()))
        .fails(8, "expected")
        .run();
}

/// Obligation 6.
#[test]
fn own_digest_of_other_bytes_does_not_match_the_requested_one() {
    Case::new(Does::PullByDigest)
        .on(
            ALWAYS,
            MANIFESTS,
            responds(
                200,
                &[
                    ("content-type", MANIFEST),
                    ("docker-content-digest", &sha256(pretty().as_bytes())),
                ],
                pretty(),
            ),
        )
        .fails(8, "expected")
        .run();
}

#[test]
fn import_of_an_html_page_is_refused() {
    Case::new(Does::Import)
        .on(ALWAYS, MANIFESTS, responds(200, &[("content-type", "text/html")], "<html>"))
        .fails(10, "not the JSON")
        .run();
}

/// Obligation 5.
#[test]
fn import_with_another_digest_header_is_refused() {
    Case::new(Does::Import)
        .on(ALWAYS, MANIFESTS, header("docker-content-digest", sha256(b"x")))
        .fails(8, "expected")
        .run();
}

const TOKEN: &str = r#"{"token":"FAKE-token-of-faults"}"#;

fn challenge(value: &str) -> Fault {
    responds(401, &[("www-authenticate", value)], "")
}

/// Each answer asks for a token with one more scope.
fn growing(code: u16) -> Fault {
    let count = AtomicUsize::new(0);
    Fault::reply(move |request| {
        let count = count.fetch_add(1, Ordering::Relaxed);
        let host = request.header("host").unwrap();
        let challenge = format!(
            "Bearer realm=\"http://{host}/token\",scope=\"repository:x{count}:pull\",error=\"insufficient_scope\""
        );
        response(code, &[("www-authenticate", &challenge)], "")
    })
}

/// Each answer asks for the same token.
fn same_challenge() -> Fault {
    Fault::reply(|request| {
        let host = request.header("host").unwrap();
        let challenge = format!("Bearer realm=\"http://{host}/token\",service=\"s\"");
        response(401, &[("www-authenticate", &challenge)], "")
    })
}

fn few_requests(ended: &Ended<'_>) {
    assert!(ended.stub.received().len() < 12, "{:?}", ended.stub.lines());
}

/// A pull without a login, from a registry with a token server.
fn bearer(fault: Fault) -> Case {
    pull()
        .anonymous()
        .on(ALWAYS, MANIFESTS, fault)
        .on(ALWAYS, "GET /token", responds(200, &[], TOKEN))
        .on(ALWAYS, "POST /token", responds(200, &[], TOKEN))
        .then(few_requests)
}

/// Advisory 11.
#[test]
fn rejected_password_fails() {
    pull()
        .on(ALWAYS, MANIFESTS, challenge("Basic realm=\"x\""))
        .fails(4, "did not accept the login")
        .then(few_requests)
        .run();
}

#[test]
fn unauthorized_without_a_challenge_fails() {
    pull().anonymous().on(ALWAYS, MANIFESTS, responds(401, &[], "")).fails(4, "").run();
}

#[test]
fn unknown_challenge_scheme_fails() {
    pull().anonymous().on(ALWAYS, MANIFESTS, challenge("Negotiate")).fails(4, "").run();
}

#[test]
fn malformed_challenge_fails() {
    pull().anonymous().on(ALWAYS, MANIFESTS, challenge("Bearer realm=\"")).fails(4, "").run();
}

/// Advisory 11.
#[test]
fn rejected_token_fails() {
    bearer(same_challenge()).fails(5, "access denied").run();
}

/// Advisory 11.
#[test]
fn scope_that_grows_with_each_401_ends() {
    bearer(growing(401)).fails(5, "access denied").run();
}

/// Advisory 11.
#[test]
fn scope_that_grows_with_each_403_ends() {
    bearer(growing(403)).fails(5, "access denied").run();
}

/// Advisory 11.
#[test]
fn upload_scope_that_grows_with_each_401_ends() {
    Case::new(Does::BlobPush)
        .anonymous()
        .on(ALWAYS, "POST /uploads/", growing(401))
        .on(ALWAYS, "GET /token", responds(200, &[], TOKEN))
        .on(ALWAYS, "POST /token", responds(200, &[], TOKEN))
        .then(few_requests)
        .fails(1, "blob: denied")
        .run();
}

fn redirect(location: &str) -> Fault {
    responds(307, &[("location", location)], "")
}

/// Obligation 61. Advisory 2.
#[test]
fn circular_blob_redirects_end() {
    pull()
        .on(ALWAYS, "GET /blobs/", redirect("/v2/a/blobs/again"))
        .fails(6, "too many redirects")
        .then(|ended| {
            assert_eq!(ended.stub.count("GET", "/blobs/"), 11);
        })
        .run();
}

/// Advisory 2.
#[test]
fn absolute_circular_redirects_end() {
    pull()
        .on(
            ALWAYS,
            "GET /blobs/",
            Fault::reply(move |request| {
                let here = request.header("host").unwrap();
                response(302, &[("location", &format!("http://{here}/v2/a/blobs/x?y"))], "")
            }),
        )
        .fails(6, "too many redirects")
        .run();
}

/// Obligation 61. Advisory 2.
#[test]
fn blob_redirect_to_another_host_is_followed() {
    pull().on(ALWAYS, "GET /blobs/", redirect(&elsewhere().url("/blob"))).run();
}

/// Advisory 2.
#[test]
fn redirect_with_a_password_is_refused() {
    pull()
        .on(
            ALWAYS,
            "GET /blobs/",
            redirect(&format!("http://me:FAKE-other@{}/blob", elsewhere().address)),
        )
        .fails(6, "has no usable Location")
        .run();
}

/// Advisory 2.
#[test]
fn redirect_to_another_scheme_is_refused() {
    pull()
        .on(ALWAYS, "GET /blobs/", redirect("ftp://a.example/"))
        .fails(6, "has no usable Location")
        .run();
}

#[test]
fn overlong_redirect_is_refused() {
    pull()
        .on(ALWAYS, "GET /blobs/", redirect(&format!("/{}", "x".repeat(20_000))))
        .fails(6, "has no usable Location")
        .then(|ended| assert_eq!(ended.stub.count("GET", "/blobs/"), 1))
        .run();
}

#[test]
fn redirect_without_location_is_refused() {
    pull()
        .on(ALWAYS, "GET /blobs/", responds(302, &[], ""))
        .fails(6, "has no usable Location")
        .run();
}

/// Advisory 2.
#[test]
fn circular_manifest_redirects_end_an_import() {
    Case::new(Does::Import)
        .on(ALWAYS, MANIFESTS, redirect("/v2/a/manifests/again"))
        .fails(6, "too many redirects")
        .run();
}

/// Advisory 2.
#[test]
fn circular_upload_redirects_end_a_push() {
    Case::new(Does::Push)
        .on(
            ALWAYS,
            "POST /uploads/",
            Fault::reply(|request| response(307, &[("location", &request.target)], "")),
        )
        .fails(6, "too many redirects")
        .run();
}

/// Advisory 2.
#[test]
fn circular_redirects_end_a_download() {
    Case::new(Does::BlobPull)
        .on(ALWAYS, "GET /blobs/", redirect("/v2/a/blobs/again"))
        .fails(1, "blob: network")
        .run();
}
