//! The run configuration that an argument names: a workload, a file or a reference.

use std::cmp::Reverse;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::arguments::STANDARD;
use super::failure::Failure;
use super::options::Context;
use super::transfer::transfer;
use crate::oci::auth::Access;
use crate::oci::{ErrorCode, ErrorKind, Reference, Tag, TagOrDigest, TagQuery};
use crate::printable::printable;
use crate::runconfig::{
    ConfigLocation, Document, InvalidLocation, MAX_SIZE, PullError, Pulled, WorkloadName, pull,
};
use crate::state::{StateError, StateStore};

const SUGGESTIONS: usize = 5;
/// The most tags of a repository that are compared.
const COMPARED: usize = 1000;

pub(super) enum Source {
    Workload { name: WorkloadName, path: PathBuf, document: Document },
    File { path: PathBuf, document: Document },
    Artifact { reference: Reference, pulled: Box<Pulled> },
}

impl Source {
    /// Reads the configuration that `text` names, by the rules of [`ConfigLocation::parse`]. A bare
    /// name is a workload of the state store if there is one, else a file.
    pub(super) async fn find(context: &Context, text: &str) -> Result<Self, Failure> {
        match ConfigLocation::parse(text)? {
            ConfigLocation::Name(name) => Self::find_by_name(context, &name),
            ConfigLocation::Standard => Self::read(context, STANDARD.into()),
            ConfigLocation::File(path) => Self::read(context, path),
            ConfigLocation::Registry(reference) => {
                let pulled = download(context, &reference).await?;
                Ok(Self::Artifact { reference, pulled: Box::new(pulled) })
            }
        }
    }

    fn read(context: &Context, path: PathBuf) -> Result<Self, Failure> {
        Ok(Self::File { document: read_document(context, &path)?, path })
    }

    fn find_by_name(context: &Context, text: &str) -> Result<Self, Failure> {
        let missing: Failure = match text.parse::<WorkloadName>() {
            Ok(name) => {
                let store = StateStore::from_environment()?;
                match store.load(&name) {
                    Ok(document) => {
                        if Path::new(text).is_file() {
                            let note =
                                format!("note: {text} is the workload; ./{text} is the file");
                            context.output.note(&note);
                        }
                        return Ok(Self::Workload { path: store.path_of(&name), name, document });
                    }
                    Err(error @ StateError::NotFound { .. }) => error.into(),
                    Err(error) => return Err(error.into()),
                }
            }
            Err(_) => InvalidLocation::Ambiguous(text.to_owned()).into(),
        };
        match file_of_name(context, text) {
            Ok(path) => Self::read(context, path),
            Err(_) => Err(missing),
        }
    }

    pub(super) fn document(&self) -> &Document {
        match self {
            Self::Workload { document, .. } | Self::File { document, .. } => document,
            Self::Artifact { pulled, .. } => &pulled.document,
        }
    }

    /// Returns a title such as `workload files` or `file a.json`.
    pub(super) fn title(&self) -> String {
        match self {
            Self::Workload { name, .. } => format!("workload {name}"),
            Self::File { path, .. } if path == Path::new(STANDARD) => "standard input".to_owned(),
            Self::File { path, .. } => format!("file {}", path.display()),
            Self::Artifact { reference, .. } => reference.to_string(),
        }
    }
}

/// Returns the file that a bare name names, and says so.
pub(super) fn file_of_name(context: &Context, name: &str) -> Result<PathBuf, InvalidLocation> {
    let path = ConfigLocation::file_of_name(name)?;
    context.output.note(&format!("note: reading the file ./{}", printable(name)));
    Ok(path)
}

/// Reads a run configuration from a file, or from standard input if `path` is `-`.
pub(super) fn read_document(context: &Context, path: &Path) -> Result<Document, Failure> {
    let is_stdin = path == Path::new(STANDARD);
    if is_stdin && context.password_stdin {
        return Err(Failure::usage(
            "standard input cannot hold both the password and the configuration",
        ));
    }
    // A document that is one byte larger than the limit is refused when it is parsed.
    let limit = MAX_SIZE as u64 + 1;
    let mut bytes = Vec::new();
    let read = if is_stdin {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::file("reading", path, error))?;
    Document::parse(bytes).map_err(|error| {
        let name = if is_stdin { "standard input".to_owned() } else { path.display().to_string() };
        Failure::Document { name, error }
    })
}

pub(super) async fn download(context: &Context, reference: &Reference) -> Result<Pulled, Failure> {
    let work = Box::pin(pull(&context.client, reference));
    match transfer(context, &format!("pulling {reference}"), work).await? {
        Ok(pulled) => Ok(pulled),
        Err(error) => Err(pull_failure(context, reference, error).await),
    }
}

/// Returns the failure to pull `reference`. If the tag does not exist, the failure names similar tags.
pub(super) async fn pull_failure(
    context: &Context,
    reference: &Reference,
    error: PullError,
) -> Failure {
    let suggestions = match (&error, reference.target()) {
        (PullError::Registry(error), TagOrDigest::Tag(tag)) if is_no_such_tag(error.kind()) => {
            Box::pin(similar_tags(context, reference, &tag)).await
        }
        _ => Vec::new(),
    };
    Failure::Pull { reference: Box::new(reference.clone()), error, suggestions }
}

/// Returns true if the registry sent the specification's error code for a manifest that does not
/// exist. After a 404 without it the tags are not asked for: the repository may not exist either.
fn is_no_such_tag(error: &ErrorKind) -> bool {
    matches!(error, ErrorKind::NotFound(response) if response.has_code(&ErrorCode::ManifestUnknown))
}

/// Returns tags of the repository that are similar to `tag`; none if they cannot be listed: the error about
/// the missing tag is the one to show.
async fn similar_tags(context: &Context, reference: &Reference, tag: &Tag) -> Vec<Tag> {
    let (registry, name) = (reference.registry(), reference.repository());
    let repository = context.client.repository(registry, name, Access::Pull);
    let doing = format!("listing the tags of {name}");
    let query = TagQuery { limit: Some(COMPARED), ..TagQuery::default() };
    let listed = transfer(context, &doing, repository.tags(&query)).await;
    closest(listed.ok().and_then(Result::ok).unwrap_or_default(), tag)
}

/// Returns the tags that share the longest beginning with `tag`, the best first.
fn closest(mut tags: Vec<Tag>, tag: &Tag) -> Vec<Tag> {
    let shared_prefix = |other: &Tag| {
        let pairs = other.as_str().bytes().zip(tag.as_str().bytes());
        pairs.take_while(|(ours, theirs)| ours == theirs).count()
    };
    tags.sort_by_key(|other| Reverse(shared_prefix(other)));
    tags.truncate(SUGGESTIONS);
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_with_the_longest_shared_prefix_come_first() {
        let tag = |text: &str| text.parse::<Tag>().unwrap();
        let tags = ["latest", "v1.0", "v2.0", "a", "v2.10", "b"].map(tag).to_vec();
        let closest = closest(tags, &tag("v2.1"));
        assert_eq!(closest, ["v2.10", "v2.0", "v1.0", "latest", "a"].map(tag));
    }
}
