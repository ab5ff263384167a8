//! What fails in the state store.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::runconfig::{InvalidDocument, WorkloadName};

/// A failed operation on the state store.
#[derive(Debug)]
#[non_exhaustive]
pub enum StateError {
    /// The environment names no home directory.
    NoHome,
    /// There is no run configuration of that name.
    NotFound {
        /// The name.
        name: WorkloadName,
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// Another run configuration of that name is there.
    Exists {
        /// The name.
        name: WorkloadName,
        /// Its file.
        path: PathBuf,
    },
    /// A file holds no run configuration.
    Invalid {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: InvalidDocument,
    },
    /// A file or directory cannot be read or written.
    Io {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHome => f.write_str("no home directory is known; set HOME or XDG_STATE_HOME"),
            Self::NotFound { name, dir } => {
                write!(f, "run configuration '{name}' not found in {}", dir.display())
            }
            Self::Exists { name, path } => write!(
                f,
                "a different run configuration '{name}' exists already: {}",
                path.display()
            ),
            Self::Invalid { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for StateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Invalid { error, .. } => Some(error),
            Self::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}
