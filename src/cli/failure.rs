//! Why a command failed.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::audit::TranscriptError;
use crate::engine::{EngineError, NotReady, PlanError, Unsupported};
use crate::oci::auth::KeychainError;
use crate::oci::{self, InvalidReference, Reference, Tag};
use crate::runconfig::{
    InvalidDocument, InvalidLocation, InvalidWorkloadName, NotRunnable, PullError, PushError,
    RetrieveError,
};
use crate::state::StateError;
use crate::wire::InvalidPem;

/// A command that failed.
#[derive(Debug)]
pub(super) enum Failure {
    Usage(String),
    Io {
        what: String,
        error: io::Error,
    },
    /// What should be a file is none, and may be the name of something else.
    NoFile(PathBuf),
    Location(InvalidLocation),
    RegistryName(InvalidReference),
    Name(InvalidWorkloadName),
    Document {
        /// The name of the file, or another source.
        name: String,
        error: InvalidDocument,
    },
    State(StateError),
    Push(PushError),
    Pull {
        reference: Reference,
        error: PullError,
        /// Similar tags, if the tag does not exist.
        suggestions: Vec<Tag>,
    },
    Login(oci::Error),
    Keychain(KeychainError),
    Transcript {
        path: String,
        error: TranscriptError,
    },
    /// That many broken rules.
    Findings(usize),
    /// That many fields that differ.
    Different(usize),
    /// Ctrl-C, or another signal to end.
    Interrupted,
    /// Registries took longer than the user allows.
    OutOfTime(std::time::Duration),
    /// A list could not be had.
    Listing(oci::Error),
    NotRunnable(NotRunnable),
    Retrieve(RetrieveError),
    Plan(PlanError),
    Engine(EngineError),
    NotReady(NotReady),
    /// What a configuration asks for and nothing here enforces.
    Unsupported(Vec<Unsupported>),
    /// The user did not agree.
    NotAgreed,
    /// The server ended with this code, or by a signal.
    Ended(Option<i32>),
    /// Some of many failed; the exit code and the hint are those of the first by name.
    Several {
        failed: usize,
        of: usize,
        code: u8,
        hint: Option<String>,
    },
}

impl Failure {
    /// A failed operation on a file.
    pub(super) fn file(doing: &str, path: &Path, error: io::Error) -> Self {
        Self::Io { what: format!("{doing} {}", path.display()), error }
    }

    /// Returns the failure to listen at `address`.
    pub(super) fn listening(address: SocketAddr, error: io::Error) -> Self {
        Self::Io { what: format!("listening at {address}"), error }
    }

    /// A failed pull of `reference`.
    pub(super) fn pull(reference: Reference) -> impl FnOnce(PullError) -> Self {
        |error| Self::Pull { reference, error, suggestions: Vec::new() }
    }

    /// A transcript that cannot be read.
    pub(super) fn transcript(path: &Path, error: TranscriptError) -> Self {
        Self::Transcript { path: path.display().to_string(), error }
    }

    /// What is said of several things, and each of them, where the failure is about such.
    pub(super) fn listed(&self) -> Option<(&'static str, Vec<String>)> {
        Some(match self {
            Self::Unsupported(fields) => (
                "nothing here can honour",
                fields.iter().map(|found| format!("{} ({})", found.field, found.reason)).collect(),
            ),
            Self::Push(PushError::Exposed(found)) => (
                "not pushed",
                found.iter().map(|found| format!("{} {}", found.path, found.kind)).collect(),
            ),
            _ => return None,
        })
    }

    /// A file that is not the PEM that it should be.
    pub(super) fn pem(path: &Path, error: InvalidPem) -> Self {
        Self::file("reading", path, io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => f.write_str(error),
            Self::Io { what, .. } => f.write_str(what),
            Self::NoFile(path) => write!(f, "there is no file {}", path.display()),
            Self::Location(error) => error.fmt(f),
            Self::Name(error) => error.fmt(f),
            Self::RegistryName(error) => error.fmt(f),
            Self::Document { name, .. } => f.write_str(name),
            Self::State(error) => error.fmt(f),
            Self::Push(error) => error.fmt(f),
            Self::Pull { error: error @ PullError::Registry(_), .. } => error.fmt(f),
            Self::Pull { reference, .. } => reference.fmt(f),
            Self::Login(error) | Self::Listing(error) => error.fmt(f),
            Self::Keychain(error) => error.fmt(f),
            Self::Transcript { path, .. } => f.write_str(path),
            Self::NotRunnable(error) => error.fmt(f),
            Self::Retrieve(error) => error.fmt(f),
            Self::Plan(error) => error.fmt(f),
            Self::Engine(error) => error.fmt(f),
            Self::NotReady(error) => error.fmt(f),
            Self::NotAgreed => f.write_str("nobody agreed to run this configuration"),
            Self::Ended(Some(code)) => write!(f, "the server ended with exit code {code}"),
            Self::Ended(None) => f.write_str("the server was ended by a signal"),
            Self::Unsupported(_) => {
                let (what, each) = self.listed().unwrap_or_default();
                write!(f, "{what}: {}", each.join("; "))
            }
            Self::Different(1) => f.write_str("one field differs"),
            Self::Different(count) => write!(f, "{count} fields differ"),
            Self::Several { failed, of, .. } => write!(f, "{failed} of {of} failed"),
            Self::Interrupted => f.write_str("interrupted"),
            Self::OutOfTime(limit) => {
                write!(f, "given up after {} seconds (--timeout)", limit.as_secs_f64())
            }
            Self::Findings(1) => f.write_str("one rule is broken"),
            Self::Findings(count) => write!(f, "{count} rules are broken"),
        }
    }
}

impl std::error::Error for Failure {
    /// A variant that only wraps an error shows that error's text, and so has that error's source.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            Self::Document { error, .. } => Some(error),
            Self::Pull { error: error @ PullError::Registry(_), .. } => error.source(),
            Self::Pull { error, .. } => Some(error),
            Self::Transcript { error, .. } => Some(error),
            Self::Location(error) => error.source(),
            Self::Name(error) => error.source(),
            Self::RegistryName(error) => error.source(),
            Self::State(error) => error.source(),
            Self::Push(error) => error.source(),
            Self::Login(error) | Self::Listing(error) => error.source(),
            Self::Keychain(error) => error.source(),
            Self::NotRunnable(error) => error.source(),
            Self::Retrieve(error) => error.source(),
            Self::Plan(error) => error.source(),
            Self::Engine(error) => error.source(),
            Self::NotReady(error) => error.source(),
            _ => None,
        }
    }
}

macro_rules! from {
    ($($error:ty => $variant:ident),+) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )+};
}
from!(InvalidLocation => Location, InvalidReference => RegistryName, InvalidWorkloadName => Name, StateError => State,
      PushError => Push, NotRunnable => NotRunnable,
      RetrieveError => Retrieve, PlanError => Plan, EngineError => Engine, NotReady => NotReady, KeychainError => Keychain);
