//! The suite's workflows for manifests, tags and referrers.

use serde_json::{Value, json};

use super::blobs::location;
use super::content::{
    Content, INDEX, MANIFEST, Manifest, plain, random, referring, untagged_images,
};
use super::{Optional, Target};
use crate::support::{Response, digest};

const REPOSITORY: &str = "conformance/repo1";
const ACCEPT: [(&str, &str); 2] = [("accept", INDEX), ("accept", MANIFEST)];

fn path(reference: &str) -> String {
    format!("/v2/{REPOSITORY}/manifests/{reference}")
}

impl Target {
    fn get(&self, path: &str) -> Response {
        self.registry.http("GET", path, &ACCEPT, b"")
    }

    /// PUT, then GET from the returned `Location`.
    fn push_manifest(&self, reference: &str, query: &str, manifest: &Manifest) -> Response {
        let Manifest { media_type, body, .. } = manifest;
        let path = format!("{}{query}", path(reference));
        let put = self.registry.http("PUT", &path, &[("content-type", media_type)], body);
        assert_eq!(put.status, 201, "{reference}: {}", String::from_utf8_lossy(&put.body));
        if let Some(header) = put.header("docker-content-digest") {
            assert_eq!(header, manifest.digest);
        }
        if !self.lacks(Optional::Referrers) {
            assert_eq!(put.header("oci-subject"), manifest.subject.as_deref());
        }
        let got = self.get(&location(&put));
        assert_eq!((got.status, &got.body), (200, body));
        put
    }

    /// HEAD and GET.
    fn pull_manifest(&self, reference: &str, manifest: &Manifest) {
        for (method, body) in [("HEAD", &b""[..]), ("GET", &manifest.body)] {
            let got = self.registry.http(method, &path(reference), &ACCEPT, b"");
            assert_eq!((got.status, &got.body[..]), (200, body), "{method} {reference}");
            assert_eq!(got.header("content-type"), Some(manifest.media_type));
            assert_eq!(got.header("content-length"), Some(&*manifest.body.len().to_string()));
            if let Some(header) = got.header("docker-content-digest") {
                assert_eq!(header, manifest.digest);
            }
        }
    }

    fn push(&self, content: &Content) {
        for (digest, blob) in &content.blobs {
            assert_eq!(self.push_blob(REPOSITORY, content.algorithm, blob), *digest);
        }
        for manifest in &content.manifests {
            self.push_manifest(&manifest.digest, "", manifest);
        }
        for manifest in &content.manifests {
            if let Some(tag) = manifest.tag {
                self.push_manifest(tag, "", manifest);
            }
        }
    }

