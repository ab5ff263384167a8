//! Why a container engine did not do what it was asked to.

use std::fmt;
use std::io;
use std::net::Ipv6Addr;
use std::path::PathBuf;

use super::adapter::EngineKind;
use crate::printable::excerpt;

/// The most characters of an engine's message that are shown.
const MESSAGE_LIMIT: usize = 600;

/// Why a container engine, or `ToolHive`, did not do what it was asked to.
#[derive(Debug)]
#[non_exhaustive]
pub enum EngineError {
    /// No container engine is on this machine.
    NotInstalled,
    /// The container engine of this name is not on this machine.
    NotFound(String),
    /// `ToolHive` was asked for, and `THV_TOOLHIVE` does not name its program.
    ToolHiveUnknown,
    /// The program could not be started.
    Start {
        /// The program.
        program: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// The engine failed.
    Failed {
        /// What it was to do, such as `pulling the image x`.
        doing: String,
        /// What it wrote to standard error.
        message: String,
    },
    /// The engine printed something that cannot be read.
    Output {
        /// What it was to do, such as `listing containers`.
        doing: String,
        /// The reason.
        error: serde_json::Error,
    },
    /// The file that is handed to `ToolHive` cannot be written or removed.
    HandOver {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// A container of this name runs already.
    Running {
        /// The container.
        name: String,
        /// The engine that it belongs to.
        engine: EngineKind,
    },
    /// A container has this name and does not belong to the workload.
    Foreign(String),
    /// The engine cannot publish a port at this address.
    Unreachable(Ipv6Addr),
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled => f.write_str(
                "there is no container engine on this machine: install podman or docker",
            ),
            Self::NotFound(name) => write!(f, "the container engine {name} is not on this machine"),
            Self::ToolHiveUnknown => {
                f.write_str("set THV_TOOLHIVE to the path of ToolHive's own program")
            }
            Self::Start { program, .. } => write!(f, "starting {}", program.display()),
            Self::Failed { doing, message } => {
                write!(f, "{doing}: {}", excerpt(message.trim(), MESSAGE_LIMIT))
            }
            Self::Output { doing, .. } => f.write_str(doing),
            Self::HandOver { path, .. } => write!(f, "writing {}", path.display()),
            Self::Running { name, .. } => write!(f, "a container {name} runs already"),
            Self::Foreign(name) => {
                write!(f, "a container {name} is there already, and it is not this workload's")
            }
            Self::Unreachable(address) => write!(
                f,
                "host: podman with root's rights publishes no port at {address}: the server could \
                 not be reached"
            ),
        }
    }
}

impl std::error::Error for EngineError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Start { error, .. } | Self::HandOver { error, .. } => Some(error),
            Self::Output { error, .. } => Some(error),
            _ => None,
        }
    }
}
