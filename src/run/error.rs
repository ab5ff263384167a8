//! Why a run failed.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::engine::{EngineError, PlanError, Unsupported};
use crate::oci::Reference;
use crate::runconfig::{
    EditError, InvalidDocument, InvalidLocation, InvalidWorkloadName, PullError,
};
use crate::state::StateError;

/// Why a run failed. The container was removed, unless the engine failed to remove it.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError {
    /// The source names nothing that this crate can run.
    Location(InvalidLocation),
    /// The registry could not be asked, or what it has cannot be run.
    Pull(PullError),
    /// A workload cannot have this name.
    Name(InvalidWorkloadName),
    /// The configuration could not be renamed.
    Edit(EditError),
    /// A file holds no run configuration, or none can be made for the image.
    Document {
        /// The file, or the source as it was given.
        source: String,
        /// The reason.
        error: InvalidDocument,
    },
    /// A part of the request cannot be done with this configuration.
    Option(UnusableOption),
    /// Parts of the configuration that no engine here enforces.
    Unsupported(Vec<Unsupported>),
    /// The configuration cannot become a container.
    Plan(PlanError),
    /// The container engine, or `ToolHive`, failed.
    Engine(EngineError),
    /// The server was started and never answered.
    NoAnswer(NoAnswer),
    /// The state store or the agreements cannot be read or written.
    State(StateError),
    /// The system failed.
    Io {
        /// What was to be done, such as `looking for a free port`.
        doing: String,
        /// The reason.
        error: io::Error,
    },
    /// A signal ended the run before there was a container.
    Interrupted,
}

/// An option that cannot be used. The texts have the names of `thv run`'s options.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnusableOption {
    /// Options for an image, with a run configuration.
    ImageOptions,
    /// A run configuration was asked for, and this is a container image.
    ContainerImage(Reference),
    /// A stdio server in the background.
    DetachedStdio,
    /// A published port for a stdio server.
    StdioPort,
    /// A published port for a server in the host's network.
    HostNetworkPort,
    /// The port is in use.
    PortTaken(u16),
    /// The configuration names no secret of this name.
    UnknownSecret(String),
    /// The file of a secret has more than this number of bytes.
    SecretSize(PathBuf, usize),
    /// The file of a secret is empty.
    EmptySecret(PathBuf),
    /// The file of a secret is not UTF-8.
    SecretEncoding(PathBuf),
    /// `ToolHive` has no such option with a run configuration.
    ToolHive(&'static str),
}

/// Why a server that was started counts as failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoAnswer {
    /// It did not answer within this time.
    TimedOut(Duration),
    /// It ended, with success.
    Ended,
    /// Its container is gone.
    Gone,
    /// It ended several times in the background. These are its last lines.
    EndedRepeatedly(String),
    /// A signal ended the wait.
    Signal,
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Pull(PullError::Unsupported(_)) = self {
            f.write_str("not a container image, and ")?;
        }
        if let Some(error) = self.inner() {
            return fmt::Display::fmt(error, f);
        }
        match self {
            Self::Unsupported(fields) => {
                let field = |found: &Unsupported| format!("{} ({})", found.field, found.reason);
                let fields: Vec<_> = fields.iter().map(field).collect();
                write!(f, "not supported here: {}", fields.join("; "))
            }
            Self::Document { source, .. } => f.write_str(source),
            Self::Io { doing, .. } => f.write_str(doing),
            _ => f.write_str("interrupted"),
        }
    }
}

impl Error for RunError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Document { error, .. } => Some(error),
            Self::Io { error, .. } => Some(error),
            _ => self.inner()?.source(),
        }
    }
}

impl fmt::Display for UnusableOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ImageOptions => f.write_str(
                "this is a run configuration: options for images cannot be used with it",
            ),
            Self::ContainerImage(reference) => {
                write!(f, "{reference} is a container image, not a run configuration")
            }
            Self::DetachedStdio => {
                f.write_str("--detach is for HTTP: a stdio server lives as long as its client")
            }
            Self::StdioPort => f.write_str("--port is for HTTP: a stdio server has no port"),
            Self::HostNetworkPort => f.write_str(
                "--port cannot be used with the host network: the server listens at its target_port",
            ),
            Self::PortTaken(port) => write!(f, "port {port} is taken"),
            Self::UnknownSecret(name) => write!(f, "the configuration names no secret {name:?}"),
            Self::SecretSize(path, limit) => {
                write!(f, "{} has more than {limit} bytes", path.display())
            }
            Self::EmptySecret(path) => write!(f, "{} is empty", path.display()),
            Self::SecretEncoding(path) => write!(f, "{} is not UTF-8", path.display()),
            Self::ToolHive(option) => write!(
                f,
                "{option} cannot be used with --engine toolhive, which passes the configuration to ToolHive unchanged"
            ),
        }
    }
}

impl Error for UnusableOption {}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut(waited) => {
                write!(f, "the server did not answer within {} seconds", waited.as_secs())
            }
            Self::Ended => f.write_str("the server ended with exit code 0 before it answered"),
            Self::Gone => f.write_str("the server's container was removed before it answered"),
            Self::EndedRepeatedly(last) => {
                write!(f, "the server ended repeatedly before it answered: {last}")
            }
            Self::Signal => f.write_str("stopped by a signal before the server answered"),
        }
    }
}

impl Error for NoAnswer {}

/// Variants that add no context of their own to an error.
macro_rules! transparent {
    ($($variant:ident($error:ty)),+ $(,)?) => {
        impl RunError {
            fn inner(&self) -> Option<&(dyn Error + 'static)> {
                match self {
                    $(Self::$variant(error) => Some(error),)+
                    _ => None,
                }
            }
        }
        $(impl From<$error> for RunError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        })+
    };
}

transparent!(
    Location(InvalidLocation),
    Pull(PullError),
    Name(InvalidWorkloadName),
    Edit(EditError),
    Option(UnusableOption),
    Plan(PlanError),
    Engine(EngineError),
    NoAnswer(NoAnswer),
    State(StateError),
);
