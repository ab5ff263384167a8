//! Which content the name of an image stands for.
//!
//! A tag can move after the user has agreed. So the digest that it has while the user is asked is shown,
//! remembered and run.

use crate::engine::Engine;
use crate::oci::auth::Access;
use crate::oci::{Client, Digest, ErrorKind, Reference, TagOrDigest};
use crate::runconfig::is_built_by_toolhive;

/// What a run does about the digest of its image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ImageChoice {
    /// The name is used as it is: it has a digest already, nobody is asked, or there is no image.
    AsNamed,
    /// The tag has this digest.
    Pinned(Digest),
    /// Only this machine has the image.
    Local,
    /// The registry did not tell the digest.
    NotTold,
}

impl ImageChoice {
    /// Finds out which digest the tag of `image` has at its registry.
    pub(super) async fn of(client: &Client, engine: Option<&Engine>, image: &str) -> Self {
        let Ok(reference) = image.parse::<Reference>() else { return Self::AsNamed };
        if is_built_by_toolhive(&reference) {
            return Self::Local;
        }
        if matches!(reference.target(), TagOrDigest::Digest(_)) {
            return Self::AsNamed;
        }
        let (registry, name) = (reference.registry(), reference.repository());
        let repository = client.repository(registry, name, Access::Pull);
        match repository.manifest(&reference.target()).await {
            Ok(manifest) => Self::Pinned(manifest.descriptor.digest),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound(_)) => {
                let is_here = match engine {
                    Some(engine) => engine.has_image(&reference.to_string()).await,
                    None => Ok(false),
                };
                if is_here.unwrap_or(false) { Self::Local } else { Self::NotTold }
            }
            Err(_) => Self::NotTold,
        }
    }

    /// Returns the line for the user who has to agree.
    pub(super) fn line(&self) -> Option<String> {
        Some(match self {
            Self::AsNamed => return None,
            Self::Pinned(digest) => format!("image digest: {digest}"),
            Self::Local => {
                "image digest: not pinned, because only this machine has the image".into()
            }
            Self::NotTold => {
                "image digest: not pinned, because its registry did not tell it".into()
            }
        })
    }

    pub(super) const fn digest(&self) -> Option<&Digest> {
        match self {
            Self::Pinned(digest) => Some(digest),
            _ => None,
        }
    }

    /// Returns the name for the engine. Podman refuses a name with both a tag and a digest.
    pub(super) fn name(&self, image: &str) -> String {
        match (self, image.parse::<Reference>()) {
            (Self::Pinned(digest), Ok(reference)) => reference.pinned(digest.clone()).to_string(),
            _ => image.to_owned(),
        }
    }
}