    /// Every tag is listed; with `last`, only the tags after it.
    fn list(&self, content: &Content) {
        let list = |query: &str| {
            let got = self.get(&format!("/v2/{REPOSITORY}/tags/list{query}"));
            assert_eq!(got.status, 200);
            let list: Value = serde_json::from_slice(&got.body).unwrap();
            let tags = list["tags"].as_array().cloned().unwrap_or_default();
            tags.iter().map(|tag| tag.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let all = list("");
        for tag in content.manifests.iter().filter_map(|manifest| manifest.tag) {
            assert!(all.iter().any(|found| found == tag), "{tag}");
        }
        if all.len() >= 2 && !self.lacks(Optional::TagPages) {
            let middle = all.len() / 2;
            assert_eq!(list(&format!("?last={}", all[middle - 1])), all[middle..]);
            assert_eq!(list("?n=1"), all[..1]);
        }
    }

    fn pull(&self, content: &Content) {
        for manifest in &content.manifests {
            self.pull_manifest(&manifest.digest, manifest);
            if let Some(tag) = manifest.tag {
                self.pull_manifest(tag, manifest);
            }
        }
        for (digest, blob) in &content.blobs {
            self.pull_blob(REPOSITORY, digest, blob);
        }
    }

    /// Tags, manifests from the last to the first, blobs: each is gone at once.
    fn delete(&self, content: &Content) {
        let status = |method: &str, reference: &str| {
            self.registry.http(method, &path(reference), &ACCEPT, b"").status
        };
        for tag in content.manifests.iter().filter_map(|manifest| manifest.tag) {
            if self.lacks(Optional::TagDeletion) {
                assert!(matches!(status("DELETE", tag), 400 | 405));
            } else {
                assert_eq!((status("DELETE", tag), status("HEAD", tag)), (202, 404));
            }
        }
        for Manifest { digest, .. } in content.manifests.iter().rev() {
            let deleted = status("DELETE", digest);
            assert!(matches!(deleted, 202 | 404), "{deleted}");
            assert_eq!(status("HEAD", digest), 404);
        }
        for (digest, _) in &content.blobs {
            self.delete_blob(REPOSITORY, digest);
        }
    }

    fn referrers(&self, subject: &str, query: &str) -> (Response, Vec<Value>) {
        let got = self.get(&format!("/v2/{REPOSITORY}/referrers/{subject}{query}"));
        assert_eq!((got.status, got.header("content-type")), (200, Some(INDEX)));
        let index: Value = serde_json::from_slice(&got.body).unwrap();
        assert_eq!((&index["schemaVersion"], &index["mediaType"]), (&json!(2), &json!(INDEX)));
        let referrers = index["manifests"].as_array().unwrap().clone();
        (got, referrers)
    }
}

pub(crate) fn base_path_answers(target: &Target) {
    assert_eq!(target.get("/v2/").status, 200);
}

pub(crate) fn empty_repository_has_neither_tags_nor_referrers(target: &Target) {
    let tags = target.get(&format!("/v2/{REPOSITORY}/tags/list"));
    assert!(matches!(tags.status, 200 | 404));
    let subject = digest("sha256", &random(20));
    if target.lacks(Optional::Referrers) {
        assert_eq!(target.get(&format!("/v2/{REPOSITORY}/referrers/{subject}")).status, 404);
    } else {
        assert_eq!(target.referrers(&subject, "").1, [] as [Value; 0]);
    }
}

pub(crate) fn every_kind_of_content_is_pushed_found_pulled_and_deleted(target: &Target) {
    for content in plain().iter().chain(&referring()) {
        if !target.algorithms().contains(&content.algorithm) {
            continue;
        }
        println!("{}", content.name);
        target.push(content);
        target.list(content);
        target.pull(content);
        target.delete(content);
    }
}

pub(crate) fn referrers_are_listed_and_filtered(target: &Target) {
    for content in &referring() {
        target.push(content);
        let subject = content.manifests.iter().find_map(|m| m.subject.clone()).unwrap();
        if target.lacks(Optional::Referrers) {
            let path = format!("/v2/{REPOSITORY}/referrers/{subject}");
            assert_eq!(target.get(&path).status, 404);
            continue;
        }
        let sorted = |mut referrers: Vec<Value>| {
            referrers.sort_by_key(|referrer| referrer["digest"].as_str().unwrap().to_owned());
            for referrer in &mut referrers {
                // Missing, null and empty annotations mean the same.
                let none = [json!({}), Value::Null].contains(&referrer["annotations"]);
                if none && let Some(fields) = referrer.as_object_mut() {
                    fields.remove("annotations");
                }
            }
            referrers
        };
        let (_, all) = target.referrers(&subject, "");
        assert_eq!(sorted(all), sorted(content.referrers.clone()), "{}", content.name);
        for referrer in &content.referrers {
            let wanted = &referrer["artifactType"];
            let query = format!("?artifactType={}", wanted.as_str().unwrap().replace('+', "%2B"));
            let (answer, found) = target.referrers(&subject, &query);
            assert_eq!(answer.header("oci-filters-applied"), Some("artifactType"));
            let fitting = content.referrers.iter().filter(|r| r["artifactType"] == *wanted);
            assert_eq!(sorted(found), sorted(fitting.cloned().collect()));
        }
        target.delete(content);
        assert_eq!(target.referrers(&subject, "").1, [] as [Value; 0]);
    }
}

pub(crate) fn tags_are_set_by_parameters(target: &Target) {
    for algorithm in target.algorithms() {
        let content = untagged_images(algorithm);
        for (_, blob) in &content.blobs {
            target.push_blob(REPOSITORY, algorithm, blob);
        }
        for (index, manifest) in content.manifests.iter().enumerate() {
            let tags = [format!("{algorithm}-{index}"), format!("{algorithm}-{index}-again")];
            let query = format!("?tag={}&tag={}", tags[0], tags[1]);
            let put = target.push_manifest(&manifest.digest, &query, manifest);
            let set = put.values("oci-tag");
            if target.lacks(Optional::TagParameters) {
                assert!(set.is_empty());
            } else {
                assert_eq!(set, tags);
                for tag in &tags {
                    target.pull_manifest(tag, manifest);
                }
            }
        }
        target.delete(&content);
    }
}

pub(crate) fn manifest_with_another_digest_is_refused(target: &Target) {
    let content = plain().swap_remove(0);
    for (_, blob) in &content.blobs {
        target.push_blob(REPOSITORY, "sha256", blob);
    }
    let Manifest { digest, media_type, body, .. } = &content.manifests[0];
    // White space changes the digest, and nothing else.
    let body = [body, &b"  "[..]].concat();
    let put = target.registry.http("PUT", &path(digest), &[("content-type", media_type)], &body);
    assert_eq!(put.status, 400);
    assert_eq!(target.get(&path(digest)).status, 404);
}

pub(crate) fn missing_and_misnamed_manifests_are_refused(target: &Target) {
    for reference in [digest("sha256", &random(100)), "missing-tag".to_owned()] {
        assert_eq!(target.get(&path(&reference)).status, 404);
    }
    let content = plain().swap_remove(0);
    for (_, blob) in &content.blobs {
        target.push_blob(REPOSITORY, "sha256", blob);
    }
    let Manifest { media_type, body, .. } = &content.manifests[0];
    let misnamed = path("sha256:baddigeststring");
    let put = target.registry.http("PUT", &misnamed, &[("content-type", media_type)], body);
    let got = target.get(&misnamed);
    if target.lacks(Optional::DigestForm) {
        assert_eq!((put.status, got.status), (500, 500));
    } else {
        assert_eq!((put.status, got.status), (400, 400));
    }
}
