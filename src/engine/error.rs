//! Why a container engine failed.

use std::fmt;
use std::io;
use std::net::Ipv6Addr;
use std::path::PathBuf;

use super::program::EngineKind;
use crate::printable::excerpt;

/// The most characters of an engine's message that are shown.
const MESSAGE_LIMIT: usize = 600;

/// Why a container engine did not do what it was asked to.
#[derive(Debug)]
#[non_exhaustive]
pub enum EngineError {
    /// There is none on this machine.
    NotInstalled,
    /// The one that was asked for is not on this machine.
    NotFound(String),
    /// `ToolHive` was asked for, and `THV_TOOLHIVE` does not say where it is.
    ToolHiveUnknown,
    /// It could not be started.
    Start {
        /// The program.
        program: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// It failed.
    Failed {
        /// What it was to do, such as `pulling the image x`.
        doing: String,
        /// What it wrote to standard error.
        message: String,
    },
    /// A container of that name runs already.
    Running {
        /// The container.
        name: String,
        /// Whose it is.
        engine: EngineKind,
    },
    /// A container of that name is there, and it is another workload's or nobody's.
    Foreign(String),
    /// It does not lead from this address to a container.
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
            Self::Start { program, error } => write!(f, "starting {}: {error}", program.display()),
            Self::Failed { doing, message } => {
                write!(f, "{doing}: {}", excerpt(message.trim(), MESSAGE_LIMIT))
            }
            Self::Running { name, .. } => write!(f, "a container {name} runs already"),
            Self::Foreign(name) => {
                write!(f, "a container {name} is there already, and it is not this workload's")
            }
            Self::Unreachable(address) => write!(
                f,
                "host: podman with root's rights publishes no port at {address}: nobody would reach \
                 the server"
            ),
        }
    }
}

impl std::error::Error for EngineError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Start { error, .. } => Some(error),
            _ => None,
        }
    }
}
