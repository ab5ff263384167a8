//! Tags and referrers, page by page, and warnings.

use serde_json::{Value, json};
use thv_oci::oci::{Digest, ErrorKind, MediaType, TagQuery};

use super::support::Registry;
use super::{Embedder, INDEX, json as reply, scripted, status};

fn shown(tags: &[thv_oci::oci::Tag]) -> Vec<String> {
    tags.iter().map(ToString::to_string).collect()
}

/// Obligation 44, 45, 46, 47.
#[tokio::test]
async fn tags_of_all_pages_are_listed_in_the_registrys_order() {
    let embedder = Embedder::new();
    // Pages are shorter than requested; only the link shows whether there is a next page.
    let (server, repository) = scripted(&embedder, |received| {
        let page = |link: &str| status(200).with("link", format!("<{link}>; rel=\"next\""));
        match &*received.target {
            "/v2/a/tags/list?n=3&last=v0" => {
                page("/v2/a/tags/list?cursor=x&n=3").body(r#"{"tags":["b","B"]}"#)
            }
            "/v2/a/tags/list?cursor=x&n=3" => page("list?cursor=y").body(r#"{"tags":[]}"#),
            "/v2/a/tags/list?cursor=y" => status(200).body(r#"{"tags":["a"]}"#),
            "/v2/a/tags/list?n=0" => status(200).body(r#"{"tags":[]}"#),
            _ => status(400),
        }
    });
    let query = TagQuery { page_size: Some(3), after: "v0".parse().ok(), limit: None };
    assert_eq!(shown(&repository.tags(&query).await.unwrap()), ["b", "B", "a"]);
    assert_eq!(
        shown(&repository.tags(&TagQuery { limit: Some(1), ..query }).await.unwrap()),
        ["b"]
    );
    assert_eq!(server.received().len(), 4);
    let pages_of_none = TagQuery { page_size: Some(0), ..TagQuery::default() };
    assert!(repository.tags(&pages_of_none).await.unwrap().is_empty());
}

/// Obligation 44.
#[tokio::test]
async fn tags_of_the_embedded_registry_are_listed_page_by_page() {
    let embedder = Embedder::new();
    let registry = Registry::embedded();
    let empty = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] });
    let expected: Vec<String> = (10..30).map(|number| format!("v{number}")).collect();
    for tag in &expected {
        registry.put_manifest("a", tag, INDEX, &empty);
    }
    let repository = embedder.repository(&registry.reference("a"));
    let tags =
        repository.tags(&TagQuery { page_size: Some(3), ..TagQuery::default() }).await.unwrap();
    assert_eq!(shown(&tags), expected);
    assert_eq!(embedder.lines().len(), 7, "{:?}", embedder.lines());
    let missing = embedder.repository(&registry.reference("missing"));
    let failed = missing.tags(&TagQuery::default()).await.unwrap_err();
    assert!(matches!(failed.kind(), ErrorKind::NotFound(_)), "{failed}");
}

fn subject() -> Digest {
    Digest::sha256(b"subject")
}

fn listed(artifact_type: &str) -> Value {
    let digest = Digest::sha256(artifact_type.as_bytes()).to_string();
    json!({ "mediaType": super::MANIFEST, "digest": digest, "size": 9, "artifactType": artifact_type })
}

fn index(manifests: &[Value]) -> String {
    json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests }).to_string()
}

/// Obligation 50, 51.
#[tokio::test]
async fn referrers_of_all_pages_are_listed_and_filtered() {
    let embedder = Embedder::new();
    let (_server, repository) = scripted(&embedder, |received| {
        // The registry says that it filtered, and did not.
        let page = reply(&index(&[listed("x/a"), listed("x/b")]));
        if received.target.contains("page=2") {
            return reply(&index(&[listed("x/b"), listed("x/c+json")]));
        }
        let link = format!("<{}?page=2>; rel=\"next\"", received.target.split('?').next().unwrap());
        page.with("link", link).with("oci-filters-applied", "artifactType")
    });
    assert_eq!(repository.referrers(&subject(), None).await.unwrap().len(), 4);
    let wanted = MediaType::from_static("x/c+json");
    let found = repository.referrers(&subject(), Some(&wanted)).await.unwrap();
    assert_eq!(found.len(), 1);
    assert!(embedder.lines()[2].contains("?artifactType=x%2Fc%2Bjson"), "{:?}", embedder.lines());
}

/// Obligation 48, 49, 60. Advisory 20.
#[tokio::test]
async fn without_the_referrers_api_only_404_means_no_referrers() {
    let sha512 = Digest::of(thv_oci::oci::Algorithm::Sha512, b"subject");
    for digest in [subject(), sha512] {
        let embedder = Embedder::new();
        let (server, repository) = scripted(&embedder, |received| match &*received.target {
            target if target.contains("/referrers/") => status(404),
            _ => reply(&index(&[listed("x/a"), listed("x/b")])),
        });
        let wanted = MediaType::from_static("x/b");
        assert_eq!(repository.referrers(&digest, Some(&wanted)).await.unwrap().len(), 1);
        let tag = format!("{}-{}", digest.algorithm().name(), &digest.encoded()[..64]);
        assert_eq!(server.received()[1].target, format!("/v2/a/manifests/{tag}"));
        embedder.breaks_no_rule();
    }
    let embedder = Embedder::new();
    let (_server, repository) = scripted(&embedder, |_| status(404));
    assert!(repository.referrers(&subject(), None).await.unwrap().is_empty());

    let page =
        |content_type: &str, body: &str| status(200).with("content-type", content_type).body(body);
    let deep = "[".repeat(100_000);
    for answer in [
        status(400),
        status(401),
        status(403),
        status(405),
        status(429),
        status(500),
        page("text/html", "<html>"),
        page("application/json", &index(&[])),
        page(INDEX, "<html>"),
        page(INDEX, &deep),
        page(INDEX, "{\"schemaVersion\":2}"),
    ] {
        for by_tag in [false, true] {
            // A manifest that is no index, or the subject itself, is no list either.
            let (embedder, answer) = (Embedder::new(), answer.clone());
            if by_tag && answer.header("content-type") == Some("application/json") {
                continue;
            }
            let (_server, repository) = scripted(&embedder, move |received| {
                if by_tag && received.target.contains("/referrers/") {
                    status(404)
                } else {
                    answer.clone()
                }
            });
            assert!(
                repository.referrers(&subject(), None).await.is_err(),
                "{by_tag} {:?}",
                embedder.lines()
            );
        }
    }
}

/// Obligation 66, 67, 68. Advisory 17, 18.
#[tokio::test]
async fn warnings_are_kept_once_and_printable() {
    let embedder = Embedder::new();
    let (_server, repository) = scripted(&embedder, |_| {
        status(200)
            .with("warning", "299 - \"going away\"")
            .with("warning", "299 - \"going away\"")
            .with("warning", "299 - \"\u{9b}31m\"")
            .with("warning", "299 - noquotes")
            .with("warning", "199 - \"not of the specification\"")
            .with("warning", "")
    });
    for _ in 0..3 {
        assert!(repository.has_blob(&subject()).await.unwrap());
    }
    let texts: Vec<_> = embedder.client.take_warnings().into_iter().map(|w| w.text).collect();
    assert_eq!(texts.len(), 3, "{texts:?}");
    assert!(texts.contains(&"going away".to_owned()) && texts.contains(&"noquotes".to_owned()));
    assert!(!texts.concat().contains('\u{9b}'), "{texts:?}");
    assert!(embedder.client.take_warnings().is_empty());
}
