//! Mounts, as `ToolHive` writes them down: `path`, or `host:container`.

use std::path::{Component, Path, PathBuf};

use super::error::PlanError;

/// A directory or file of this machine in the container.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mount {
    /// The path on this machine, absolute.
    pub source: PathBuf,
    /// The path in the container, absolute.
    pub target: String,
    /// Whether the server may only read it.
    pub read_only: bool,
}

/// Characters that `ToolHive` refuses, and those that an engine's mount option cannot hold.
const FORBIDDEN: &[char] = &['$', '&', ';', '|', '`', '\0', ',', '"', '\n', '\r'];

impl Mount {
    /// Reads a declaration of a permission profile. A relative source is below `working_dir`.
    ///
    /// # Errors
    /// [`PlanError::Mount`].
    pub(super) fn parse(
        declared: &str,
        read_only: bool,
        working_dir: &Path,
    ) -> Result<Self, PlanError> {
        let invalid = |reason| PlanError::Mount { declared: declared.to_owned(), reason };
        if declared.contains("://") {
            return Err(invalid("resource URIs are not supported"));
        }
        if declared.contains(FORBIDDEN) {
            return Err(invalid("it has a character that no mount may have"));
        }
        let (source, target) = match declared.split(':').collect::<Vec<_>>()[..] {
            [path] => (path, path),
            [source, target] => (source, target),
            _ => return Err(invalid("it has more than one colon")),
        };
        if source.is_empty() || target.is_empty() {
            return Err(invalid("a path is empty"));
        }
        let source = clean(&working_dir.join(source));
        let target = clean(Path::new(target));
        let Some(target) = target.to_str().filter(|_| target.is_absolute()) else {
            return Err(invalid("the path in the container is not absolute"));
        };
        Ok(Self { target: target.to_owned(), source, read_only })
    }

    /// Reads an entry of `volumes`: a declaration, perhaps with `:ro` behind it.
    pub(super) fn parse_volume(declared: &str, working_dir: &Path) -> Result<Self, PlanError> {
        match declared.strip_suffix(":ro") {
            Some(rest) => Self::parse(rest, true, working_dir),
            None => Self::parse(declared, false, working_dir),
        }
    }
}

/// The path without `.` and `..`, by its text alone, as Go's `filepath.Clean` does.
fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}
