//! Checks of lists: of referrers on registries without the referrers API, and of pages
//! (distribution specification, "Listing Tags" and "Listing Referrers").

use std::collections::HashSet;

use serde_json::Value;

use super::api_exchange::ApiExchange;
use super::rule;
use crate::oci::{ApiPath, next_link};

pub(super) fn check(exchanges: &[ApiExchange<'_>]) {
    for (index, exchange) in exchanges.iter().enumerate() {
        let later = exchanges.get(index + 1..).unwrap_or_default();
        match (&exchange.path, exchange.method()) {
            (Some(ApiPath::Manifest { repository, reference }), "PUT") => {
                referrers_list(exchange, reference);
                subject_fallback(exchange, repository, later);
            }
            (Some(ApiPath::Referrers { repository, digest }), method) => {
                let tag = fallback_tag(digest);
                if exchange.status() == 404 && !is_requested(later, exchange, repository, &tag) {
                    exchange.violates(&rule::REFERRERS_FALLBACK, format!("{tag} is not requested"));
                }
                if method == "GET" {
                    next_page(exchange, later);
                }
            }
            (Some(ApiPath::TagList { .. }), "GET") => next_page(exchange, later),
            _ => {}
        }
    }
}

/// Checks an index that is pushed under a tag of the referrers tag schema.
fn referrers_list(exchange: &ApiExchange<'_>, reference: &str) {
    if !["sha256-", "sha512-"].iter().any(|start| reference.starts_with(start)) {
        return;
    }
    let index: Value = serde_json::from_str(exchange.request_text()).unwrap_or_default();
    let mut seen = HashSet::new();
    for listed in index.get("manifests").and_then(Value::as_array).into_iter().flatten() {
        let digest = listed.get("digest").and_then(Value::as_str).unwrap_or_default();
        let message = if !seen.insert(digest) {
            format!("{digest} is listed twice")
        } else if listed.get("artifactType").is_none() {
            format!("{digest} is listed without artifactType")
        } else {
            continue;
        };
        exchange.violates(&rule::REFERRERS_LIST, message);
    }
}

fn subject_fallback(exchange: &ApiExchange<'_>, repository: &str, later: &[ApiExchange<'_>]) {
    if !exchange.is_success() || exchange.received("oci-subject").is_some() {
        return;
    }
    let manifest: Value = serde_json::from_str(exchange.request_text()).unwrap_or_default();
    let Some(subject) = manifest.pointer("/subject/digest").and_then(Value::as_str) else { return };
    let tag = fallback_tag(subject);
    if !is_requested(later, exchange, repository, &tag) {
        let message = format!("no OCI-Subject in the response, and {tag} is not updated");
        exchange.violates(&rule::SUBJECT_FALLBACK, message);
    }
}

/// Returns true if a later request is for the manifest `tag` of the same repository.
fn is_requested(
    later: &[ApiExchange<'_>],
    exchange: &ApiExchange<'_>,
    repository: &str,
    tag: &str,
) -> bool {
    later.iter().any(|later| {
        later.origin == exchange.origin
            && matches!(&later.path, Some(ApiPath::Manifest { repository: name, reference })
                if name == repository && reference == tag)
    })
}

/// Returns the tag of the referrers list of `digest` on registries without the referrers API.
fn fallback_tag(digest: &str) -> String {
    let (algorithm, encoded) = digest.split_once(':').unwrap_or((digest, ""));
    let cut = |text: &str, length| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        text.chars().take(length).map(|c| if allowed(c) { c } else { '-' }).collect::<String>()
    };
    format!("{}-{}", cut(algorithm, 32), cut(encoded, 64))
}

fn next_page(exchange: &ApiExchange<'_>, later: &[ApiExchange<'_>]) {
    if exchange.status() != 200 {
        return;
    }
    let Some(next) = exchange.received("link").and_then(next_link) else { return };
    let Ok(next) = exchange.url.join(next) else { return };
    // A client may stop at any page, so there need not be a next request for the list.
    let request = later
        .iter()
        .find(|later| later.origin == exchange.origin && later.url.path() == exchange.url.path());
    if let Some(request) = request.filter(|later| later.url != next && later.url.query().is_some())
    {
        request.violates(&rule::NEXT_PAGE, format!("line {} links to {next}", exchange.line));
    }
}
