//! Checks of content: names, digests and media types.

use super::api_exchange::ApiExchange;
use super::rule;
use crate::oci::{Algorithm, ApiPath, Digest, MediaType, RepositoryName, Tag};
use crate::wire::RecordedBody;

pub(super) fn check(exchanges: &[ApiExchange<'_>]) {
    for exchange in exchanges {
        let Some(path) = &exchange.path else { continue };
        names(exchange, path);
        let is_fetched = exchange.status() == 200 && exchange.is_complete();
        match (path, exchange.method()) {
            (ApiPath::Manifest { reference, .. }, "GET") => {
                if !exchange.sent("accept").is_some_and(|accept| accept.contains("manifest")) {
                    exchange.violates(&rule::ACCEPT, "no manifest type in Accept");
                }
                if is_fetched {
                    fetched(exchange, reference);
                    let content_type = exchange.received("content-type");
                    media_type(exchange, content_type, exchange.response_body());
                }
            }
            (ApiPath::Blob { digest, .. }, "GET") if is_fetched => fetched(exchange, digest),
            (ApiPath::Manifest { .. }, "PUT") => {
                pushed_type(exchange);
                let content_type = exchange.sent("content-type");
                media_type(exchange, content_type, exchange.request_body());
                if matches!(exchange.status(), 200 | 201) {
                    digest_header(exchange, exchange.request_body());
                }
            }
            _ => {}
        }
    }
}

fn names(exchange: &ApiExchange<'_>, path: &ApiPath) {
    let (repository, reference) = match path {
        ApiPath::Manifest { repository, reference } => (repository, Some(reference)),
        ApiPath::Blob { repository, digest } | ApiPath::Referrers { repository, digest } => {
            (repository, Some(digest))
        }
        ApiPath::UploadStart { repository } => (repository, None),
        ApiPath::Base | ApiPath::UploadSession { .. } | ApiPath::TagList { .. } => return,
    };
    if repository.parse::<RepositoryName>().is_err() {
        exchange.violates(&rule::NAMES, format!("{repository:?} is not a repository name"));
    }
    let is_manifest = matches!(path, ApiPath::Manifest { .. });
    let is_valid = |text: &str| match text.split_once(':') {
        // A digest may have an algorithm that this program cannot compute.
        Some((algorithm, encoded)) => {
            let is_known = matches!(algorithm, "sha256" | "sha512");
            !algorithm.is_empty()
                && !encoded.is_empty()
                && (!is_known || text.parse::<Digest>().is_ok())
        }
        None => is_manifest && text.parse::<Tag>().is_ok(),
    };
    if let Some(reference) = reference.filter(|text| !is_valid(text)) {
        exchange.violates(&rule::NAMES, format!("{reference:?} is neither a tag nor a digest"));
    }
}

fn pushed_type(exchange: &ApiExchange<'_>) {
    match exchange.sent("content-type") {
        None => exchange.violates(&rule::MANIFEST_TYPE, "no Content-Type"),
        Some(header) if header.contains(';') => {
            exchange.violates(&rule::MANIFEST_TYPE, format!("{header:?} has parameters"));
        }
        Some(_) => {}
    }
}

/// Checks the response to a request for `reference`, which may be a digest.
fn fetched(exchange: &ApiExchange<'_>, reference: &str) {
    digest_header(exchange, exchange.response_body());
    let Ok(digest) = reference.parse::<Digest>() else { return };
    match has_digest(exchange.response_body(), &digest) {
        Some(true) => {}
        Some(false) => {
            let message = format!("the content does not have the digest {digest}");
            exchange.violates(&rule::CONTENT_DIGEST, message);
        }
        None => exchange.violates(&rule::UNVERIFIABLE, format!("{digest} cannot be checked")),
    }
}

fn digest_header(exchange: &ApiExchange<'_>, body: Option<&RecordedBody>) {
    let Some(header) = exchange.received("docker-content-digest") else { return };
    let message = match header.parse() {
        Ok(digest) if has_digest(body, &digest) == Some(false) => {
            format!("the content does not have the digest {digest}")
        }
        Ok(_) => return,
        Err(_) => format!("{header:?} is not a digest"),
    };
    exchange.violates(&rule::DIGEST_HEADER, message);
}

/// Returns whether a body has `digest`, or `None` if the record does not tell.
fn has_digest(body: Option<&RecordedBody>, digest: &Digest) -> Option<bool> {
    let Some(body) = body else { return Some(digest.matches(b"")) };
    match (&body.text, &body.sha256) {
        (Some(text), _) if text.len() as u64 == body.size => Some(digest.matches(text.as_bytes())),
        (_, Some(sha256)) if digest.algorithm() == Algorithm::Sha256 => {
            Some(sha256 == digest.encoded())
        }
        _ => None,
    }
}

/// Compares a `Content-Type` with the `mediaType` of the document.
fn media_type(exchange: &ApiExchange<'_>, content_type: Option<&str>, body: Option<&RecordedBody>) {
    let text = body.and_then(|body| body.text.as_deref()).unwrap_or_default();
    let document: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let Some(declared) = document.get("mediaType").and_then(serde_json::Value::as_str) else {
        return;
    };
    let header = content_type.and_then(|text| MediaType::from_content_type(text).ok());
    if header.is_some_and(|header| header.as_str() != declared.to_ascii_lowercase()) {
        let message = format!("the mediaType of the document is {declared:?}");
        exchange.violates(&rule::MEDIA_TYPE, message);
    }
}
