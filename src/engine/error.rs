//! Why a run configuration cannot become a container, and why an engine failed.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::Ipv6Addr;
use std::path::PathBuf;

use super::adapter::EngineKind;
use crate::oci::InvalidReference;
use crate::printable::excerpt;
use crate::runconfig::InvalidValue;

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
    /// A container has this name, and the workload came from another source.
    OtherSource(String),
    /// The image was built by `ToolHive` on one machine, and this machine does not have it.
    NotHere(String),
    /// The engine cannot publish a port at this address.
    Unreachable(Ipv6Addr),
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled => f.write_str(
                "there is no container engine on this machine: install podman or docker",
            ),
            Self::NotFound(name) => write!(f, "the container engine {name} is not installed"),
            Self::ToolHiveUnknown => {
                f.write_str("set THV_TOOLHIVE to the path of ToolHive's own program")
            }
            Self::Start { program, .. } => write!(f, "starting {}", program.display()),
            Self::Failed { doing, message } => {
                write!(f, "{doing}: {}", excerpt(message.trim(), MESSAGE_LIMIT))
            }
            Self::Output { doing, .. } => f.write_str(doing),
            Self::HandOver { path, .. } => write!(f, "writing {}", path.display()),
            Self::Running { name, .. } => write!(f, "the container {name} is already running"),
            Self::Foreign(name) => {
                write!(f, "the container {name} exists already and belongs to another workload")
            }
            Self::OtherSource(name) => {
                write!(f, "the container {name} exists already and was not made from this source")
            }
            Self::NotHere(image) => write!(
                f,
                "this machine does not have the image {image}, and it cannot be pulled: ToolHive \
                 built it on another machine"
            ),
            Self::Unreachable(address) => {
                write!(f, "host: podman cannot publish a port at {address} when it runs as root")
            }
        }
    }
}

impl Error for EngineError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Start { error, .. } | Self::HandOver { error, .. } => Some(error),
            Self::Output { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// Why a run configuration cannot become a container.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanError {
    /// A text of the configuration has no meaning.
    Value(InvalidValue),
    /// The image is not an image reference.
    Image {
        /// The text of the field.
        image: String,
        /// What is wrong with it.
        error: InvalidReference,
    },
    /// No engine accepts this name for a container.
    ContainerName(String),
    /// The source of a mount does not exist.
    MissingSource(PathBuf),
    /// Ports are published, and the container has no network.
    PortsWithoutNetwork,
    /// A label that would be mistaken for one of `ToolHive`'s own.
    Label(String),
    /// The value of the secret with this name is missing.
    MissingSecret(String),
    /// An environment variable cannot reach the container unchanged. The text names it, and says why.
    Variable(String),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(error) => error.fmt(f),
            Self::Image { image, .. } => write!(f, "{image:?} is not an image reference"),
            Self::ContainerName(name) => write!(f, "{name:?} is not a valid container name"),
            Self::MissingSource(path) => {
                write!(f, "cannot mount {}: it does not exist", path.display())
            }
            Self::PortsWithoutNetwork => {
                f.write_str("no port can be published with the network mode none")
            }
            Self::Label(name) => write!(
                f,
                "container_labels: {name:?} would be taken for a label of ToolHive's own; remove it"
            ),
            Self::MissingSecret(name) => write!(
                f,
                "secret not found: {name}; set TOOLHIVE_SECRET_{name}, or give --secret \
                 {name}=@FILE"
            ),
            Self::Variable(text) => f.write_str(text),
        }
    }
}

impl Error for PlanError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Image { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl From<&InvalidValue> for PlanError {
    fn from(error: &InvalidValue) -> Self {
        Self::Value(error.clone())
    }
}
