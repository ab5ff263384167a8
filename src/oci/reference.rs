//! References: `registry/repository:tag@digest`, as Docker reads them.
//!
//! Repository and tag follow the grammar of the distribution specification ("Pulling manifests"). Parts may
//! be left out as with Docker: no registry means Docker Hub, a Docker Hub repository of one component is in
//! `library/`, and neither tag nor digest means the tag `latest`.

use std::fmt;
use std::str::FromStr;

use super::digest::{Digest, debug_as_display};
use super::names::{DOCKER_HUB, InvalidReference, RegistryName, RepositoryName, Tag};

/// A tag or digest, which names a manifest in a repository (`<reference>` in the distribution
/// specification).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TagOrDigest {
    /// A tag, which may name another manifest later.
    Tag(Tag),
    /// A digest, which always names the same manifest.
    Digest(Digest),
}

impl fmt::Display for TagOrDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => tag.fmt(f),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

/// A reference to a manifest in a repository of a registry.
///
/// If a tag and a digest are given, both are kept and the digest decides.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    registry: RegistryName,
    repository: RepositoryName,
    tag: Option<Tag>,
    digest: Option<Digest>,
}

impl Reference {
    /// Returns the registry.
    #[must_use]
    pub const fn registry(&self) -> &RegistryName {
        &self.registry
    }

    /// Returns the repository.
    #[must_use]
    pub const fn repository(&self) -> &RepositoryName {
        &self.repository
    }

    /// Returns the tag, if one was given or implied.
    #[must_use]
    pub const fn tag(&self) -> Option<&Tag> {
        self.tag.as_ref()
    }

    /// Returns the digest, if one was given.
    #[must_use]
    pub const fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// Returns what a request names: the digest if there is one, otherwise the tag.
    #[must_use]
    pub fn target(&self) -> TagOrDigest {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => TagOrDigest::Digest(digest.clone()),
            (None, Some(tag)) => TagOrDigest::Tag(tag.clone()),
            (None, None) => TagOrDigest::Tag(Tag::latest()),
        }
    }

    /// Returns a reference to the manifest `digest` of the same repository.
    #[must_use]
    pub fn pinned(&self, digest: Digest) -> Self {
        Self { tag: None, digest: Some(digest), ..self.clone() }
    }

    /// Returns a reference to the tag `tag` of the same repository.
    pub(crate) fn tagged(&self, tag: Tag) -> Self {
        Self { tag: Some(tag), digest: None, ..self.clone() }
    }

    /// Returns true if `component`, the part before the first slash, names a registry and is not the first
    /// part of a Docker Hub repository.
    pub(crate) fn names_registry(component: &str) -> bool {
        component == "localhost" || component.contains(['.', ':'])
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl FromStr for Reference {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        if text.contains("://") {
            return Err(InvalidReference::Scheme);
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.parse().map_err(InvalidReference::Digest)?)),
            None => (text, None),
        };
        let (registry, path): (RegistryName, _) = match rest.split_once('/') {
            Some((first, path)) if Self::names_registry(first) => (first.parse()?, path),
            None if digest.is_none() && is_registry_alone(rest) => {
                return Err(InvalidReference::RegistryAlone(rest.to_owned()));
            }
            _ => (DOCKER_HUB.parse()?, rest),
        };
        let (name, tag) = match path.split_once(':') {
            Some((name, tag)) => (name, Some(tag.parse()?)),
            None => (path, None),
        };
        if name.is_empty() {
            return Err(InvalidReference::NoRepository);
        }
        let repository: RepositoryName = if registry.is_docker_hub() && !name.contains('/') {
            format!("library/{name}").parse()?
        } else {
            name.parse()?
        };
        let bare_hash = tag.is_none()
            && digest.is_none()
            && name.len() == 64
            && name.bytes().all(|b| b.is_ascii_hexdigit());
        if bare_hash {
            return Err(InvalidReference::BareHash);
        }
        let tag = if digest.is_none() { tag.or_else(|| Some(Tag::latest())) } else { tag };
        Ok(Self { registry, repository, tag, digest })
    }
}

/// Returns true if `text` names a registry without a repository: `localhost` or a host name with a dot,
/// with an optional port. Docker would read `localhost:5000` as a repository of Docker Hub with the tag
/// `5000`, which is never meant.
fn is_registry_alone(text: &str) -> bool {
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    (host == "localhost" || host.contains('.')) && port.is_none_or(is_port)
}

debug_as_display!(Reference);

#[cfg(test)]
mod tests;
