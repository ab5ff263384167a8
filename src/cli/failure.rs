//! Why a command failed.
//!
//! `Display` gives the failure's own context and `source()` the cause: print a failure with
//! [`crate::printable::chain`]. The exit code and the hint stand in `exit_code.rs` and `hint.rs`.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::audit::TranscriptError;
use crate::oci::auth::KeychainError;
use crate::oci::{self, InvalidReference, Reference, Tag};
use crate::printable::chain;
use crate::run::RunError;
use crate::runconfig::{
    InvalidDocument, InvalidLocation, InvalidWorkloadName, PullError, PushError,
};
use crate::state::StateError;
use crate::wire::InvalidPem;

#[derive(Debug)]
pub(super) enum Failure {
    /// Invalid arguments, or arguments that exclude each other. The text says what to write instead.
    Usage(String),
    Io {
        /// The operation and its object, such as `reading config.json`.
        what: String,
        error: io::Error,
    },
    /// There is no such file, and the argument may be meant as something else.
    NoFile(PathBuf),
    Document {
        /// The name of the file, or another source.
        name: String,
        error: InvalidDocument,
    },
    State(StateError),
    Push(PushError),
    Pull {
        reference: Box<Reference>,
        error: PullError,
        /// Similar tags, if the tag does not exist.
        suggestions: Vec<Tag>,
    },
    Login(oci::Error),
    Listing(oci::Error),
    Keychain(KeychainError),
    Transcript {
        path: PathBuf,
        error: TranscriptError,
    },
    /// `wire check` found this many broken rules.
    Findings(usize),
    /// `diff` found this many different fields.
    Different(usize),
    Interrupted,
    /// The requests took longer than this limit.
    OutOfTime(Duration),
    Run(RunError),
    /// The user did not agree to run a configuration.
    NotAgreed,
    /// The user was not asked, because there is no terminal.
    NotAsked,
    /// The server ended with this exit code, or by a signal.
    Ended(Option<i32>),
    /// Some of many workloads failed. Exit code and hint are those of the first by name.
    Several {
        failed: usize,
        of: usize,
        code: u8,
        hint: Option<String>,
    },
}

impl Failure {
    pub(super) fn usage(message: &str) -> Self {
        Self::Usage(message.to_owned())
    }

    /// Returns the failure to read an argument.
    pub(super) fn misused(error: impl Error) -> Self {
        Self::Usage(chain(&error))
    }

    /// Returns the failure of an operation, such as `reading`, on a file.
    pub(super) fn file(doing: &str, path: &Path, error: io::Error) -> Self {
        Self::Io { what: format!("{doing} {}", path.display()), error }
    }

    pub(super) fn listening(address: SocketAddr, error: io::Error) -> Self {
        Self::Io { what: format!("listening at {address}"), error }
    }

    pub(super) fn pem(path: &Path, error: InvalidPem) -> Self {
        Self::file("reading", path, io::Error::new(io::ErrorKind::InvalidData, error))
    }

    pub(super) fn transcript(path: &Path, error: TranscriptError) -> Self {
        Self::Transcript { path: path.to_owned(), error }
    }

    pub(super) fn pull(reference: Reference) -> impl FnOnce(PullError) -> Self {
        |error| Self::Pull { reference: Box::new(reference), error, suggestions: Vec::new() }
    }

    /// Returns a heading and a list, for a failure about several things.
    pub(super) fn listed(&self) -> Option<(&'static str, Vec<String>)> {
        match self {
            Self::Run(RunError::Unsupported(fields)) => Some((
                "not supported here",
                fields.iter().map(|found| format!("{} ({})", found.field, found.reason)).collect(),
            )),
            Self::Push(PushError::Exposed(found)) => Some((
                "not pushed",
                found.iter().map(|found| format!("{} {}", found.path, found.kind)).collect(),
            )),
            _ => None,
        }
    }

    /// Returns the failure's own text, and its cause.
    fn parts(&self) -> (String, Option<&(dyn Error + 'static)>) {
        let text = match self {
            // These errors need no context.
            Self::State(error) => return unchanged(error),
            Self::Push(error) => return unchanged(error),
            Self::Login(error) | Self::Listing(error) => return unchanged(error),
            Self::Keychain(error) => return unchanged(error),
            Self::Run(error) => return unchanged(error),
            // This error names the reference itself.
            Self::Pull { error: error @ PullError::Registry(_), .. } => return unchanged(error),
            Self::Pull { reference, error, .. } => return (reference.to_string(), Some(error)),
            Self::Io { what, error } => return (what.clone(), Some(error)),
            Self::Document { name, error } => return (name.clone(), Some(error)),
            Self::Transcript { path, error } => return (path.display().to_string(), Some(error)),
            Self::Usage(message) => message.clone(),
            Self::NoFile(path) => format!("there is no file {}", path.display()),
            Self::Findings(1) => "one rule is broken".to_owned(),
            Self::Findings(count) => format!("{count} rules are broken"),
            Self::Different(1) => "one field differs".to_owned(),
            Self::Different(count) => format!("{count} fields differ"),
            Self::Interrupted => "interrupted".to_owned(),
            Self::OutOfTime(limit) => {
                format!("given up after {} seconds (--timeout)", limit.as_secs_f64())
            }
            Self::NotAgreed => "the user did not agree to run this configuration".to_owned(),
            Self::NotAsked => {
                "the user did not agree to run this configuration, because there is no \
                               terminal to ask on"
                    .to_owned()
            }
            Self::Ended(Some(code)) => format!("the server ended with exit code {code}"),
            Self::Ended(None) => "the server was ended by a signal".to_owned(),
            Self::Several { failed, of, .. } => format!("{failed} of {of} failed"),
        };
        (text, None)
    }
}

fn unchanged<'a>(error: &'a (dyn Error + 'static)) -> (String, Option<&'a (dyn Error + 'static)>) {
    (error.to_string(), error.source())
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.parts().0)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.parts().1
    }
}

macro_rules! from {
    ($($error:ty => $function:ident),+ $(,)?) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::$function(error)
            }
        }
    )+};
}

from!(
    InvalidLocation => misused,
    InvalidReference => misused,
    InvalidWorkloadName => misused,
    StateError => State,
    PushError => Push,
    KeychainError => Keychain,
    RunError => Run,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variant_without_context_shows_its_error_once() {
        let error: Failure = "docker.io/A".parse::<Reference>().unwrap_err().into();
        assert_eq!(chain(&error).matches("repository name").count(), 1, "{}", chain(&error));
        let error = io::Error::from(io::ErrorKind::NotFound);
        let text = format!("reading a.json: {error}");
        assert_eq!(chain(&Failure::file("reading", Path::new("a.json"), error)), text);
    }
}
