//! Finds out what a user wants to run: a run configuration, or a plain image.
//!
//! Nothing is run here. The type of an error, never its text, decides whether a local image may be used
//! instead.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::document::Document;
use super::error::{InvalidDocument, MAX_SIZE};
use super::location::{ConfigLocation, InvalidLocation};
use super::pull::{PullError, Pulled, pull};
use crate::capped_read::read_capped;
use crate::oci::{Client, ErrorKind, Reference, UnsupportedArtifact};
use crate::wire;

/// The schemes for which `ToolHive` builds an image.
const BUILT_BY_TOOLHIVE: [&str; 3] = ["uvx://", "npx://", "go://"];
/// The prefixes of names in `ToolHive`'s catalogue, which begin with a reversed domain:
/// `io.github.owner/server`.
const REVERSED_DOMAINS: [&str; 6] = ["io.", "com.", "org.", "net.", "dev.", "ai."];

/// What a user typed that can be run.
#[derive(Debug)]
pub(crate) enum Runnable {
    /// A file; with `by_name`, one that was named without `./`.
    File {
        path: PathBuf,
        by_name: bool,
    },
    Registry(Reference),
}

/// Parses what a user typed: a file or a reference; see [`ConfigLocation::parse`]. What only
/// `ToolHive` can run is an error.
pub(crate) fn runnable(text: &str) -> Result<Runnable, NotRunnable> {
    if BUILT_BY_TOOLHIVE.iter().any(|scheme| text.starts_with(scheme)) {
        return Err(NotRunnable::ToolHive(format!(
            "{text:?} is a package that ToolHive builds an image for; run it with ToolHive's own \
             `thv run {text}`, then share what it stored with `thv export`"
        )));
    }
    if ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme)) {
        return Err(NotRunnable::ToolHive(format!(
            "{text:?} is the URL of a remote server, which is reached through a proxy; run it with \
             ToolHive's own `thv run {text}`"
        )));
    }
    match location(text) {
        Ok(Runnable::Registry(_)) if is_name_in_catalogue(text) => {
            Err(NotRunnable::ToolHive(format!(
                "{text:?} is a name in ToolHive's catalogue; run it with ToolHive's own `thv run \
                 {text}`, or write {text}:TAG for an image"
            )))
        }
        Err(InvalidLocation::Ambiguous(text)) if !text.is_empty() => {
            Err(NotRunnable::ToolHive(format!(
                "{text:?} may be a name in ToolHive's catalogue, which ToolHive's own `thv run \
                 {text}` runs; write {text}:latest for an image, or ./{text} for a file"
            )))
        }
        other => other.map_err(NotRunnable::Location),
    }
}

fn location(text: &str) -> Result<Runnable, InvalidLocation> {
    match ConfigLocation::parse(text)? {
        ConfigLocation::File(path) => Ok(Runnable::File { path, by_name: false }),
        ConfigLocation::Registry(reference) => Ok(Runnable::Registry(reference)),
        ConfigLocation::Name(name) => {
            Ok(Runnable::File { path: ConfigLocation::file_of_name(&name)?, by_name: true })
        }
        // The caller reads standard input itself.
        ConfigLocation::Standard => Err(InvalidLocation::Ambiguous(text.to_owned())),
    }
}

/// Returns true for a reversed domain and a name, with neither a port nor a tag.
fn is_name_in_catalogue(text: &str) -> bool {
    REVERSED_DOMAINS.iter().any(|domain| text.starts_with(domain))
        && text.split('/').count() == 2
        && !text.contains([':', '@'])
}

/// Why a source cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotRunnable {
    /// Only `ToolHive` can run it, or could mean it. The text says what to do.
    ToolHive(String),
    /// It is neither a file nor a reference.
    Location(InvalidLocation),
}

impl fmt::Display for NotRunnable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ToolHive(text) => f.write_str(text),
            Self::Location(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NotRunnable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::ToolHive(_) => None,
            Self::Location(error) => error.source(),
        }
    }
}

pub(crate) fn read_file(path: &Path) -> Result<Document, RetrieveError> {
    let bytes = read_capped(path, MAX_SIZE)
        .map_err(|error| RetrieveError::File { path: path.to_owned(), error })?;
    Document::parse(bytes).map_err(|error| RetrieveError::Invalid { path: path.to_owned(), error })
}

/// Pulls the run configuration that `reference` names; returns `None` for a container image or an
/// index of images.
pub(crate) async fn pull_unless_image(
    client: &Client,
    reference: &Reference,
) -> Result<Option<Pulled>, RetrieveError> {
    match pull(client, reference).await {
        Ok(pulled) => Ok(Some(pulled)),
        Err(PullError::Unsupported(
            UnsupportedArtifact::ContainerImage | UnsupportedArtifact::Index { .. },
        )) => Ok(None),
        Err(error) => Err(RetrieveError::Pull(error)),
    }
}

/// Why nothing was found that can be run.
#[derive(Debug)]
#[non_exhaustive]
pub enum RetrieveError {
    /// A file cannot be read.
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// A file holds no run configuration.
    Invalid {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: InvalidDocument,
    },
    /// The registry could not be asked, or what it has cannot be run.
    Pull(PullError),
}

impl RetrieveError {
    /// Returns true if an image that is on this machine already may run instead: the registry does not
    /// have it, or cannot be reached.
    pub(crate) fn allows_local_image(&self) -> bool {
        use wire::HttpErrorKind::{Connection, Refused, Timeout, Unresolved};
        let Self::Pull(PullError::Registry(error)) = self else { return false };
        match error.kind() {
            ErrorKind::NotFound(_) => true,
            // Even a malformed response proves that something is there.
            ErrorKind::Network(error) => {
                matches!(error.kind(), Unresolved | Refused | Connection(_) | Timeout)
            }
            _ => false,
        }
    }
}

impl fmt::Display for RetrieveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, .. } => write!(f, "reading {}", path.display()),
            Self::Invalid { path, .. } => path.display().fmt(f),
            Self::Pull(error @ PullError::Unsupported(_)) => {
                write!(f, "not a container image, and {error}")
            }
            Self::Pull(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RetrieveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { error, .. } => Some(error),
            Self::Invalid { error, .. } => Some(error),
            Self::Pull(error) => error.source(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_toolhive_runs_is_named() {
        let said = |text: &str| runnable(text).unwrap_err().to_string();
        for scheme in ["uvx://mcp-server", "npx://@a/b@1.0", "go://./cmd"] {
            assert!(said(scheme).contains(&format!("thv run {scheme}")), "{scheme}");
        }
        assert!(said("io.github.stacklok/fetch").contains("ToolHive's catalogue"));
        assert!(said("fetch").contains("fetch:latest"));
        assert!(said("https://example.com/mcp").contains("remote server"));
        assert!(said("").contains("the argument is empty"));
        for image in ["dev.internal:5000/mcp/fetch", "io.example/a/b", "com.example:5000/fetch"] {
            assert!(matches!(runnable(image), Ok(Runnable::Registry(_))), "{image}");
        }
        assert!(matches!(runnable("io.github.stacklok/fetch:v1"), Ok(Runnable::Registry(_))));
        assert!(matches!(runnable("ghcr.io/example/fetch"), Ok(Runnable::Registry(_))));
        assert!(matches!(runnable("./fetch"), Ok(Runnable::File { by_name: false, .. })));
    }
}
