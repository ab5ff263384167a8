//! The directory of run configurations.

use std::env;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::atomic_file;
use crate::capped_read::read_settings;
use crate::directories::state_home;
use crate::runconfig::{Document, InvalidDocument, MAX_SIZE, WorkloadName};

const ENDING: &str = ".json";

/// `ToolHive`'s directory of run configurations. It need not exist.
#[derive(Debug, Clone)]
pub struct StateStore {
    dir: PathBuf,
    /// Where it is remembered which source a run configuration came from.
    sources: Option<PathBuf>,
}

/// What [`StateStore::save`] does where another run configuration has the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfExists {
    /// Keeps the stored one and returns [`StateError::Exists`].
    Fail,
    /// Replaces the stored one.
    Replace,
}

/// What [`StateStore::save`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SaveOutcome {
    /// Nothing was stored under this name before.
    Created,
    /// The same bytes were stored already.
    Unchanged,
    /// The run configuration that was stored before is gone.
    Replaced,
}

impl SaveOutcome {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Unchanged => "unchanged",
            Self::Replaced => "replaced",
        }
    }
}

/// A file of the state store.
#[derive(Debug)]
#[non_exhaustive]
pub struct StoredConfig {
    /// The file's name without its ending. It may be no valid workload name.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// The run configuration in it, or why it cannot be read.
    pub document: Result<Document, StateError>,
}

impl StateStore {
    /// Returns the state store of the user who runs this process: `toolhive/runconfigs` in
    /// `XDG_STATE_HOME` where that is an absolute path, else in the platform's own directory, which
    /// is `~/.local/state`, on macOS `~/Library/Application Support`, on Windows `%LOCALAPPDATA%`.
    ///
    /// # Errors
    /// [`StateError::NoHome`] where the environment names no home directory.
    pub fn from_environment() -> Result<Self, StateError> {
        let state_home = state_home(|name| env::var_os(name)).ok_or(StateError::NoHome)?;
        Ok(Self::below(&state_home))
    }

    /// Returns the state store in the directory `dir`. It does not remember which source a run
    /// configuration came from.
    #[must_use]
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), sources: None }
    }

    /// Returns the state store of a user whose directory for state is `state_home`.
    pub(super) fn below(state_home: &Path) -> Self {
        let sources = Some(state_home.join("thv").join("sources"));
        Self { dir: state_home.join("toolhive").join("runconfigs"), sources }
    }

    pub(super) fn sources_dir(&self) -> Option<&Path> {
        self.sources.as_deref()
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Returns the file of the workload `name`. A name that ends with `.json` gets no second ending.
    pub(crate) fn path_of(&self, name: &WorkloadName) -> PathBuf {
        let stem = name.as_str().strip_suffix(ENDING).unwrap_or(name.as_str());
        self.dir.join(format!("{stem}{ENDING}"))
    }

    /// Reads the run configuration of `name`.
    ///
    /// # Errors
    /// [`StateError::NotFound`], [`StateError::Invalid`], [`StateError::Io`].
    pub fn load(&self, name: &WorkloadName) -> Result<Document, StateError> {
        let path = self.path_of(name);
        read(&path).map_err(|error| match error {
            StateError::Io { error, .. } if error.kind() == io::ErrorKind::NotFound => {
                StateError::NotFound { name: name.clone(), dir: self.dir.clone() }
            }
            other => other,
        })
    }

    /// Returns every file of the store, sorted by name. A file that cannot be read is listed with
    /// its error. Each is read when the iterator comes to it.
    ///
    /// # Errors
    /// [`StateError::Io`] where the directory cannot be read. A directory that does not exist is an
    /// empty store.
    pub fn list(&self) -> Result<impl Iterator<Item = StoredConfig>, StateError> {
        let entry = |name: String| {
            let path = self.dir.join(format!("{name}{ENDING}"));
            StoredConfig { name, document: read(&path), path }
        };
        Ok(self.names()?.into_iter().map(entry))
    }

    /// Returns the name of every file of the store without its ending, sorted. The files are not
    /// read, and a name may be no valid workload name.
    pub(crate) fn names(&self) -> Result<Vec<String>, StateError> {
        let name = |path: PathBuf| {
            let name = path.file_name()?.to_str()?.strip_suffix(ENDING)?.to_owned();
            (!path.is_dir()).then_some(name)
        };
        let mut names: Vec<_> = files(&self.dir)?.into_iter().filter_map(name).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Saves `document` under `name` with mode 0600. The file is written whole or not at all.
    ///
    /// # Errors
    /// [`StateError::Exists`] where `if_exists` is [`IfExists::Fail`] and another run configuration
    /// has this name, or [`StateError::Io`].
    pub fn save(
        &self,
        name: &WorkloadName,
        document: &Document,
        if_exists: IfExists,
    ) -> Result<SaveOutcome, StateError> {
        let path = self.path_of(name);
        let failed = |error| StateError::Io { path: path.clone(), error };
        match atomic_file::create(&path, document.bytes()) {
            Ok(()) => return Ok(SaveOutcome::Created),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
        if read_settings(&path, MAX_SIZE).map_err(failed)? == document.bytes() {
            return Ok(SaveOutcome::Unchanged);
        }
        match if_exists {
            IfExists::Fail => Err(StateError::Exists { name: name.clone(), path }),
            IfExists::Replace => {
                atomic_file::write(&path, document.bytes()).map_err(failed)?;
                Ok(SaveOutcome::Replaced)
            }
        }
    }
}

/// A failed operation on the user's state.
#[derive(Debug)]
#[non_exhaustive]
pub enum StateError {
    /// The environment names no home directory.
    NoHome,
    /// No run configuration has this name.
    NotFound {
        /// The name.
        name: WorkloadName,
        /// The directory of the state store.
        dir: PathBuf,
    },
    /// Another run configuration has this name.
    Exists {
        /// The name.
        name: WorkloadName,
        /// The file of the other one.
        path: PathBuf,
    },
    /// A file holds no run configuration.
    Invalid {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: InvalidDocument,
    },
    /// A file or directory cannot be read or written.
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHome => f.write_str("no home directory is known; set HOME or XDG_STATE_HOME"),
            Self::NotFound { name, dir } => {
                write!(f, "run configuration '{name}' not found in {}", dir.display())
            }
            Self::Exists { name, path } => write!(
                f,
                "a different run configuration '{name}' exists already: {}",
                path.display()
            ),
            Self::Invalid { path, .. } | Self::Io { path, .. } => write!(f, "{}", path.display()),
        }
    }
}

