//! Why a run failed.

use std::error::Error;
use std::fmt;
use std::io;

use crate::engine::{EngineError, PlanError, Unsupported};
use crate::runconfig::{
    EditError, InvalidDocument, InvalidWorkloadName, NotRunnable, RetrieveError,
};
use crate::state::StateError;

/// Why a run failed. The container is gone then, unless the engine failed to remove it.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError {
    /// The source is nothing that this crate can run.
    NotRunnable(NotRunnable),
    /// The source could not be read.
    Retrieve(RetrieveError),
    /// A workload cannot have this name.
    Name(InvalidWorkloadName),
    /// The configuration could not be renamed.
    Edit(EditError),
    /// No run configuration can be made for the image.
    Document {
        /// The source, as it was given.
        source: String,
        /// The reason.
        error: InvalidDocument,
    },
    /// A part of the request cannot be done with this configuration. The text has options as `thv run`
    /// spells them.
    Option(String),
    /// The requested port is in use.
    PortTaken(u16),
    /// Parts of the configuration that no engine here enforces.
    Unsupported(Vec<Unsupported>),
    /// The configuration cannot become a container.
    Plan(PlanError),
    /// The container engine, or `ToolHive`, failed.
    Engine(EngineError),
    /// The server was started and never answered. The text says why that was given up.
    NoAnswer(String),
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

impl RunError {
    /// Returns the error of a variant that adds no context of its own.
    fn inner(&self) -> Option<&(dyn Error + 'static)> {
        Some(match self {
            Self::NotRunnable(error) => error,
            Self::Retrieve(error) => error,
            Self::Name(error) => error,
            Self::Edit(error) => error,
            Self::Plan(error) => error,
            Self::Engine(error) => error,
            Self::State(error) => error,
            _ => return None,
        })
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = self.inner() {
            return fmt::Display::fmt(error, f);
        }
        match self {
            Self::Unsupported(fields) => {
                let field = |found: &Unsupported| format!("{} ({})", found.field, found.reason);
                let fields: Vec<_> = fields.iter().map(field).collect();
                write!(f, "not supported here: {}", fields.join("; "))
            }
            Self::Document { source: text, .. } | Self::Option(text) | Self::NoAnswer(text) => {
                f.write_str(text)
            }
            Self::Io { doing, .. } => f.write_str(doing),
            Self::PortTaken(port) => write!(f, "port {port} is taken"),
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

macro_rules! from {
    ($($error:ty => $variant:ident),+ $(,)?) => {$(
        impl From<$error> for RunError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )+};
}

from!(
    NotRunnable => NotRunnable,
    RetrieveError => Retrieve,
    InvalidWorkloadName => Name,
    EditError => Edit,
    PlanError => Plan,
    EngineError => Engine,
    StateError => State,
);
