//! Why a run configuration cannot become a container, and why an engine failed.

use std::fmt;
use std::io;
use std::net::Ipv6Addr;
use std::path::PathBuf;

use super::program::EngineKind;
use super::secret::InvalidSecret;
use crate::oci::InvalidReference;
use crate::printable::excerpt;
use crate::runconfig::UnknownTransport;

/// The most characters of an engine's message that are shown.
const MESSAGE_LIMIT: usize = 600;

/// Why a run configuration cannot become a container.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanError {
    /// The transport is unknown.
    Transport(UnknownTransport),
    /// The image is no image reference.
    Image {
        /// What stands there.
        image: String,
        /// Why not.
        error: InvalidReference,
    },
    /// The container's name is none.
    ContainerName(String),
    /// A mount cannot be read.
    Mount {
        /// What stands there.
        declared: String,
        /// Why not.
        reason: &'static str,
    },
    /// The source of a mount does not exist.
    MissingSource(PathBuf),
    /// A port is none, or missing: the field, and what stands there.
    Port {
        /// The field.
        field: &'static str,
        /// What stands there.
        found: String,
    },
    /// The address to publish at is no IP address.
    Host(String),
    /// The network's mode is no name of a network.
    NetworkMode(String),
    /// Ports cannot be published without a network.
    PortsWithoutNetwork,
    /// A secret is not written down as one.
    Secret(InvalidSecret),
    /// A secret that nobody supplied: its name.
    MissingSecret(String),
    /// The name of an environment variable cannot be handed over.
    VariableName(String),
    /// The value of this variable has a NUL, which no environment can hold.
    VariableValue(String),
    /// The value of this variable has a line break, so that only the engine's own process could hand
    /// it on, and a variable of this name is not safe there.
    EngineVariable(String),
    /// The value of this variable is longer than engines read.
    VariableSize(String),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(error) => error.fmt(f),
            Self::Image { image, error } => write!(f, "{image:?} is no image: {error}"),
            Self::ContainerName(name) => write!(f, "{name:?} is no name for a container"),
            Self::Mount { declared, reason } => write!(f, "the mount {declared:?}: {reason}"),
            Self::MissingSource(path) => {
                write!(f, "{} is to be mounted and does not exist", path.display())
            }
            Self::Port { field, found } => write!(f, "{field}: {found:?} is no port"),
            Self::Host(host) => write!(f, "host: {host:?} is no IP address"),
            Self::NetworkMode(mode) => write!(f, "{mode:?} is no network"),
            Self::PortsWithoutNetwork => {
                f.write_str("ports are to be published, and the network mode is none")
            }
            Self::Secret(error) => error.fmt(f),
            Self::MissingSecret(name) => write!(
                f,
                "secret not found: {name}; set TOOLHIVE_SECRET_{name}, or give --secret \
                 {name}=@FILE"
            ),
            Self::VariableName(name) => {
                write!(f, "{name:?} is no name for an environment variable")
            }
            Self::VariableValue(name) => {
                write!(f, "the value of {name} has a NUL, which no environment can hold")
            }
            Self::EngineVariable(name) => write!(
                f,
                "the value of {name} has a line break: it would have to stand in the container \
                 engine's own environment, where a variable of this name could change what the \
                 engine does"
            ),
            Self::VariableSize(name) => {
                write!(
                    f,
                    "the value of {name} is longer than the 64 KiB that container engines read"
                )
            }
        }
    }
}

impl std::error::Error for PlanError {}

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
