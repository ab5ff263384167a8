//! A run configuration to a registry and back.

use std::fmt;

use bytes::Bytes;
use tokio::join;

use super::artifact::{self, UnsupportedArtifact};
use super::document::{Document, MAX_SIZE};
use super::error::InvalidDocument;
use super::name::WorkloadName;
use crate::oci::auth::Access;
use crate::oci::{
    self, Client, Descriptor, Digest, EMPTY_CONTENT, ErrorKind, FetchedManifest, Manifest,
    ManifestKind, Mismatch, Reference, Repository, Tag, TagOrDigest,
};
use crate::timestamp::Timestamp;

/// What a push did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pushed {
    /// The digest of the manifest that the tag names now.
    pub digest: Digest,
    /// Whether anything was sent.
    pub status: PushStatus,
}

/// Whether a push changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushStatus {
    /// The tag names a new manifest.
    Pushed,
    /// The tag named the same configuration already.
    Unchanged,
}

impl PushStatus {
    /// The word that stands in output for scripts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pushed => "pushed",
            Self::Unchanged => "unchanged",
        }
    }
}

/// Pushes `document` to `reference` as an artifact created at `created`, and tags it.
///
/// Nothing is sent where the tag names the same configuration under the same annotations already,
/// and no blob that the registry has. The tag moves last, after every blob is there.
///
/// # Errors
/// [`PushError`]; what the tag named before stays.
pub async fn push(
    client: &Client,
    reference: &Reference,
    document: &Document,
    created: Timestamp,
) -> Result<Pushed, PushError> {
    let (Some(tag), None) = (reference.tag(), reference.digest()) else {
        return Err(PushError::DigestTarget(reference.clone()));
    };
    let repository = client.repository(reference.registry(), reference.repository(), Access::Push);
    // Boxed: requests under way at the same time make a large state.
    Box::pin(push_to(&repository, tag, document, created)).await.map_err(PushError::Registry)
}

/// Why a run configuration could not be pushed.
#[derive(Debug)]
#[non_exhaustive]
pub enum PushError {
    /// The reference names a digest, which only follows from the content.
    DigestTarget(Reference),
    /// One of many has another name than it is to be pushed under.
    OtherName {
        /// The name that it was to be pushed under.
        name: WorkloadName,
        /// The name that stands in it.
        own: String,
    },
    /// The registry could not be reached, or refused.
    Registry(oci::Error),
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DigestTarget(reference) => {
                write!(f, "{reference} names a digest; push to a tag instead")
            }
            Self::OtherName { name, own } => {
                write!(f, "the configuration of {name} has the name {own:?}; push it alone")
            }
            Self::Registry(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PushError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::DigestTarget(_) | Self::OtherName { .. } => None,
            Self::Registry(error) => Some(error),
        }
    }
}

async fn push_to(
    repository: &Repository,
    tag: &Tag,
    document: &Document,
    created: Timestamp,
) -> Result<Pushed, oci::Error> {
    let manifest = artifact::pack(document, created);
    let layer = async {
        match manifest.layers.first() {
            Some(layer) => provide(repository, layer, document.bytes()).await,
            None => Ok(Provided::Yes),
        }
    };
    let (existing, config, layer) = join!(
        tagged(repository, tag),
        provide(repository, &manifest.config, EMPTY_CONTENT),
        layer,
    );
    // Where all three fail, the first says most: an answer to HEAD has no message.
    if let Some((digest, existing)) = existing?
        && artifact::is_same(&existing, &manifest)
    {
        return Ok(Pushed { digest, status: PushStatus::Unchanged });
    }
    if config? == Provided::Unknown {
        push_blob(repository, &manifest.config, EMPTY_CONTENT).await?;
    }
    if let (Provided::Unknown, Some(first)) = (layer?, manifest.layers.first()) {
        push_blob(repository, first, document.bytes()).await?;
    }
    let target = TagOrDigest::Tag(tag.clone());
    let media_type = oci::MediaType::OCI_MANIFEST;
    let digest = repository.put_manifest(&target, &media_type, manifest.to_json()).await?;
    Ok(Pushed { digest, status: PushStatus::Pushed })
}

/// The manifest that `tag` names, if there is one that can be compared.
pub(super) async fn tagged(
    repository: &Repository,
    tag: &Tag,
) -> Result<Option<(Digest, Manifest)>, oci::Error> {
    match repository.manifest(&TagOrDigest::Tag(tag.clone())).await {
        Ok(FetchedManifest { descriptor, kind: ManifestKind::Manifest(manifest), .. }) => {
            Ok(Some((descriptor.digest, *manifest)))
        }
        Ok(_) => Ok(None),
        // Some registries deny what is not there, and some may be written but not read: whether
        // this push is allowed, the push itself shows.
        Err(error) => match error.kind() {
            ErrorKind::NotFound(_) | ErrorKind::Denied(_) | ErrorKind::Manifest(_) => Ok(None),
            _ => Err(error),
        },
    }
}

