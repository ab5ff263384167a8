//! Content discovery: the tags of a repository, and what refers to a manifest.

use bytes::Bytes;
use hyper::StatusCode;
use serde_json::{Value, json};

use super::answer::{Answer, Code};
use super::route::parameter;
use super::server::Api;
use super::storage::{manifests_key, tags_key};
use crate::oci::{Digest, ManifestKind, MediaType, RepositoryName};

impl Api {
    /// `GET …/tags/list`, in pages of `n` after `last`.
    pub(super) fn tags(&self, name: &RepositoryName, query: &str) -> Result<Answer, Answer> {
        let mut tags = self.storage.list(&tags_key(name))?;
        if tags.is_empty() && self.storage.list(&manifests_key(name, "sha256"))?.is_empty() {
            return Err(Code::NameUnknown.because(format!("there is no repository {name}")));
        }
        if let Some(last) = parameter(query, "last") {
            tags.retain(|tag| *tag > last);
        }
        let limit = parameter(query, "n").and_then(|n| n.parse::<usize>().ok());
        let more = limit.is_some_and(|n| n < tags.len());
        tags.truncate(limit.unwrap_or(usize::MAX));
        let body = json!({ "name": name.as_str(), "tags": tags });
        let mut answer = Answer::new(StatusCode::OK).body("application/json", body.to_string());
        if let (true, Some(n), Some(last)) = (more, limit, tags.last()) {
            let next = format!("</v2/{name}/tags/list?n={n}&last={last}>; rel=\"next\"");
            answer = answer.header("link", next);
        }
        Ok(answer)
    }

    /// `GET …/referrers/<digest>`, of one artifact type or of all.
    pub(super) fn referrers(
        &self,
        name: &RepositoryName,
        subject: &Digest,
        query: &str,
    ) -> Result<Answer, Answer> {
        let wanted = parameter(query, "artifactType");
        let mut referrers = Vec::new();
        for algorithm in ["sha256", "sha512"] {
            for encoded in self.storage.list(&manifests_key(name, algorithm))? {
                let Ok(digest) = format!("{algorithm}:{encoded}").parse() else { continue };
                if let Some((media_type, content)) = self.manifest_content(name, &digest)? {
                    referrers.extend(referrer(
                        subject,
                        &digest,
                        &media_type,
                        &content,
                        wanted.as_deref(),
                    ));
                }
            }
        }
        let body = json!({
            "schemaVersion": 2,
            "mediaType": MediaType::OCI_INDEX,
            "manifests": referrers,
        });
        let mut answer =
            Answer::new(StatusCode::OK).body(MediaType::OCI_INDEX.as_str(), body.to_string());
        if wanted.is_some() {
            answer = answer.header("oci-filters-applied", "artifactType");
        }
        Ok(answer)
    }
}

/// The descriptor of a manifest, if `subject` is its subject and it has the `wanted` type.
fn referrer(
    subject: &Digest,
    digest: &Digest,
    media_type: &str,
    content: &Bytes,
    wanted: Option<&str>,
) -> Option<Value> {
    let Ok(ManifestKind::Manifest(manifest)) = ManifestKind::parse(None, content) else {
        return None;
    };
    let artifact_type = manifest.effective_type();
    let refers = manifest.subject.as_ref().is_some_and(|found| found.digest == *subject);
    let fits = wanted.is_none_or(|wanted| wanted == artifact_type.as_str());
    (refers && fits).then(|| {
        json!({
            "mediaType": media_type,
            "digest": digest,
            "size": content.len(),
            "artifactType": artifact_type,
            "annotations": manifest.annotations,
        })
    })
}
