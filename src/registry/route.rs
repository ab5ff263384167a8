//! What a request is about.

use super::answer::{Answer, Code};
use crate::oci::{Digest, RepositoryName, TagOrDigest};

/// A place of the API (distribution specification, "Endpoints").
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    /// `/v2/`
    Base,
    /// `/v2/<name>/blobs/<digest>`
    Blob(RepositoryName, Digest),
    /// `/v2/<name>/blobs/uploads/`
    Uploads(RepositoryName),
    /// `/v2/<name>/blobs/uploads/<id>`
    Upload(RepositoryName, String),
    /// `/v2/<name>/manifests/<reference>`
    Manifest(RepositoryName, TagOrDigest),
    /// `/v2/<name>/tags/list`
    Tags(RepositoryName),
    /// `/v2/<name>/referrers/<digest>`
    Referrers(RepositoryName, Digest),
}

impl Route {
    pub(super) fn parse(path: &str) -> Result<Self, Answer> {
        let nowhere = || Code::NameUnknown.because("there is nothing at this path");
        let rest = path.strip_prefix("/v2").ok_or_else(nowhere)?;
        if matches!(rest, "" | "/") {
            return Ok(Self::Base);
        }
        let rest = rest.strip_prefix('/').ok_or_else(nowhere)?;
        // The name comes first and may hold any of the words; the last one that fits counts.
        if let Some(repository) = rest.strip_suffix("/tags/list") {
            return Ok(Self::Tags(name(repository)?));
        }
        if let Some((repository, id)) = rest.rsplit_once("/blobs/uploads/") {
            let repository = name(repository)?;
            return Ok(match id {
                "" => Self::Uploads(repository),
                _ => Self::Upload(repository, id.to_owned()),
            });
        }
        let (before, last) = rest.rsplit_once('/').ok_or_else(nowhere)?;
        let last = last.replace("%3A", ":").replace("%3a", ":");
        let (repository, kind) = before.rsplit_once('/').ok_or_else(nowhere)?;
        match kind {
            "blobs" => Ok(Self::Blob(name(repository)?, digest(&last)?)),
            "referrers" => Ok(Self::Referrers(name(repository)?, digest(&last)?)),
            "manifests" if last.contains(':') => {
                Ok(Self::Manifest(name(repository)?, TagOrDigest::Digest(digest(&last)?)))
            }
            "manifests" => {
                let tag = last.parse().map_err(|error| Code::TagInvalid.because(error))?;
                Ok(Self::Manifest(name(repository)?, TagOrDigest::Tag(tag)))
            }
            _ => Err(nowhere()),
        }
    }
}

fn name(text: &str) -> Result<RepositoryName, Answer> {
    text.parse().map_err(|error| Code::NameInvalid.because(error))
}

fn digest(text: &str) -> Result<Digest, Answer> {
    text.parse().map_err(|error| Code::DigestInvalid.because(error))
}

/// The value of the query parameter `name`.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    parameters(query, name).next()
}

/// Every value of the query parameter `name`.
pub(super) fn parameters<'a>(query: &'a str, name: &'a str) -> impl Iterator<Item = String> + 'a {
    url::form_urlencoded::parse(query.as_bytes())
        .filter(move |(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}
