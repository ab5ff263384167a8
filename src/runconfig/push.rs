//! Pushes a run configuration to a registry.

use std::fmt;
use std::time::SystemTime;

use super::artifact;
use super::document::Document;
use super::location::is_built_by_toolhive;
use super::name::WorkloadName;
use super::secrets::{Exposure, ExposureKind, exposures};
use crate::oci::artifact::PackedArtifact;
use crate::oci::auth::Access;
use crate::oci::push::ConfigBlob;
use crate::oci::{self, Client, Pushed, Reference, Repository, Tag};
use crate::timestamp::Timestamp;

/// How run configurations are pushed. By default one that holds what looks like a secret is refused.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PushOptions {
    /// The time at which the artifact says that it was created; without it, the present.
    pub created: Option<SystemTime>,
    /// The user's home directory. Paths in it are refused; paths in `/home`, `/Users` and `/root`
    /// always are.
    pub home: Option<String>,
    /// The paths, such as `env_vars.API_KEY` or `image`, of values that are shared although they look like a
    /// secret or a private path, or name an image that only this machine has. A push fails if nothing at a
    /// path has to be allowed.
    pub allowed: Vec<String>,
    /// Turns the check off: secrets in a configuration are pushed too.
    pub danger_share_secrets: bool,
    /// Whether to ask alone what a push would do, by GET and HEAD. Nothing is written. What the push would refuse
    /// is refused; whether the registry would let this user write is not known.
    pub dry_run: bool,
}

impl PushOptions {
    /// Packs a document; refuses one that holds what should not be shared, and a path that allows nothing.
    fn pack(&self, document: &Document) -> Result<PackedArtifact, PushError> {
        let mut unused = self.allowances();
        let packed = self.pack_one(document, &mut unused);
        if unused.is_empty() { packed } else { Err(PushError::NothingToAllow(unused)) }
    }

    /// Returns the paths at which values are allowed; none if everything is.
    pub(super) fn allowances(&self) -> Vec<String> {
        if self.danger_share_secrets { Vec::new() } else { self.allowed.clone() }
    }

    /// Packs one of several documents; refuses one that holds what should not be shared. Removes from
    /// `unused` the paths that allow something in it.
    pub(super) fn pack_one(
        &self,
        document: &Document,
        unused: &mut Vec<String>,
    ) -> Result<PackedArtifact, PushError> {
        if !self.danger_share_secrets {
            let mut found = exposures(document, self.home.as_deref());
            found.extend(local_image(document));
            unused.retain(|path| found.iter().all(|found| found.path != *path));
            found.retain(|found| !self.allowed.contains(&found.path));
            if !found.is_empty() {
                return Err(PushError::Exposed(found));
            }
        }
        Ok(artifact::pack(document, self.created.map_or_else(Timestamp::now, Timestamp::from)))
    }
}

/// Pushes `document` to `reference` as an artifact, and tags it.
///
/// Nothing is sent if the tag already names the same configuration with the same annotations, and the registry has
/// all of it. Blobs that the registry has are not sent again. The manifest is sent last, after every blob.
///
/// # Errors
/// [`PushError`]; the tag still names what it named before.
pub async fn push(
    client: &Client,
    reference: &Reference,
    document: &Document,
    options: &PushOptions,
) -> Result<Pushed, PushError> {
    let (Some(tag), None) = (reference.tag(), reference.digest()) else {
        return Err(PushError::DigestTarget(reference.clone()));
    };
    let packed = options.pack(document)?;
    let repository = client.repository(reference.registry(), reference.repository(), Access::Push);
    let pushed = push_packed(&packed, &repository, tag, ConfigBlob::Unknown, options.dry_run).await;
    pushed.map_err(PushError::Registry)
}

/// Pushes an artifact; in a dry run, asks what the push would do.
pub(super) async fn push_packed(
    packed: &PackedArtifact,
    repository: &Repository,
    tag: &Tag,
    config: ConfigBlob,
    dry_run: bool,
) -> Result<Pushed, oci::Error> {
    // Boxed, because the future of several requests at the same time is large.
    let plan = Box::pin(packed.plan(repository, tag, config)).await?;
    if dry_run { Ok(plan.expected()) } else { Box::pin(plan.carry_out()).await }
}

