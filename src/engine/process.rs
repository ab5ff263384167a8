//! Runs an engine's program and collects what it prints.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use super::error::EngineError;
use crate::program_search;

#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) path: PathBuf,
}

impl Program {
    /// Returns the first program called `name` in `search_path`, which has the form of `PATH`.
    pub(super) fn find(name: &str, search_path: &OsStr) -> Option<Self> {
        Some(Self { path: program_search::find(name, search_path)? })
    }

    /// Returns a command that has no standard input and is killed when its process is dropped.
    pub(super) fn command(&self, arguments: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(&self.path);
        command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Runs the program and returns what it printed, even if it fails.
    pub(super) async fn output(&self, arguments: &[&str]) -> Result<Output, EngineError> {
        self.command(arguments).output().await.map_err(|error| self.not_started(error))
    }

    /// Runs the program and returns what it printed. `doing` says what for, in an error.
    pub(super) async fn succeed(
        &self,
        arguments: &[&str],
        doing: &str,
    ) -> Result<Output, EngineError> {
        check_success(self.output(arguments).await?, doing)
    }

    /// Runs `command`, one of this program, with `input` as its standard input.
    pub(super) async fn succeed_with_input(
        &self,
        mut command: Command,
        input: &[u8],
        doing: &str,
    ) -> Result<Output, EngineError> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = self.spawn(&mut command)?;
        if let Some(mut stdin) = process.stdin.take() {
            // If the program ends before it has read its input, its own error message says more.
            let _ = stdin.write_all(input).await;
        }
        let output = process.wait_with_output().await.map_err(|error| self.not_started(error))?;
        check_success(output, doing)
    }

    pub(super) fn spawn(&self, command: &mut Command) -> Result<Child, EngineError> {
        command.spawn().map_err(|error| self.not_started(error))
    }

    fn not_started(&self, error: io::Error) -> EngineError {
        EngineError::Start { program: self.path.clone(), error }
    }
}

fn check_success(output: Output, doing: &str) -> Result<Output, EngineError> {
    if output.status.success() {
        return Ok(output);
    }
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(EngineError::Failed { doing: doing.to_owned(), message })
}
