//! Mounts, as a run configuration declares them: `path`, or `host:container`.

use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use super::declared::{InvalidValue, MountDefect};

/// A mount of a permission profile.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeclaredMount {
    /// The path on this machine, which may be relative to the working directory.
    pub source: PathBuf,
    /// The path in the container: absolute, without `.` and `..`.
    pub target: String,
}

/// An entry of `volumes`: a mount, with `:ro` at its end where it is read-only.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Volume {
    /// The mount.
    pub mount: DeclaredMount,
    /// Whether it is read-only.
    pub read_only: bool,
}

/// Characters that `ToolHive` refuses, and those that an engine's mount option cannot hold.
const FORBIDDEN: &[char] = &['$', '&', ';', '|', '`', '\0', ',', '"', '\n', '\r'];

impl FromStr for DeclaredMount {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let invalid = |defect| InvalidValue::Mount { text: text.to_owned(), defect };
        if text.contains("://") {
            return Err(invalid(MountDefect::ResourceUri));
        }
        if text.contains(FORBIDDEN) {
            return Err(invalid(MountDefect::Character));
        }
        let (source, target) = match text.split(':').collect::<Vec<_>>()[..] {
            [path] => (path, path),
            [source, target] => (source, target),
            _ => return Err(invalid(MountDefect::Colons)),
        };
        if source.is_empty() || target.is_empty() {
            return Err(invalid(MountDefect::EmptyPath));
        }
        let target = clean_path(Path::new(target));
        match target.to_str() {
            Some(path) if target.is_absolute() => {
                Ok(Self { source: source.into(), target: path.to_owned() })
            }
            _ => Err(invalid(MountDefect::RelativeTarget)),
        }
    }
}

impl FromStr for Volume {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let (mount, read_only) = split_read_only(text);
        Ok(Self { mount: mount.parse()?, read_only })
    }
}

/// Splits an entry of `volumes` into the mount and whether it is read-only.
pub(crate) fn split_read_only(text: &str) -> (&str, bool) {
    text.strip_suffix(":ro").map_or((text, false), |mount| (mount, true))
}

/// Returns the path without `.` and `..`, judged by its text as Go's `filepath.Clean` does.
pub(crate) fn clean_path(path: &Path) -> PathBuf {
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
