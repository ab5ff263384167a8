//! Manifests that say something about another one, their subject (distribution specification, "Listing
//! Referrers" and "Pushing Manifests with Subject").
//!
//! Registries without this API keep a list under a tag that is made from the subject's digest, which
//! clients have to read and write themselves.

use serde_json::Value;

use super::auth::Access;
use super::descriptor::Descriptor;
use super::digest::Digest;
use super::error::{Error, ErrorKind, Violation};
use super::manifest::{Index, InvalidManifest, Manifest, ManifestKind};
use super::media_type::MediaType;
use super::pages::Pages;
use super::reference::{Tag, TagOrDigest};
use super::repository::Repository;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

impl Repository {
    /// The manifests whose subject is `subject`; of the type `artifact_type` alone, where that is
    /// given.
    ///
    /// # Errors
    /// Where the list cannot be read. A registry that refuses or breaks is never taken for one that
    /// has no referrers: only 404 means that.
    pub async fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&MediaType>,
    ) -> Result<Vec<Descriptor>, Error> {
        let listed = Box::pin(self.list_referrers(subject, artifact_type)).await;
        listed.map_err(self.error("listing the referrers of", format_args!("@{subject}")))
    }

    async fn list_referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&MediaType>,
    ) -> Result<Vec<Descriptor>, ErrorKind> {
        let mut found = match self.api_referrers(subject, artifact_type).await {
            Err(ErrorKind::NotFound(_)) => {
                self.listed_by_tag(subject).await?.map_or_else(Vec::new, |(list, _)| list.manifests)
            }
            listed => listed?,
        };
        // A registry that filters need not say so, and one that says so need not have done it.
        if let Some(wanted) = artifact_type {
            found.retain(|descriptor| descriptor.artifact_type.as_ref() == Some(wanted));
        }
        Ok(found)
    }

    async fn api_referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&MediaType>,
    ) -> Result<Vec<Descriptor>, ErrorKind> {
        let mut url = self.url(&format!("referrers/{subject}"));
        if let Some(wanted) = artifact_type {
            url.query_pairs_mut().append_pair("artifactType", wanted.as_str());
        }
        let mut pages = Pages::new(self, "referrers, list", Some(INDEX));
        let mut found = Vec::new();
        let mut next = Some(url);
        while let Some(url) = next {
            let page = pages.read::<Index>(url).await?;
            // A login page in place of a list is no list (registry.k8s.io).
            let content_type = page.headers.get("content-type").unwrap_or_default();
            if MediaType::from_content_type(content_type).as_ref() != Ok(&MediaType::OCI_INDEX) {
                return Err(ErrorKind::Protocol(Violation::List));
            }
            found.extend(page.content.manifests);
            next = page.next;
        }
        Ok(found)
    }

    /// The list under the tag schema, if there is one, and its text.
    async fn listed_by_tag(&self, subject: &Digest) -> Result<Option<(Index, Vec<u8>)>, ErrorKind> {
        let target = TagOrDigest::Tag(tag_of(subject));
        let fetched =
            self.client().persist(|attempts| self.fetch_manifest(&target, attempts)).await;
        match fetched {
            Err(ErrorKind::NotFound(_)) => Ok(None),
            // GitLab resolves such a tag to the subject itself, whose children are no referrers.
            Ok(fetched) if fetched.descriptor.digest == *subject => {
                Err(ErrorKind::Protocol(Violation::List))
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

    /// Puts a manifest that may have a subject under `target`. Where the registry does not list it
    /// with its subject by itself, the list under the tag schema is updated.
    ///
    /// # Errors
    /// Those of [`Repository::put_manifest`]; and where the list cannot be read or written: the
    /// manifest is there then, and not listed.
    pub async fn push_manifest(
        &self,
        target: &TagOrDigest,
        manifest: &Manifest,
    ) -> Result<Descriptor, Error> {
        let pushed = Box::pin(self.send_with_subject(target, manifest)).await;
        pushed.map_err(self.error("writing the manifest", super::manifests::suffix(target)))
    }

    async fn send_with_subject(
        &self,
        target: &TagOrDigest,
        manifest: &Manifest,
    ) -> Result<Descriptor, ErrorKind> {
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
    }

    /// Takes a manifest that is about to be deleted off the list of its subject.
    pub(super) async fn forget_referrer(&self, digest: &Digest) -> Result<(), ErrorKind> {
        let target = TagOrDigest::Digest(digest.clone());
        let fetched =
            self.client().persist(|attempts| self.fetch_manifest(&target, attempts)).await;
        // What cannot be read has no subject that could be known.
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

    /// Reads the list under the tag schema, and writes it where `change` says that it changed it. It is
    /// changed as JSON: what others wrote into it stays.
    async fn update_list(
        &self,
        subject: &Digest,
        change: impl FnOnce(&mut Vec<Value>) -> bool,
    ) -> Result<(), ErrorKind> {
        let known = self.listed_by_tag(subject).await?;
        let text = known.map_or_else(|| Index::empty().to_json(), |(_, text)| text);
        let malformed = || ErrorKind::Protocol(Violation::List);
        let mut list: Value = serde_json::from_slice(&text).map_err(|_| malformed())?;
        let manifests = list.get_mut("manifests").and_then(Value::as_array_mut);
        if !change(manifests.ok_or_else(malformed)?) {
            return Ok(());
        }
        let target = TagOrDigest::Tag(tag_of(subject));
        let content = list.to_string().into_bytes().into();
        let writing = self.with_access(Access::Push);
        writing.store_manifest(&target, &MediaType::OCI_INDEX, content).await.map(|_| ())
    }
}

/// The tag under which registries without the API keep a list (distribution specification, "Referrers
/// Tag Schema"): at most 32 characters of the algorithm, `-`, at most 64 of the hash.
fn tag_of(subject: &Digest) -> Tag {
    let hash = subject.encoded().get(..64).unwrap_or(subject.encoded());
    match format!("{}-{hash}", subject.algorithm().name()).parse() {
        Ok(tag) => tag,
        // Letters, digits and a hyphen, at most 97 of them.
        Err(_) => unreachable!("a digest makes a tag"),
    }
}
