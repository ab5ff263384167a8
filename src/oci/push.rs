//! Pushes an artifact. A push first asks what the registry has: that makes its plan. Then it sends what is missing,
//! and moves the tag last.

use bytes::Bytes;
use tokio::{join, try_join};

use super::artifact::PackedArtifact;
use super::descriptor::{Descriptor, EMPTY_CONTENT};
use super::digest::Digest;
use super::error::{Error, ErrorKind};
use super::manifest::{Manifest, ManifestKind};
use super::media_type::MediaType;
use super::names::Tag;
use super::reference::TagOrDigest;
use super::repository::handle::Repository;

/// The annotation that is ignored when two artifacts are compared.
const CREATED: &str = "org.opencontainers.image.created";

const EMPTY_CONTENT_BYTES: Bytes = Bytes::from_static(EMPTY_CONTENT);

/// The result of a push; of a dry run, what the result would be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pushed {
    /// The digest of the manifest that the tag names now.
    pub digest: Digest,
    /// Whether the tag changed.
    pub status: PushStatus,
    /// What was sent: the blobs that the registry did not have, then the manifest. Nothing if the status is
    /// [`PushStatus::Unchanged`].
    pub sent: Vec<Descriptor>,
    /// Whether the registry denied reading the tag. What it named before is not known then, nor whether a dry
    /// run tells the truth: some registries deny reading what does not exist, some users may only write.
    pub is_tag_hidden: bool,
}

/// Whether a push changed the tag.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushStatus {
    /// The tag is new; or it named the same artifact, of which the registry had lost a blob.
    Pushed,
    /// The tag named something else before.
    Replaced {
        /// The digest of what the tag named before.
        before: Digest,
    },
    /// The tag named the same content with the same annotations already, and the registry has all of it.
    Unchanged,
}

impl PushStatus {
    /// The words of all statuses.
    pub(crate) const WORDS: [&str; 3] = ["pushed", "replaced", "unchanged"];

    /// Returns the word that `--json` prints.
    pub(crate) const fn as_str(&self) -> &'static str {
        let [pushed, replaced, unchanged] = Self::WORDS;
        match self {
            Self::Pushed => pushed,
            Self::Replaced { .. } => replaced,
            Self::Unchanged => unchanged,
        }
    }
}

/// What is known about the configuration blob, which all artifacts of a repository share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConfigBlob {
    /// Nothing: the plan asks for it.
    Unknown,
    /// [`push_config`] or [`find_config`] was called for the repository.
    Known,
}

/// A push that was not carried out yet. Nothing was sent so far.
#[derive(Debug)]
pub(crate) struct PushPlan<'a> {
    repository: &'a Repository,
    target: TagOrDigest,
    config: Option<(&'a Descriptor, Bytes)>,
    layer: Option<(&'a Descriptor, Bytes)>,
    manifest: Vec<u8>,
    outcome: Pushed,
}

impl PackedArtifact {
    /// Returns the size of its content, in bytes.
    pub(crate) const fn size(&self) -> u64 {
        self.layer.size
    }

    /// Asks the registry what it has of this artifact and what `tag` names now, by GET and HEAD, all at the same
    /// time.
    ///
    /// Where the tag names the same artifact, its manifest is kept; the time of creation is not compared.
    pub(crate) async fn plan<'a>(
        &'a self,
        repository: &'a Repository,
        tag: &Tag,
        config: ConfigBlob,
    ) -> Result<PushPlan<'a>, Error> {
        let target = TagOrDigest::Tag(tag.clone());
        let (named, has_config, has_layer) = join!(
            named_by(repository, &target),
            has_config(repository, &self.manifest.config, config),
            has(repository, &self.layer),
        );
        // If all three fail, the first error is the best one: a response to HEAD has no message.
        let (named, has_config, has_layer) = (named?, has_config?, has_layer?);
        let is_tag_hidden = matches!(named, Named::Hidden);
        let (manifest, status) = match named {
            Named::Something(before) if !self.is_in(&before) => {
                let before = Digest::sha256(&before.content);
                (self.manifest.to_json(), PushStatus::Replaced { before })
            }
            Named::Something(same) if has_config && has_layer => {
                (same.content, PushStatus::Unchanged)
            }
            Named::Something(same) => (same.content, PushStatus::Pushed),
            Named::Nothing | Named::Hidden => (self.manifest.to_json(), PushStatus::Pushed),
        };
        let config = (!has_config).then_some((&self.manifest.config, EMPTY_CONTENT_BYTES));
        let layer = (!has_layer).then(|| (&self.layer, self.content.clone()));
        let descriptor = Descriptor::of(MediaType::OCI_MANIFEST, &manifest);
        let digest = descriptor.digest.clone();
        let sent = if status == PushStatus::Unchanged {
            Vec::new()
        } else {
            let blobs = [&config, &layer].into_iter().flatten().map(|(blob, _)| (*blob).clone());
            blobs.chain([descriptor]).collect()
        };
        let outcome = Pushed { digest, status, sent, is_tag_hidden };
        Ok(PushPlan { repository, target, config, layer, manifest, outcome })
    }

    /// Returns true if a manifest describes this artifact, and can be pulled once the registry has the blobs.
    fn is_in(&self, found: &FoundManifest) -> bool {
        let Some(mut found) = found.manifest.clone() else { return false };
        let mut own = self.manifest.clone();
        let blobs = std::iter::once((&mut found.config, EMPTY_CONTENT))
            .chain(found.layers.iter_mut().map(|layer| (layer, &*self.content)));
        for (blob, content) in blobs {
            // Inline data may be left out, but a wrong one stops every pull.
            if blob.data.take().is_some_and(|data| data.as_bytes() != content) {
                return false;
            }
        }
        own.config.data = None;
        own.layers.iter_mut().for_each(|layer| layer.data = None);
        found.annotations.remove(CREATED);
        own.annotations.remove(CREATED);
        *found == own
    }
}

