//! Has an installed `ToolHive` run a configuration.

use std::path::PathBuf;

use super::Run;
use super::launch::{ended, watching};
use super::signals::Signals;
use crate::atomic_file;
use crate::cli::failure::Failure;
use crate::engine::EngineError;
use crate::runconfig::Document;

/// The program, as `THV_TOOLHIVE` names it.
pub(super) fn program() -> Result<PathBuf, EngineError> {
    let program = std::env::var_os("THV_TOOLHIVE").filter(|path| !path.is_empty());
    program.map(PathBuf::from).ok_or(EngineError::ToolHiveUnknown)
}

impl Run {
    /// Refuses what `ToolHive`'s `run --from-config` does not take, instead of dropping it.
    pub(super) fn refuse_for_toolhive(&self, is_image: bool) -> Result<(), Failure> {
        let given = [
            ("--dry-run", self.only_show),
            ("--port", self.port.is_some() && !is_image),
            ("--detach", self.detach),
            ("--secret", self.secret.iter().any(|secret| !secret.contains(",target="))),
            ("--allow-unsupported", !self.allow_unsupported.is_empty()),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) => Err(Failure::Usage(format!(
                "{option} cannot be handed to ToolHive, which runs the configuration as it is"
            ))),
            None => Ok(()),
        }
    }
}

/// Hands the configuration over in a file that only this user can read.
pub(super) async fn hand_over(program: PathBuf, document: &Document) -> Result<(), Failure> {
    let dir = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let path = dir.join(format!("thv-{}-{}.json", std::process::id(), unique()));
    // From here on no signal leaves the file behind.
    let mut signals = Signals::to_end().map_err(watching)?;
    atomic_file::create(&path, document.bytes())
        .map_err(|error| Failure::file("writing", &path, error))?;
    let status = wait(&program, &path, &mut signals).await;
    // ToolHive has read it before it comes back.
    let removed = std::fs::remove_file(&path);
    let status = status.map_err(|error| EngineError::Start { program, error })?;
    removed.map_err(|error| Failure::file("removing", &path, error))?;
    ended(status)
}

async fn wait(
    program: &std::path::Path,
    path: &std::path::Path,
    signals: &mut Signals,
) -> std::io::Result<std::process::ExitStatus> {
    let mut command = tokio::process::Command::new(program);
    let mut process = command.args(["run", "--from-config"]).arg(path).spawn()?;
    loop {
        tokio::select! {
            status = process.wait() => return status,
            // A terminal sends Ctrl-C to ToolHive too.
            signal = signals.next() => if signal != "INT" {
                process.start_kill()?;
            }
        }
    }
}

fn unique() -> u128 {
    std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_nanos())
}
