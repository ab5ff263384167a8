//! Manifests that refer to another one as their subject (distribution specification, "Listing Referrers"
//! and "Pushing Manifests with Subject").
//!
//! For registries without this API, clients read and write a list themselves, under a tag that is made from
//! the subject's digest.

use serde_json::{Value, json};

use super::handle::Repository;
use super::manifests::{fetch_manifest, suffix};
use super::pages::Pages;
use crate::oci::auth::scope::Access;
use crate::oci::descriptor::Descriptor;
use crate::oci::digest::Digest;
use crate::oci::error::{Error, ErrorKind, ProtocolViolation, Result};
use crate::oci::manifest::{Index, InvalidManifest, MANIFEST_LIMIT, Manifest, ManifestKind};
use crate::oci::media_type::MediaType;
use crate::oci::names::Tag;
use crate::oci::reference::TagOrDigest;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

impl Repository {
    /// Lists the manifests whose subject is `subject`; only those of the type `artifact_type`, if one is
    /// given.
    ///
    /// # Errors
    /// [`Error`] if the list cannot be read. Only the status 404 means that there are no referrers; any other
    /// refusal or failure is an error.
    pub async fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&MediaType>,
    ) -> Result<Vec<Descriptor>, Error> {
        let listed = Box::pin(async {
            let mut found = match self.api_referrers(subject, artifact_type).await {
                Err(ErrorKind::NotFound(_)) => {
                    let listed = self.listed_by_tag(subject).await?;
                    listed.map_or_else(Vec::new, |(list, _)| list.manifests)
                }
                listed => listed?,
            };
            // Filtered here in any case: a registry need not filter, even if it says that it did.
            if let Some(wanted) = artifact_type {
                found.retain(|descriptor| descriptor.artifact_type.as_ref() == Some(wanted));
            }
            Ok(found)
        });
        listed.await.map_err(self.error("listing the referrers of", format_args!("@{subject}")))
    }

    async fn api_referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&MediaType>,
    ) -> Result<Vec<Descriptor>> {
        let mut url = self.operation().url(&format!("referrers/{subject}"));
        if let Some(wanted) = artifact_type {
            url.query_pairs_mut().append_pair("artifactType", wanted.as_str());
        }
        let mut pages = Pages::new(self, "referrers, list", Some(INDEX), url);
        let mut found = Vec::new();
        while let Some((list, headers)) = pages.next::<Index>().await? {
            // registry.k8s.io answers with a login page instead of a list.
            let content_type = headers.get("content-type").unwrap_or_default();
            if MediaType::from_content_type(content_type).as_ref() != Ok(&MediaType::OCI_INDEX) {
                return Err(ProtocolViolation::List.into());
            }
            found.extend(list.manifests);
        }
        Ok(found)
    }

    /// Reads the list under the tag schema, if there is one. Returns it with its JSON.
    async fn listed_by_tag(&self, subject: &Digest) -> Result<Option<(Index, Vec<u8>)>> {
        let target = TagOrDigest::Tag(tag_of(subject));
        let fetched =
            self.retry(|operation| fetch_manifest(operation, &target, MANIFEST_LIMIT)).await;
        match fetched {
            Err(ErrorKind::NotFound(_)) => Ok(None),
            // GitLab resolves such a tag to the subject itself, which is not a list of referrers.
            Ok(fetched) if fetched.descriptor.digest == *subject => {
                Err(ProtocolViolation::List.into())
            }
            Ok(fetched) => match fetched.kind {
                ManifestKind::Index(list) => Ok(Some((list, fetched.content))),
                ManifestKind::Manifest(_) => {
                    let found = fetched.descriptor.media_type;
                    Err(ErrorKind::Manifest(InvalidManifest::UnknownType(found)))
                }
            },
            Err(error) => Err(error),
        }
    }

    /// Puts a manifest that may have a subject under `target`. If the registry does not list referrers
    /// itself, the list under the tag schema is updated.
    ///
    /// # Errors
    /// Those of [`Repository::put_manifest`]. If only the list cannot be read or written, the manifest is
    /// stored but not listed.
    pub async fn push_manifest(
        &self,
        target: &TagOrDigest,
        manifest: &Manifest,
    ) -> Result<Descriptor, Error> {
        let pushed = Box::pin(async {
            let content = manifest.to_json();
            let media_type = manifest.media_type.clone().unwrap_or(MediaType::OCI_MANIFEST);
            let size = content.len() as u64;
            let stored = self.store_manifest(target, &media_type, content.into()).await?;
            let descriptor = Descriptor::new(media_type, stored.digest, size);
            if let Some(subject) = manifest.subject.as_ref().filter(|_| !stored.knows_subject) {
                let mut listed = descriptor.clone();
                listed.artifact_type = Some(manifest.effective_type().clone());
                listed.annotations = manifest.annotations.clone();
                self.update_list(&subject.digest, |list| {
                    let digest = Value::from(listed.digest.to_string());
                    let known = list.iter().any(|known| known.get("digest") == Some(&digest));
                    if !known {
                        list.extend(serde_json::to_value(listed));
                    }
                    !known
                })
                .await?;
            }
            Ok(descriptor)
        });
        pushed.await.map_err(self.error("writing the manifest", suffix(target)))
    }

    /// Removes a manifest that is about to be deleted from the list of its subject.
    pub(super) async fn forget_referrer(&self, digest: &Digest) -> Result<()> {
        let target = TagOrDigest::Digest(digest.clone());
        let fetched =
            self.retry(|operation| fetch_manifest(operation, &target, MANIFEST_LIMIT)).await;
        // The subject of a manifest that cannot be read is not known.
        let Ok(fetched) = fetched else { return Ok(()) };
        let ManifestKind::Manifest(manifest) = fetched.kind else { return Ok(()) };
        let Some(subject) = manifest.subject else { return Ok(()) };
        match self.api_referrers(&subject.digest, None).await {
            Err(ErrorKind::NotFound(_)) => {}
            _ => return Ok(()),
        }
        self.update_list(&subject.digest, |list| {
            let before = list.len();
            let digest = Value::from(digest.to_string());
            list.retain(|listed| listed.get("digest") != Some(&digest));
            list.len() < before
        })
        .await
    }

    /// Reads the list under the tag schema, and writes it if `change` returns true. The list is changed as
    /// JSON, so that fields which other clients wrote into it are kept.
    async fn update_list(
        &self,
        subject: &Digest,
        change: impl FnOnce(&mut Vec<Value>) -> bool,
    ) -> Result<()> {
        let mut list = match self.listed_by_tag(subject).await? {
            Some((_, text)) => {
                serde_json::from_slice(&text).map_err(|_| ProtocolViolation::List)?
            }
            None => json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] }),
        };
        let manifests = list.get_mut("manifests").and_then(Value::as_array_mut);
        if !change(manifests.ok_or(ProtocolViolation::List)?) {
            return Ok(());
        }
        let target = TagOrDigest::Tag(tag_of(subject));
        let content = list.to_string().into_bytes().into();
        let writing = self.with_access(Access::Push);
        writing.store_manifest(&target, &MediaType::OCI_INDEX, content).await.map(|_| ())
    }
}

/// Returns the tag under which the list of `subject` is kept (distribution specification, "Referrers Tag
/// Schema"): at most 32 characters of the algorithm, `-`, at most 64 of the hash.
fn tag_of(subject: &Digest) -> Tag {
    let hash = subject.encoded().get(..64).unwrap_or(subject.encoded());
    match format!("{}-{hash}", subject.algorithm().name()).parse() {
        Ok(tag) => tag,
        // Letters, digits and a hyphen, at most 97 of them.
        Err(_) => unreachable!("a digest makes a tag"),
    }
}
