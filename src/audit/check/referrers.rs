//! Referrers on registries that do not know them (distribution specification, "Listing referrers").

use std::collections::HashSet;

use serde_json::Value;

use super::view::View;
use super::{Finding, note, rule};
use crate::audit::place::Place;

pub(super) fn check(views: &[View<'_>], findings: &mut Vec<Finding>) {
    for (index, view) in views.iter().enumerate() {
        let later = views.get(index + 1..).unwrap_or_default();
        list(view, findings);
        match &view.place {
            Place::Referrers { repository, digest }
                if view.status() == 404 && !asks_for(later, view, repository, &tag_of(digest)) =>
            {
                let message = format!("{} is not asked for", tag_of(digest));
                note(findings, view, &rule::REFERRERS_FALLBACK, message);
            }
            Place::Manifest { repository, .. }
                if view.method() == "PUT"
                    && (200..300).contains(&view.status())
                    && view.received("oci-subject").is_none() =>
            {
                let Some(digest) = subject(view) else { continue };
                if !asks_for(later, view, repository, &tag_of(&digest)) {
                    let message = format!("no OCI-Subject, and {} is not updated", tag_of(&digest));
                    note(findings, view, &rule::SUBJECT_FALLBACK, message);
                }
            }
            _ => {}
        }
    }
}

/// An index that is put under a tag of the schema.
fn list(view: &View<'_>, findings: &mut Vec<Finding>) {
    let Place::Manifest { reference, .. } = &view.place else { return };
    let of_schema = ["sha256-", "sha512-"].iter().any(|start| reference.starts_with(start));
    let text = view.request_body().and_then(|body| body.text.as_deref()).unwrap_or_default();
    if view.method() != "PUT" || !of_schema {
        return;
    }
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    let mut seen = HashSet::new();
    for listed in document.get("manifests").and_then(Value::as_array).into_iter().flatten() {
        let digest = listed.get("digest").and_then(Value::as_str).unwrap_or_default();
        if !seen.insert(digest) {
            note(findings, view, &rule::REFERRERS_LIST, format!("{digest} is listed twice"));
        } else if listed.get("artifactType").is_none() {
            let message = format!("{digest} is listed without artifactType");
            note(findings, view, &rule::REFERRERS_LIST, message);
        }
    }
}

/// Whether a later request is about the tag of the same repository.
fn asks_for(later: &[View<'_>], view: &View<'_>, repository: &str, tag: &str) -> bool {
    later.iter().any(|later| {
        later.origin == view.origin
            && matches!(&later.place, Place::Manifest { repository: name, reference }
                if name == repository && reference == tag)
    })
}

fn subject(view: &View<'_>) -> Option<String> {
    let text = view.request_body()?.text.as_deref()?;
    let manifest: Value = serde_json::from_str(text).ok()?;
    Some(manifest.get("subject")?.get("digest")?.as_str()?.to_owned())
}

/// The tag under which older registries keep what refers to a digest.
fn tag_of(digest: &str) -> String {
    let (algorithm, encoded) = digest.split_once(':').unwrap_or((digest, ""));
    let cut = |text: &str, length| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        text.chars().take(length).map(|c| if allowed(c) { c } else { '-' }).collect::<String>()
    };
    format!("{}-{}", cut(algorithm, 32), cut(encoded, 64))
}
