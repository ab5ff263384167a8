//! An installed `ToolHive`, which runs a configuration with its proxy.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tokio::process::{Child, Command};

use super::error::EngineError;
use crate::atomic_file::{self, Temporary};
use crate::program_search;
use crate::runconfig::Document;

#[derive(Debug, Clone)]
pub(crate) struct ToolHive {
    program: PathBuf,
}

impl ToolHive {
    /// Returns the program that the environment variable `THV_TOOLHIVE` names. `PATH` cannot tell,
    /// because `ToolHive`'s program has the same name as this one.
    pub(crate) fn from_environment() -> Result<Self, EngineError> {
        let program = std::env::var_os("THV_TOOLHIVE").filter(|path| !path.is_empty());
        let program = PathBuf::from(program.ok_or(EngineError::ToolHiveUnknown)?);
        if program.parent() != Some(Path::new("")) {
            return Ok(Self { program });
        }
        // The operating system would look for a name alone in relative directories of `PATH` too.
        let search_path = std::env::var_os("PATH").unwrap_or_default();
        let found = program_search::find(&program.to_string_lossy(), &search_path);
        Ok(Self { program: found.ok_or(EngineError::ToolHiveUnknown)? })
    }

    /// Starts the program with `document`. The process has this one's standard input and output.
    pub(crate) fn start(&self, document: &Document) -> Result<ToolHiveRun, EngineError> {
        let dir =
            std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let unique = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_nanos());
        let file = dir.join(format!("thv-{}-{unique}.json", std::process::id()));
        // Only this user can read it.
        atomic_file::create(&file, document.bytes())
            .map_err(|error| EngineError::HandOver { path: file.clone(), error })?;
        let mut command = Command::new(&self.program);
        let file = Temporary { path: file };
        match command.args(["run", "--from-config"]).arg(&file.path).spawn() {
            Ok(process) => Ok(ToolHiveRun { process, file }),
            Err(error) => Err(EngineError::Start { program: self.program.clone(), error }),
        }
    }
}

/// A process of `ToolHive`. Dropping this value removes the file that the process was given.
#[derive(Debug)]
pub(crate) struct ToolHiveRun {
    pub(crate) process: Child,
    file: Temporary,
}

impl ToolHiveRun {
    /// Removes the file that the process was given. Call this after the process has ended.
    pub(crate) fn clean_up(self) -> Result<(), EngineError> {
        let path = self.file.path.clone();
        fs::remove_file(&path).map_err(|error| EngineError::HandOver { path, error })
    }
}
