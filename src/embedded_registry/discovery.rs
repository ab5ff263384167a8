//! Content discovery: lists of tags and of referrers.

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::api::{Api, parameter};
use super::response::{ApiResponse, ApiResult, Rejection};
use super::storage::{manifests_key, tags_key};
use crate::oci::{Annotations, Descriptor, Digest, MediaType, RepositoryName};

const TAGS_LIMIT: usize = 10_000;
/// The largest page of referrers, in bytes. A single referrer may be larger.
const REFERRERS_LIMIT: usize = 4 * 1024 * 1024;

impl Api {
    /// Handles `GET …/tags/list`: returns `n` tags after the tag `last`.
    pub(super) fn tags(&self, name: &RepositoryName, query: &str) -> ApiResult {
        let mut tags = self.storage.list(&tags_key(name))?;
        if tags.is_empty() && self.manifests(name)?.is_empty() {
            return Err(Rejection::NAME_UNKNOWN.because(format!("there is no repository {name}")));
        }
        if let Some(last) = parameter(query, "last") {
            tags.retain(|tag| *tag > last);
        }
        let limit = parameter(query, "n").and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
        let limit = limit.min(TAGS_LIMIT);
        let has_more = limit < tags.len();
        tags.truncate(limit);
        let body = json!({ "name": name.as_str(), "tags": tags });
        let mut response =
            ApiResponse::new(StatusCode::OK).body("application/json", body.to_string());
        if let (true, Some(last)) = (has_more, tags.last()) {
            let next = format!("</v2/{name}/tags/list?n={limit}&last={last}>; rel=\"next\"");
            response = response.header("link", next);
        }
        Ok(response)
    }

    /// Returns the digests of a repository's manifests, sorted.
    fn manifests(&self, name: &RepositoryName) -> ApiResult<Vec<Digest>> {
        let mut digests = Vec::new();
        for algorithm in ["sha256", "sha512"] {
            let encoded = self.storage.list(&manifests_key(name, algorithm))?;
            let digest = |encoded| format!("{algorithm}:{encoded}").parse().ok();
            digests.extend(encoded.into_iter().filter_map(digest));
        }
        Ok(digests)
    }

    /// Handles `GET …/referrers/<digest>`: returns the referrers of all artifact types or of one, in
    /// pages.
    pub(super) fn referrers(
        &self,
        name: &RepositoryName,
        subject: &Digest,
        query: &str,
    ) -> ApiResult {
        let wanted = parameter(query, "artifactType");
        let last: Option<Digest> = parameter(query, "last").and_then(|last| last.parse().ok());
        let mut referrers: Vec<Descriptor> = Vec::new();
        let mut size = 0;
        let mut next = None;
        for digest in self.manifests(name)? {
            if last.as_ref().is_some_and(|last| digest <= *last) {
                continue;
            }
            let Some((media_type, content)) = self.manifest_content(name, &digest)? else {
                continue;
            };
            let Ok(media_type) = media_type.parse() else { continue };
            let Ok(fields) = serde_json::from_slice::<ReferrerFields>(&content) else { continue };
            if fields.subject.as_ref().is_none_or(|found| found.digest != *subject) {
                continue;
            }
            let referrer = fields.descriptor(media_type, digest, content.len());
            let artifact_type = referrer.artifact_type.as_ref().map_or("", MediaType::as_str);
            if wanted.as_ref().is_some_and(|wanted| wanted != artifact_type) {
                continue;
            }
            size += json!(referrer).to_string().len();
            if let Some(last) = referrers.last().filter(|_| size > REFERRERS_LIMIT) {
                next = Some(last.digest.clone());
                break;
            }
            referrers.push(referrer);
        }
        let body = json!({
            "schemaVersion": 2,
            "mediaType": MediaType::OCI_INDEX,
            "manifests": referrers,
        });
        let mut response =
            ApiResponse::new(StatusCode::OK).body(MediaType::OCI_INDEX.as_str(), body.to_string());
        if wanted.is_some() {
            response = response.header("oci-filters-applied", "artifactType");
        }
        if let Some(last) = next {
            let mut next = url::form_urlencoded::Serializer::new(String::new());
            next.append_pair("last", &last.to_string());
            next.extend_pairs(wanted.map(|wanted| ("artifactType", wanted)));
            let next = next.finish();
            let next = format!("</v2/{name}/referrers/{subject}?{next}>; rel=\"next\"");
            response = response.header("link", next);
        }
        Ok(response)
    }
}

/// The fields of a manifest or an index that make it a referrer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReferrerFields {
    pub(super) subject: Option<Descriptor>,
    artifact_type: Option<MediaType>,
    config: Option<Descriptor>,
    #[serde(default)]
    annotations: Annotations,
}

impl ReferrerFields {
    /// Returns the descriptor for a list of referrers. Without an artifact type, the media type of
    /// the configuration takes its place.
    fn descriptor(self, media_type: MediaType, digest: Digest, size: usize) -> Descriptor {
        let mut descriptor = Descriptor::new(media_type, digest, size as u64);
        descriptor.artifact_type =
            self.artifact_type.or_else(|| self.config.map(|config| config.media_type));
        descriptor.annotations = self.annotations;
        descriptor
    }
}