/// Returns the image if `ToolHive` built it on this machine.
///
/// `ToolHive` gives such images the name `toolhivelocal/…`, and never pushes them. An engine elsewhere would ask
/// Docker Hub, where anyone may register that name, for an image to run.
fn local_image(document: &Document) -> Option<Exposure> {
    // Engines take upper-case letters for lower-case ones.
    let image = document.config().image.to_ascii_lowercase();
    let is_local = image.parse().is_ok_and(|image| is_built_by_toolhive(&image));
    is_local.then(|| Exposure { path: "image".to_owned(), kind: ExposureKind::LocalImage })
}

/// Why a run configuration could not be pushed.
#[derive(Debug)]
#[non_exhaustive]
pub enum PushError {
    /// The reference names a digest. The digest of a push follows from its content, so only a tag can be
    /// chosen.
    DigestTarget(Reference),
    /// The configuration holds what looks like a secret, a path of the user's home, or an image that only this
    /// machine has.
    Exposed(Vec<Exposure>),
    /// Nothing at these paths, which [`PushOptions::allowed`] names, looks like a secret or a private path.
    NothingToAllow(Vec<String>),
    /// A workload of a collection has another name than its tag would say.
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
            Self::Exposed(found) => {
                let found: Vec<_> =
                    found.iter().map(|found| format!("{} {}", found.path, found.kind)).collect();
                write!(f, "not pushed: {}", found.join("; "))
            }
            Self::NothingToAllow(paths) => {
                let paths = paths.join(", ");
                write!(f, "nothing to allow: no secret or private path is at {paths}")
            }
            Self::OtherName { name, own } => {
                write!(
                    f,
                    "the workload {name} holds a configuration named {own:?}; export it by itself"
                )
            }
            // The registry's error says already what failed and where.
            Self::Registry(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PushError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::DigestTarget(_)
            | Self::Exposed(_)
            | Self::NothingToAllow(_)
            | Self::OtherName { .. } => None,
            Self::Registry(error) => error.source(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::{ClientOptions, RetryPolicy};
    use crate::wire::Settings;

    /// Nothing listens at this reference: only a push that sends nothing fails otherwise.
    async fn pushed(options: PushOptions) -> PushError {
        let text = br#"{"image":"x:1","env_vars":{"API_KEY":"9f8a7c6e5d4b3a21"},"volumes":["/users/me/x:/x"]}"#;
        let document = Document::parse(text.to_vec()).unwrap();
        let reference = "127.0.0.1:1/a:v1".parse().unwrap();
        let retry = RetryPolicy { retries: 0, ..RetryPolicy::default() };
        let once = ClientOptions { retry, ..ClientOptions::default() };
        let client = Client::with_options(Settings::default(), once);
        push(&client, &reference, &document, &options).await.unwrap_err()
    }

    #[tokio::test]
    async fn secrets_are_refused_before_anything_is_sent() {
        let PushError::Exposed(found) = pushed(PushOptions::default()).await else {
            panic!("not refused")
        };
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "env_vars.API_KEY");
    }

    #[tokio::test]
    async fn only_what_is_allowed_is_shared() {
        let mut options = PushOptions::default();
        options.allowed.push("env_vars.API_KEY".to_owned());
        assert!(matches!(pushed(options.clone()).await, PushError::Registry(_)));
        options.home = Some("/users/me".to_owned());
        let refused = pushed(options).await;
        assert_eq!(refused.to_string(), "not pushed: volumes.0 is a path in a home directory");
        let mut options =
            PushOptions { home: Some("/users/me".to_owned()), ..PushOptions::default() };
        options.allowed.push("env_vars.NONE".to_owned());
        let useless = pushed(options).await;
        assert!(
            matches!(&useless, PushError::NothingToAllow(paths) if paths[..] == ["env_vars.NONE"])
        );
        assert!(useless.to_string().ends_with("is at env_vars.NONE"), "{useless}");
        let home = Some("/users/me".to_owned());
        let everything = PushOptions { home, danger_share_secrets: true, ..PushOptions::default() };
        assert!(matches!(pushed(everything).await, PushError::Registry(_)));
    }
}
