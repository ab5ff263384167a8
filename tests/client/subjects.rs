//! Manifests, those with a subject, and their deletion.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use thv_oci::oci::{Annotations, Descriptor, Digest, ErrorKind, Manifest, MediaType, TagOrDigest};

use super::support::Registry;
use super::{Embedder, INDEX, MANIFEST, Request, Response, scripted, status};

const TYPE: MediaType = MediaType::from_static("application/vnd.example.note");

fn tag(name: &str) -> TagOrDigest {
    TagOrDigest::Tag(name.parse().unwrap())
}

fn subject() -> Descriptor {
    Descriptor::of(MediaType::OCI_MANIFEST, b"subject")
}

fn list_tag() -> String {
    format!("sha256-{}", subject().digest.encoded())
}

/// A manifest about the subject.
fn note(text: &str) -> Manifest {
    let annotations = [("org.example.text".to_owned(), text.to_owned())].into();
    let mut manifest = Manifest::artifact(TYPE, vec![Descriptor::empty()], annotations);
    manifest.subject = Some(subject());
    manifest
}

/// A registry without referrers API: it keeps manifests by tag and digest, and tells nothing.
#[derive(Clone, Default)]
struct Older(Arc<Mutex<BTreeMap<String, (String, String)>>>);

impl Older {
    fn answer(&self, received: &Request) -> Response {
        let Some((_, name)) = received.target.split_once("/manifests/") else { return status(404) };
        let mut kept = self.0.lock().unwrap();
        match &*received.method {
            "PUT" => {
                let content_type = received.header("content-type").unwrap().to_owned();
                let content = (content_type, String::from_utf8(received.body.clone()).unwrap());
                let digest = Digest::sha256(&received.body).to_string();
                kept.insert(name.to_owned(), content.clone());
                kept.insert(digest, content);
                status(201)
            }
            "GET" => match kept.get(name) {
                Some((content_type, content)) => {
                    status(200).with("content-type", content_type).body(content)
                }
                None => status(404),
            },
            _ if kept.remove(name).is_some() => status(202),
            _ => status(404),
        }
    }

    fn list(&self) -> Value {
        serde_json::from_str(&self.0.lock().unwrap()[&list_tag()].1).unwrap()
    }
}

/// Obligation 2, 30, 31, 32, 33, 37, 39, 40, 41, 42, 43, 59, 73.
#[tokio::test]
async fn referrer_is_added_to_the_referrers_tag_without_the_api() {
    let older = Older::default();
    let embedder = Embedder::new();
    let answering = older.clone();
    let (server, repository) = scripted(&embedder, move |received| answering.answer(received));
    let first = repository.push_manifest(&tag("one"), &note("1")).await.unwrap();
    repository.push_manifest(&tag("two"), &note("2")).await.unwrap();
    // The same again changes nothing.
    repository.push_manifest(&tag("again"), &note("1")).await.unwrap();
    let list = older.list();
    assert_eq!(list["manifests"].as_array().unwrap().len(), 2);
    let listed = &list["manifests"][0];
    assert_eq!(listed["digest"], first.digest.to_string());
    assert_eq!(listed["mediaType"], MANIFEST);
    assert_eq!(listed["artifactType"], TYPE.as_str());
    assert_eq!(listed["annotations"], json!({ "org.example.text": "1" }));
    assert_eq!(repository.referrers(&subject().digest, Some(&TYPE)).await.unwrap().len(), 2);

    let sent = &server.received()[0];
    assert_eq!(sent.header("content-type"), Some(MANIFEST));
    let document: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(document["mediaType"], MANIFEST);
    assert_eq!(document["artifactType"], TYPE.as_str());
    assert_eq!(document["layers"].as_array().unwrap().len(), 1);
    let asked = server.received().into_iter().find(|received| received.method == "GET").unwrap();
    assert!(asked.header("accept").unwrap().contains(INDEX));
}

/// Obligation 41.
#[tokio::test]
async fn referrer_without_artifact_type_is_listed_by_its_config_type() {
    let older = Older::default();
    let embedder = Embedder::new();
    let answering = older.clone();
    let (_server, repository) = scripted(&embedder, move |received| answering.answer(received));
    let mut image = note("1");
    image.artifact_type = None;
    let config = MediaType::from_static("application/vnd.oci.image.config.v1+json");
    image.config.media_type = config.clone();
    repository.push_manifest(&tag("image"), &image).await.unwrap();
    assert_eq!(older.list()["manifests"][0]["artifactType"], config.as_str());
}

/// Obligation 36.
#[tokio::test]
async fn manifest_has_at_most_four_mib() {
    let embedder = Embedder::new();
    let (server, repository) = scripted(&embedder, |_| status(201));
    let mut manifest = Manifest::artifact(TYPE, Vec::new(), Annotations::new());
    manifest.annotations.insert("x".to_owned(), String::new());
    let missing = 4 * 1024 * 1024 - manifest.to_json().len();
    manifest.annotations.insert("x".to_owned(), "x".repeat(missing));
    repository.push_manifest(&tag("v1"), &manifest).await.unwrap();
    manifest.annotations.insert("y".to_owned(), String::new());
    let failed = repository.push_manifest(&tag("v1"), &manifest).await.unwrap_err();
    assert!(matches!(failed.kind(), ErrorKind::TooLarge { limit: 4_194_304 }), "{failed}");
    assert_eq!(server.received().len(), 1);
    assert_eq!(server.received()[0].header("content-length"), Some("4194304"));
}