/// Whether a blob is in the repository.
#[derive(PartialEq, Eq)]
enum Provided {
    Yes,
    /// The registry does not say.
    Unknown,
}

/// Sends a blob that the registry does not have. Nobody waits for the manifest under the tag: one that
/// refers to a missing blob is another one.
async fn provide(
    repository: &Repository,
    blob: &Descriptor,
    content: &[u8],
) -> Result<Provided, oci::Error> {
    match repository.has_blob(&blob.digest).await {
        Ok(true) => Ok(Provided::Yes),
        Ok(false) => push_blob(repository, blob, content).await.map(|()| Provided::Yes),
        Err(error) if matches!(error.kind(), ErrorKind::Denied(_)) => Ok(Provided::Unknown),
        Err(error) => Err(error),
    }
}

/// The same, and where the registry does not say whether it has the blob, it is sent.
pub(super) async fn ensure(
    repository: &Repository,
    blob: &Descriptor,
    content: &[u8],
) -> Result<(), oci::Error> {
    match provide(repository, blob, content).await? {
        Provided::Yes => Ok(()),
        Provided::Unknown => push_blob(repository, blob, content).await,
    }
}

async fn push_blob(
    repository: &Repository,
    descriptor: &Descriptor,
    content: &[u8],
) -> Result<(), oci::Error> {
    repository.push_blob(descriptor, Bytes::copy_from_slice(content)).await
}

/// What a pull brought.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Pulled {
    /// The manifest.
    pub manifest: FetchedManifest,
    /// The run configuration.
    pub document: Document,
}

/// Reads the run configuration artifact that `reference` names.
///
/// One request is enough where the manifest carries the configuration inline. Inline data that is
/// not what its descriptor says fails the pull: the blob is not asked for instead.
///
/// # Errors
/// [`PullError`].
pub async fn pull(client: &Client, reference: &Reference) -> Result<Pulled, PullError> {
    let repository = client.repository(reference.registry(), reference.repository(), Access::Pull);
    let manifest = repository.manifest(&reference.target()).await.map_err(PullError::Registry)?;
    open(&repository, manifest).await
}

/// Reads the configuration that `manifest` describes.
pub(super) async fn open(
    repository: &Repository,
    manifest: FetchedManifest,
) -> Result<Pulled, PullError> {
    let layer = artifact::layer(&manifest.kind).map_err(PullError::Unsupported)?;
    let content = match &layer.data {
        Some(inline) => {
            layer.verify(inline.as_bytes()).map_err(PullError::Inline)?;
            inline.as_bytes().to_vec()
        }
        None => repository.blob(layer, MAX_SIZE as u64).await.map_err(PullError::Registry)?,
    };
    let document = Document::parse(content).map_err(PullError::Invalid)?;
    Ok(Pulled { manifest, document })
}

/// Why a run configuration could not be pulled.
#[derive(Debug)]
#[non_exhaustive]
pub enum PullError {
    /// The registry could not be asked, or refused, or sent other bytes than it promised.
    Registry(oci::Error),
    /// What was found is no run configuration artifact.
    Unsupported(UnsupportedArtifact),
    /// The manifest's inline data is not what its descriptor says.
    Inline(Mismatch),
    /// The layer is no run configuration.
    Invalid(InvalidDocument),
    /// One of many has another name than its tag says.
    OtherName {
        /// The tag.
        tag: Tag,
        /// The name that stands in it; empty where there is none.
        own: String,
    },
}

impl fmt::Display for PullError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(error) => error.fmt(f),
            Self::Unsupported(error) => error.fmt(f),
            Self::Inline(error) => {
                write!(f, "the configuration inside the manifest is not what it promises: {error}")
            }
            Self::Invalid(error) => {
                write!(f, "the artifact holds no valid run configuration: {error}")
            }
            Self::OtherName { tag, own } => write!(
                f,
                "the tag {tag} is not the one of a workload {own:?}; pull this reference alone"
            ),
        }
    }
}

impl std::error::Error for PullError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Registry(error) => Some(error),
            Self::Unsupported(error) => Some(error),
            Self::Inline(error) => Some(error),
            Self::Invalid(error) => Some(error),
            Self::OtherName { .. } => None,
        }
    }
}
