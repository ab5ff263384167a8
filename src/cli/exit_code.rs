//! The exit code of each failure. Scripts rely on them: a code never changes its meaning.

use std::process::ExitCode;

use super::failure::Failure;
use crate::engine::EngineError;
use crate::oci;
use crate::run::RunError;
use crate::runconfig::{InvalidDocument, PullError, PushError};
use crate::state::StateError;
use crate::wire;

pub(super) const EXIT_CODES: &str = "\
Exit codes:
   0  success
   1  thv diff: the configurations differ
   2  wrong usage, or a name that could be a file or a reference
   3  not found: no such manifest, repository or workload
   4  authentication: a login is missing or was not accepted
   5  access denied
   6  network: name not resolved, connection refused or broken, timeout
   7  TLS: the handshake failed or the certificate is not trusted
   8  integrity: digest or size does not match
   9  larger than a limit
  10  not a run configuration artifact
  11  the registry refused the request or violated the protocol
  12  not a valid run configuration
  13  exists already with different content (--force replaces it)
  14  wire check found a broken rule
  15  cannot be run here because of a field, a secret, a mount or a port
  16  not run: the user did not agree (--yes agrees)
  17  no container engine found, or it failed
  18  not pushed: it holds a secret or an image of this machine (--allow PATH)
  19  local failure: a file, the transcript, the terminal or a port
 130  interrupted (Ctrl-C, SIGTERM or SIGHUP)";

pub(super) const INTERRUPTED: u8 = 130;

impl Failure {
    /// Returns the exit code of the process. A server's own exit code is passed on.
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Ended(Some(code)) => ExitCode::from(u8::try_from(*code).unwrap_or(1)),
            _ => ExitCode::from(self.code()),
        }
    }

    /// Returns the code that [`EXIT_CODES`] lists.
    pub(super) const fn code(&self) -> u8 {
        match self {
            Self::Different(_) => 1,
            Self::Findings(_) => 14,
            Self::NotAgreed | Self::NotAsked => 16,
            Self::Push(PushError::Exposed(_)) => 18,
            Self::Ended(_) => 17,
            Self::Run(error) => run_code(error),
            Self::Usage(_)
            | Self::Push(
                PushError::DigestTarget(_)
                | PushError::NothingToAllow(_)
                | PushError::OtherName { .. },
            ) => 2,
            Self::Document { error, .. } => document_code(error),
            Self::Pull { error, .. } => pull_code(error),
            Self::State(error) => state_code(error),
            Self::Push(PushError::Registry(error)) | Self::Login(error) | Self::Listing(error) => {
                registry_code(error)
            }
            Self::OutOfTime(_) => 6,
            Self::Keychain(_) => 4,
            Self::Io { .. } | Self::NoFile(_) | Self::Transcript { .. } => 19,
            Self::Interrupted => INTERRUPTED,
            Self::Several { code, .. } => *code,
        }
    }
}

const fn run_code(error: &RunError) -> u8 {
    match error {
        RunError::Location(_) | RunError::Name(_) | RunError::Edit(_) | RunError::Option(_) => 2,
        RunError::Pull(error) => pull_code(error),
        RunError::Document { error, .. } => document_code(error),
        RunError::Unsupported(_) | RunError::Plan(_) => 15,
        RunError::Engine(EngineError::HandOver { .. }) | RunError::Io { .. } => 19,
        RunError::Engine(_) | RunError::NoAnswer(_) => 17,
        RunError::State(error) => state_code(error),
        RunError::Interrupted => INTERRUPTED,
    }
}

const fn pull_code(error: &PullError) -> u8 {
    match error {
        PullError::Registry(error) => registry_code(error),
        PullError::Invalid(error) => document_code(error),
        PullError::Unsupported(_) => 10,
        PullError::Inline(_) => 8,
        PullError::OtherName { .. } => 2,
    }
}

const fn document_code(error: &InvalidDocument) -> u8 {
    match error {
        InvalidDocument::TooLarge => 9,
        _ => 12,
    }
}

const fn state_code(error: &StateError) -> u8 {
    match error {
        StateError::NotFound { .. } => 3,
        StateError::Exists { .. } => 13,
        StateError::Invalid { error, .. } => document_code(error),
        _ => 19,
    }
}

const fn registry_code(error: &oci::Error) -> u8 {
    use oci::ErrorKind as Kind;
    match error.kind() {
        Kind::NotFound(_) => 3,
        Kind::Authentication(_) => 4,
        Kind::Denied(_) => 5,
        Kind::Network(error) => match error.kind() {
            wire::HttpErrorKind::Record(_) => 19,
            _ => 6,
        },
        Kind::Tls(_) => 7,
        Kind::Local(_) => 19,
        Kind::Mismatch(_) => 8,
        Kind::TooLarge { .. } => 9,
        Kind::Manifest(_) => 10,
        Kind::Registry(_) | Kind::Protocol(_) => 11,
    }
}
