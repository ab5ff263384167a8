//! What a pushed manifest refers to.

use std::collections::HashSet;

use serde_json::Value;

use super::view::View;
use super::{Finding, note, rule};
use crate::audit::place::Place;
use crate::oci::Digest;

/// Content that is known to be in a repository: origin, repository, digest.
type Known = HashSet<(String, String, String)>;

pub(super) fn check(views: &[View<'_>], findings: &mut Vec<Finding>) {
    let mut known = Known::new();
    // The repository of an upload stands in the URL that started it alone.
    let mut sessions = std::collections::HashMap::new();
    for view in views {
        let origin = view.origin.to_string();
        match (&view.place, view.method(), view.status()) {
            (Place::Manifest { repository, .. }, "PUT", 200..=299) => {
                refers(view, repository, &known, findings);
                learn(view, repository, view.request_body(), &mut known);
            }
            (Place::Manifest { repository, .. }, "GET" | "HEAD", 200) => {
                learn(view, repository, view.response_body(), &mut known);
            }
            (Place::Blob { repository, digest }, "GET" | "HEAD", 200..=399) => {
                known.insert((origin, repository.clone(), digest.clone()));
            }
            (Place::UploadStart { repository }, "POST", 201) => {
                let digest = view.parameter("digest").or_else(|| view.parameter("mount"));
                known.extend(digest.map(|digest| (origin, repository.clone(), digest)));
            }
            (Place::UploadStart { repository }, "POST", 202) => {
                let place = (origin, repository.clone());
                sessions.extend(view.location().map(|location| (path(&location), place)));
            }
            (_, "PATCH" | "PUT", 200..=299) => {
                let Some((origin, repository)) = sessions.get(&path(&view.url)).cloned() else {
                    continue;
                };
                if let Some(digest) = view.parameter("digest") {
                    known.insert((origin.clone(), repository.clone(), digest));
                }
                let next = view.location().filter(|_| view.method() == "PATCH");
                sessions.extend(next.map(|next| (path(&next), (origin, repository))));
            }
            _ => {}
        }
    }
}

/// A session's URL without its query, which holds the registry's state.
fn path(url: &url::Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.into()
}

/// A manifest that is there, by its digest.
fn learn(
    view: &View<'_>,
    repository: &str,
    body: Option<&crate::wire::RecordedBody>,
    known: &mut Known,
) {
    let header = view.received("docker-content-digest").map(str::to_owned);
    let recorded = body.and_then(|body| body.sha256.as_ref()).map(|hex| format!("sha256:{hex}"));
    for digest in header.into_iter().chain(recorded) {
        known.insert((view.origin.to_string(), repository.to_owned(), digest));
    }
}

fn refers(view: &View<'_>, repository: &str, known: &Known, findings: &mut Vec<Finding>) {
    let text = view.request_body().and_then(|body| body.text.as_deref()).unwrap_or_default();
    let Ok(manifest) = serde_json::from_str::<Value>(text) else { return };
    let list = |name: &str| manifest.get(name).and_then(Value::as_array).into_iter().flatten();
    let content = manifest.get("config").into_iter().chain(list("layers")).chain(list("manifests"));
    for descriptor in content {
        // Layers with URLs of their own are fetched elsewhere and need not be pushed.
        let foreign = descriptor.get("urls").is_some();
        let Some(digest) = descriptor.get("digest").and_then(Value::as_str) else { continue };
        let place = (view.origin.to_string(), repository.to_owned(), digest.to_owned());
        if !foreign && digest.parse::<Digest>().is_ok() && !known.contains(&place) {
            let message = format!("{digest} was not sent, mounted or seen in {repository}");
            note(findings, view, &rule::MANIFEST_CONTENT, message);
        }
    }
}
