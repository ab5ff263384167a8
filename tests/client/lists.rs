//! Tags and referrers, page by page, and warnings.

use serde_json::{Value, json};
use thv_oci::oci::{Digest, ErrorKind, MediaType, TagQuery};

use super::support::Registry;
use super::{Embedder, INDEX, json as reply, says, scripted};

fn shown(tags: &[thv_oci::oci::Tag]) -> Vec<String> {
    tags.iter().map(ToString::to_string).collect()
}

/// Obligation 44, 45, 46, 47.
#[tokio::test]
async fn tags_come_in_pages_in_the_registry_s_order() {
    let embedder = Embedder::new();
    // Pages are shorter than asked for, and only the link says whether another one follows.
    let (server, repository) = scripted(&embedder, |received| {
        let next = |link: &str| vec![("link", format!("<{link}>; rel=\"next\""))];
        match &*received.target {
            "/v2/a/tags/list?n=3&last=v0" => {
                (200, next("/v2/a/tags/list?cursor=x&n=3"), r#"{"tags":["b","B"]}"#.to_owned())
            }
            "/v2/a/tags/list?cursor=x&n=3" => {
                (200, next("list?cursor=y"), r#"{"tags":[]}"#.to_owned())
            }
            "/v2/a/tags/list?cursor=y" => (200, Vec::new(), r#"{"tags":["a"]}"#.to_owned()),
            "/v2/a/tags/list?n=0" => (200, Vec::new(), r#"{"tags":[]}"#.to_owned()),
            _ => says(400),
        }
    });
    let query = TagQuery::default().page_size(3).after("v0".parse().unwrap());
    assert_eq!(shown(&repository.tags(&query).await.unwrap()), ["b", "B", "a"]);
    assert_eq!(shown(&repository.tags(&query.limit(1)).await.unwrap()), ["b"]);
    assert_eq!(server.received().len(), 4);
    assert!(repository.tags(&TagQuery::default().page_size(0)).await.unwrap().is_empty());
}

/// Obligation 44.
#[tokio::test]
async fn all_tags_of_a_registry_with_pages_are_listed() {
    let embedder = Embedder::new();
    let registry = Registry::embedded();
    let empty = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] });
    let expected: Vec<String> = (10..30).map(|number| format!("v{number}")).collect();
    for tag in &expected {
        registry.put_manifest("a", tag, INDEX, &empty);
    }
    let repository = embedder.repository(&registry.reference("a"));
    let tags = repository.tags(&TagQuery::default().page_size(3)).await.unwrap();
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
async fn referrers_come_in_pages_and_are_filtered_here() {
    let embedder = Embedder::new();
    let (_server, repository) = scripted(&embedder, |received| {
        // The registry says that it filtered, and did not.
        let mut page = reply(&index(&[listed("x/a"), listed("x/b")]));
        if received.target.contains("page=2") {
            return reply(&index(&[listed("x/b"), listed("x/c+json")]));
        }
        page.1.push((
            "link",
            format!("<{}?page=2>; rel=\"next\"", received.target.split('?').next().unwrap()),
        ));
        page.1.push(("oci-filters-applied", "artifactType".to_owned()));
        page
    });
    assert_eq!(repository.referrers(&subject(), None).await.unwrap().len(), 4);
    let wanted = MediaType::from_static("x/c+json");
    let found = repository.referrers(&subject(), Some(&wanted)).await.unwrap();
    assert_eq!(found.len(), 1);
    assert!(embedder.lines()[2].contains("?artifactType=x%2Fc%2Bjson"), "{:?}", embedder.lines());
}

/// Obligation 48, 49, 60. Advisory 20.
#[tokio::test]
async fn without_the_api_referrers_stand_under_a_tag_and_404_alone_means_none() {
    let sha512 = Digest::of(thv_oci::oci::Algorithm::Sha512, b"subject");
    for digest in [subject(), sha512] {
        let embedder = Embedder::new();
        let (server, repository) = scripted(&embedder, |received| match &*received.target {
            target if target.contains("/referrers/") => says(404),
            _ => reply(&index(&[listed("x/a"), listed("x/b")])),
        });
        let wanted = MediaType::from_static("x/b");
        assert_eq!(repository.referrers(&digest, Some(&wanted)).await.unwrap().len(), 1);
        let tag = format!("{}-{}", digest.algorithm().name(), &digest.encoded()[..64]);
        assert_eq!(server.received()[1].target, format!("/v2/a/manifests/{tag}"));
        embedder.breaks_no_rule();
    }
    let embedder = Embedder::new();
    let (_server, repository) = scripted(&embedder, |_| says(404));
    assert!(repository.referrers(&subject(), None).await.unwrap().is_empty());

    let page = |status: u16, content_type: &str, body: &str| {
        (status, vec![("content-type", content_type.to_owned())], body.to_owned())
    };
    let deep = "[".repeat(100_000);
    for answer in [
        says(400),
        says(401),
        says(403),
        says(405),
        says(429),
        says(500),
        page(200, "text/html", "<html>"),
        page(200, "application/json", &index(&[])),
        page(200, INDEX, "<html>"),
        page(200, INDEX, &deep),
        page(200, INDEX, "{\"schemaVersion\":2}"),
    ] {
        for by_tag in [false, true] {
            // A manifest that is no index, or the subject itself, is no list either.
            let (embedder, answer) = (Embedder::new(), answer.clone());
            if by_tag && answer.0 == 200 && answer.1[0].1 == "application/json" {
                continue;
            }
            let (_server, repository) = scripted(&embedder, move |received| {
                if by_tag && received.target.contains("/referrers/") {
                    says(404)
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
async fn warnings_are_kept_once_safe_to_print_and_change_nothing() {
    let embedder = Embedder::new();
    let (_server, repository) = scripted(&embedder, |_| {
        let warning = |text: &str| ("warning", text.to_owned());
        let headers = vec![
            warning("299 - \"going away\""),
            warning("299 - \"going away\""),
            warning("299 - \"\u{9b}31m\""),
            warning("299 - noquotes"),
            warning("199 - \"not of the specification\""),
            warning(""),
        ];
        (200, headers, String::new())
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
