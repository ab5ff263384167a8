//! What was fetched: names, digests, media types.

use super::view::{View, body_has};
use super::{Finding, note, rule};
use crate::audit::place::Place;
use crate::oci::{Digest, MediaType, RepositoryName, Tag};
use crate::wire::RecordedBody;

pub(super) fn check(views: &[View<'_>], findings: &mut Vec<Finding>) {
    for view in views {
        names(view, findings);
        match &view.place {
            Place::Manifest { reference, .. } if view.method() == "GET" => {
                accept(view, findings);
                if view.status() == 200 && view.is_whole() {
                    fetched(view, reference, findings);
                    media_type(view, view.received("content-type"), view.response_body(), findings);
                }
            }
            Place::Blob { digest, .. }
                if view.method() == "GET" && view.status() == 200 && view.is_whole() =>
            {
                fetched(view, digest, findings);
            }
            Place::Manifest { .. } if view.method() == "PUT" => {
                plain_type(view, findings);
                media_type(view, view.sent("content-type"), view.request_body(), findings);
                if matches!(view.status(), 200 | 201) {
                    digest_header(view, view.request_body(), findings);
                }
            }
            _ => {}
        }
    }
}

fn names(view: &View<'_>, findings: &mut Vec<Finding>) {
    let (repository, reference) = match &view.place {
        Place::Manifest { repository, reference } => (repository, Some(reference)),
        Place::Blob { repository, digest } | Place::Referrers { repository, digest } => {
            (repository, Some(digest))
        }
        Place::UploadStart { repository } => (repository, None),
        Place::Other => return,
    };
    if repository.parse::<RepositoryName>().is_err() {
        note(findings, view, &rule::NAMES, format!("{repository:?} is not a repository name"));
    }
    let is_manifest = matches!(view.place, Place::Manifest { .. });
    let valid = |text: &String| match text.split_once(':') {
        // An algorithm that this program cannot compute is still a digest.
        Some((algorithm, encoded)) => {
            let known = matches!(algorithm, "sha256" | "sha512");
            !algorithm.is_empty()
                && !encoded.is_empty()
                && (!known || text.parse::<Digest>().is_ok())
        }
        None => is_manifest && text.parse::<Tag>().is_ok(),
    };
    if let Some(reference) = reference.filter(|text| !valid(text)) {
        note(findings, view, &rule::NAMES, format!("{reference:?} is neither tag nor digest"));
    }
}

fn accept(view: &View<'_>, findings: &mut Vec<Finding>) {
    let says = view.sent("accept").is_some_and(|accept| accept.contains("manifest"));
    if !says {
        note(findings, view, &rule::ACCEPT, "no manifest type in Accept");
    }
}

fn plain_type(view: &View<'_>, findings: &mut Vec<Finding>) {
    match view.sent("content-type") {
        None => note(findings, view, &rule::MANIFEST_TYPE, "no Content-Type"),
        Some(header) if header.contains(';') => {
            note(findings, view, &rule::MANIFEST_TYPE, format!("{header:?} has parameters"));
        }
        Some(_) => {}
    }
}

fn fetched(view: &View<'_>, asked: &str, findings: &mut Vec<Finding>) {
    digest_header(view, view.response_body(), findings);
    let Ok(digest) = asked.parse::<Digest>() else { return };
    match body_has(view.response_body(), &digest) {
        Some(true) => {}
        Some(false) => {
            note(findings, view, &rule::CONTENT_DIGEST, format!("the content is not {digest}"));
        }
        None => {
            note(findings, view, &rule::UNVERIFIABLE, format!("{digest} cannot be checked"));
        }
    }
}

fn digest_header(view: &View<'_>, body: Option<&RecordedBody>, findings: &mut Vec<Finding>) {
    let Some(header) = view.received("docker-content-digest") else { return };
    match header.parse() {
        Ok(digest) if body_has(body, &digest) == Some(false) => {
            note(findings, view, &rule::DIGEST_HEADER, format!("the content is not {digest}"));
        }
        Ok(_) => {}
        Err(_) => note(findings, view, &rule::DIGEST_HEADER, format!("{header:?} is no digest")),
    }
}

/// Holds a header against the document's own word.
fn media_type(
    view: &View<'_>,
    header: Option<&str>,
    body: Option<&RecordedBody>,
    findings: &mut Vec<Finding>,
) {
    let text = body.and_then(|body| body.text.as_deref()).unwrap_or_default();
    let document: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let Some(declared) = document.get("mediaType").and_then(serde_json::Value::as_str) else {
        return;
    };
    let header = header.and_then(|header| MediaType::from_content_type(header).ok());
    if header.is_some_and(|header| header.as_str() != declared.to_ascii_lowercase()) {
        note(findings, view, &rule::MEDIA_TYPE, format!("the document calls itself {declared:?}"));
    }
}
