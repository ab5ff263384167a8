//! The error of the state store and of agreements.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::runconfig::{InvalidDocument, WorkloadName};

/// A failed operation on the user's state.
#[derive(Debug)]
#[non_exhaustive]
pub enum StateError {
    /// The environment names no home directory.
    NoHome,
    /// No run configuration has this name.
    NotFound {
        /// The name.
        name: WorkloadName,
        /// The directory of the state store.
        dir: PathBuf,
    },
    /// Another run configuration has this name.
    Exists {
        /// The name.
        name: WorkloadName,
        /// The file of the other one.
        path: PathBuf,
    },
    /// A file holds no run configuration.
    Invalid {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: InvalidDocument,
    },
    /// A file or directory cannot be read or written.
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The reason.
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
            Self::Invalid { path, .. } | Self::Io { path, .. } => write!(f, "{}", path.display()),
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