impl PushPlan<'_> {
    /// Returns what the result would be, and sends nothing.
    pub(crate) fn expected(self) -> Pushed {
        self.outcome
    }

    /// Sends what is missing: the blobs, and after them the manifest.
    pub(crate) async fn carry_out(self) -> Result<Pushed, Error> {
        if self.outcome.status == PushStatus::Unchanged {
            return Ok(self.outcome);
        }
        let send = async |blob: Option<(&Descriptor, Bytes)>| match blob {
            Some((descriptor, content)) => self.repository.push_blob(descriptor, content).await,
            None => Ok(()),
        };
        try_join!(send(self.config), send(self.layer))?;
        self.repository.put_manifest(&self.target, &MediaType::OCI_MANIFEST, self.manifest).await?;
        Ok(self.outcome)
    }
}

/// Asks for the configuration blob that every artifact of a repository refers to, and pushes it unless it is
/// there.
pub(crate) async fn push_config(repository: &Repository) -> Result<(), Error> {
    let config = Descriptor::of(MediaType::OCI_EMPTY, EMPTY_CONTENT);
    if has(repository, &config).await? {
        return Ok(());
    }
    repository.push_blob(&config, EMPTY_CONTENT_BYTES).await
}

/// Asks for that blob and sends nothing: a login that is not accepted fails here already.
pub(crate) async fn find_config(repository: &Repository) -> Result<(), Error> {
    let config = Descriptor::of(MediaType::OCI_EMPTY, EMPTY_CONTENT);
    has(repository, &config).await.map(|_| ())
}

async fn has_config(
    repository: &Repository,
    blob: &Descriptor,
    known: ConfigBlob,
) -> Result<bool, Error> {
    match known {
        ConfigBlob::Unknown => has(repository, blob).await,
        ConfigBlob::Known => Ok(true),
    }
}

/// Returns true if the repository has the blob. Where it may not be asked for, it is sent: the push itself shows
/// whether that is allowed.
async fn has(repository: &Repository, blob: &Descriptor) -> Result<bool, Error> {
    match repository.has_blob(&blob.digest).await {
        Err(error) if is_forbidden(error.kind()) => Ok(false),
        found => found,
    }
}

/// Returns true for a 403. A 401 is another refusal: it holds for every request of this login.
const fn is_forbidden(error: &ErrorKind) -> bool {
    matches!(error, ErrorKind::Denied(response) if response.status == 403)
}

/// What a tag names before a push.
enum Named {
    Nothing,
    /// The registry denies reading it.
    Hidden,
    Something(FoundManifest),
}

struct FoundManifest {
    content: Vec<u8>,
    /// None for an index, and for content that cannot be read.
    manifest: Option<Box<Manifest>>,
}

async fn named_by(repository: &Repository, target: &TagOrDigest) -> Result<Named, Error> {
    match repository.manifest_content(target).await {
        Ok((media_type, content)) => {
            let manifest = match ManifestKind::parse(media_type.as_ref(), &content) {
                Ok(ManifestKind::Manifest(manifest)) => Some(manifest),
                Ok(ManifestKind::Index(_)) | Err(_) => None,
            };
            Ok(Named::Something(FoundManifest { content, manifest }))
        }
        // Some registries deny access to a manifest that does not exist, and some users may write but not
        // read. The push itself shows whether it is allowed.
        Err(error) => match error.kind() {
            ErrorKind::NotFound(_) => Ok(Named::Nothing),
            kind if is_forbidden(kind) => Ok(Named::Hidden),
            _ => Err(error),
        },
    }
}
