//! Checks that a pushed manifest refers only to content that the repository has.

use std::collections::HashSet;

use serde_json::Value;

use super::api_exchange::ApiExchange;
use super::rule;
use super::upload_tracker::UploadTracker;
use crate::oci::{ApiPath, Digest};
use crate::wire::{Origin, RecordedBody};

/// The content that repositories are known to have, by origin, repository and digest.
#[derive(Default)]
struct KnownContent(HashSet<(Origin, String, String)>);

impl KnownContent {
    fn add(&mut self, origin: &Origin, repository: &str, digest: String) {
        self.0.insert((origin.clone(), repository.to_owned(), digest));
    }

    /// Adds a manifest by the digests that the registry named and that the record has.
    fn add_manifest(
        &mut self,
        exchange: &ApiExchange<'_>,
        repository: &str,
        body: Option<&RecordedBody>,
    ) {
        let named = exchange.received("docker-content-digest").map(str::to_owned);
        let sha256 = body.and_then(|body| body.sha256.as_ref());
        let recorded = sha256.map(|hex| format!("sha256:{hex}"));
        for digest in named.into_iter().chain(recorded) {
            self.add(&exchange.origin, repository, digest);
        }
    }
}

pub(super) fn check(exchanges: &[ApiExchange<'_>]) {
    let mut known = KnownContent::default();
    let mut uploads = UploadTracker::default();
    for exchange in exchanges {
        match (&exchange.path, exchange.method(), exchange.status()) {
            (Some(ApiPath::Manifest { repository, .. }), "PUT", 200..=299) => {
                references(exchange, repository, &known);
                known.add_manifest(exchange, repository, exchange.request_body());
            }
            (Some(ApiPath::Manifest { repository, .. }), "GET" | "HEAD", 200) => {
                known.add_manifest(exchange, repository, exchange.response_body());
            }
            (Some(ApiPath::Blob { repository, digest }), "GET" | "HEAD", 200..=399) => {
                known.add(&exchange.origin, repository, digest.clone());
            }
            (Some(ApiPath::UploadStart { repository }), "POST", 201) => {
                let digest = exchange.parameter("digest").or_else(|| exchange.parameter("mount"));
                if let Some(digest) = digest {
                    known.add(&exchange.origin, repository, digest);
                }
            }
            _ => match uploads.take(exchange) {
                Some(session) => {
                    let is_stored =
                        matches!(exchange.method(), "PATCH" | "PUT") && exchange.is_success();
                    if let Some(digest) = exchange.parameter("digest").filter(|_| is_stored) {
                        known.add(&session.origin, &session.repository, digest);
                    }
                    uploads.follow(exchange, session);
                }
                None => uploads.open(exchange, ()),
            },
        }
    }
}

fn references(exchange: &ApiExchange<'_>, repository: &str, known: &KnownContent) {
    let Ok(manifest) = serde_json::from_str::<Value>(exchange.request_text()) else { return };
    let list = |name: &str| manifest.get(name).and_then(Value::as_array).into_iter().flatten();
    let content = manifest.get("config").into_iter().chain(list("layers")).chain(list("manifests"));
    for descriptor in content {
        let Some(digest) = descriptor.get("digest").and_then(Value::as_str) else { continue };
        // Layers with URLs are fetched from there and need not be pushed.
        let is_elsewhere = descriptor.get("urls").is_some();
        let key = (exchange.origin.clone(), repository.to_owned(), digest.to_owned());
        if !is_elsewhere && digest.parse::<Digest>().is_ok() && !known.0.contains(&key) {
            let message = format!("{digest} was not sent, mounted or seen in {repository}");
            exchange.violates(&rule::MANIFEST_CONTENT, message);
        }
    }
}