/// Obligation 38.
#[tokio::test]
async fn referrers_tag_that_is_no_index_is_not_replaced() {
    let older = Older::default();
    let other = Manifest::artifact(TYPE, Vec::new(), Annotations::new()).to_json();
    let other = (MANIFEST.to_owned(), String::from_utf8(other).unwrap());
    older.0.lock().unwrap().insert(list_tag(), other.clone());
    let embedder = Embedder::new();
    let answering = older.clone();
    let (_server, repository) = scripted(&embedder, move |received| answering.answer(received));
    let failed = repository.push_manifest(&tag("one"), &note("1")).await.unwrap_err();
    assert!(matches!(failed.kind(), ErrorKind::Manifest(_)), "{failed}");
    assert_eq!(older.0.lock().unwrap()[&list_tag()], other);
}

/// Entries of other clients in the list are kept, including fields that this client does not know.
#[tokio::test]
async fn referrers_index_keeps_unknown_fields() {
    let older = Older::default();
    let digest = Digest::sha256(b"x").to_string();
    let theirs = json!({
        "mediaType": MANIFEST, "digest": digest, "size": 1, "platform": { "os": "linux" },
        "org.example.extension": [1],
    });
    let list = json!({
        "schemaVersion": 2, "mediaType": INDEX, "manifests": [theirs], "org.example.more": true,
    });
    older.0.lock().unwrap().insert(list_tag(), (INDEX.to_owned(), list.to_string()));
    let embedder = Embedder::new();
    let answering = older.clone();
    let (_server, repository) = scripted(&embedder, move |received| answering.answer(received));
    repository.push_manifest(&tag("one"), &note("1")).await.unwrap();
    let list = older.list();
    assert_eq!(list["manifests"][0], theirs);
    assert_eq!(list["manifests"].as_array().unwrap().len(), 2);
    assert_eq!(list["org.example.more"], true);
}

/// Obligation 53.
#[tokio::test]
async fn deleted_referrer_is_removed_from_the_referrers_tag() {
    let older = Older::default();
    let embedder = Embedder::new();
    let answering = older.clone();
    let (_server, repository) = scripted(&embedder, move |received| answering.answer(received));
    let first = repository.push_manifest(&tag("one"), &note("1")).await.unwrap();
    let second = repository.push_manifest(&tag("two"), &note("2")).await.unwrap();
    repository.delete_manifest(&first.digest).await.unwrap();
    let list = older.list();
    assert_eq!(list["manifests"].as_array().unwrap().len(), 1);
    assert_eq!(list["manifests"][0]["digest"], second.digest.to_string());
}

/// Obligation 52, 59.
#[tokio::test]
async fn referrers_tag_is_not_used_with_the_api() {
    let embedder = Embedder::new();
    let registry = Registry::embedded();
    let repository = embedder.repository(&registry.reference("a"));
    let empty = Descriptor::empty();
    repository.push_blob(&empty, "{}".into()).await.unwrap();
    let pushed = repository.push_manifest(&tag("one"), &note("1")).await.unwrap();
    let found = repository.referrers(&subject().digest, Some(&TYPE)).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].digest, pushed.digest);
    let none = MediaType::from_static("x/y");
    assert!(repository.referrers(&subject().digest, Some(&none)).await.unwrap().is_empty());

    repository.delete_tag(&"one".parse().unwrap()).await.unwrap();
    let gone = repository.manifest(&tag("one")).await.unwrap_err();
    assert!(matches!(gone.kind(), ErrorKind::NotFound(_)), "{gone}");
    repository.manifest(&TagOrDigest::Digest(pushed.digest.clone())).await.unwrap();
    repository.delete_manifest(&pushed.digest).await.unwrap();
    assert!(repository.referrers(&subject().digest, None).await.unwrap().is_empty());
    let gone = repository.delete_manifest(&pushed.digest).await.unwrap_err();
    assert!(matches!(gone.kind(), ErrorKind::NotFound(_)), "{gone}");
    assert!(
        !embedder.lines().iter().any(|line| line.contains(&list_tag())),
        "{:?}",
        embedder.lines()
    );
    embedder.breaks_no_rule();
}

/// Obligation 58, 59.
#[tokio::test]
#[ignore = "needs Debian's docker-registry; tests/run.sh installs it"]
async fn docker_registry_gets_and_loses_a_referrers_tag() {
    let embedder = Embedder::new();
    let registry = Registry::docker();
    let repository = embedder.repository(&registry.reference("a"));
    repository.push_blob(&Descriptor::empty(), "{}".into()).await.unwrap();
    let pushed = repository.push_manifest(&tag("one"), &note("1")).await.unwrap();
    assert_eq!(repository.referrers(&subject().digest, Some(&TYPE)).await.unwrap().len(), 1);
    repository.delete_manifest(&pushed.digest).await.unwrap();
    assert!(repository.referrers(&subject().digest, None).await.unwrap().is_empty());
    embedder.breaks_no_rule();
}