impl std::error::Error for StateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Invalid { error, .. } => Some(error),
            Self::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// Returns the files and directories in `dir`; none if it does not exist.
pub(super) fn files(dir: &Path) -> Result<Vec<PathBuf>, StateError> {
    let failed = |error| StateError::Io { path: dir.to_owned(), error };
    match fs::read_dir(dir) {
        Ok(files) => files.map(|file| Ok(file.map_err(failed)?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(failed(error)),
    }
}

fn read(path: &Path) -> Result<Document, StateError> {
    let content = read_settings(path, MAX_SIZE)
        .map_err(|error| StateError::Io { path: path.to_owned(), error })?;
    Document::parse(content).map_err(|error| StateError::Invalid { path: path.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(image: &str) -> Document {
        Document::parse(format!(r#"{{"image":"{image}","name":"a"}}"#).into_bytes()).unwrap()
    }

    fn name(text: &str) -> WorkloadName {
        text.parse().unwrap()
    }

    #[test]
    fn stored_configuration_is_replaced_only_on_request() {
        let directory = tempfile::tempdir().unwrap();
        let store = StateStore::at(directory.path().join("toolhive/runconfigs"));
        let save = |image, if_exists| store.save(&name("a"), &document(image), if_exists);
        assert_eq!(save("one", IfExists::Fail).unwrap(), SaveOutcome::Created);
        assert_eq!(save("one", IfExists::Fail).unwrap(), SaveOutcome::Unchanged);
        assert!(matches!(save("two", IfExists::Fail), Err(StateError::Exists { .. })));
        assert_eq!(store.load(&name("a")).unwrap(), document("one"));
        assert_eq!(save("two", IfExists::Replace).unwrap(), SaveOutcome::Replaced);
        assert_eq!(store.load(&name("a")).unwrap(), document("two"));
    }

    #[test]
    fn broken_file_is_listed_beside_the_valid_ones() {
        let directory = tempfile::tempdir().unwrap();
        let store = StateStore::at(directory.path());
        store.save(&name("b"), &document("x"), IfExists::Fail).unwrap();
        store.save(&name("a.json"), &document("x"), IfExists::Fail).unwrap();
        fs::write(directory.path().join("broken.json"), "{").unwrap();
        fs::write(directory.path().join("other.txt"), "").unwrap();
        fs::create_dir(directory.path().join("directory.json")).unwrap();
        let listed: Vec<_> = store.list().unwrap().collect();
        let names: Vec<_> = listed.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "broken"]);
        assert!(listed[1].document.is_ok());
        assert!(matches!(listed[2].document, Err(StateError::Invalid { .. })));
        assert!(matches!(store.load(&name("c")), Err(StateError::NotFound { .. })));
        assert_eq!(StateStore::at(directory.path().join("none")).list().unwrap().count(), 0);
    }
}
