//! `ToolHive`'s state store: a directory with one run configuration a file.
//!
//! The directory and the files in it are `ToolHive`'s own, so that workloads that it saved are
//! here, and what is saved here it can run.

mod agreements;
mod error;
mod home;

use std::env;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use self::home::state_home;
use crate::atomic_file;
use crate::runconfig::{Document, MAX_SIZE, WorkloadName};

pub use agreements::{Agreement, Agreements};
pub use error::StateError;

const ENDING: &str = ".json";

/// The directory of run configurations. It need not exist.
#[derive(Debug, Clone)]
pub struct StateStore {
    dir: PathBuf,
}

/// What to do with a different run configuration of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// Keep it and fail.
    Never,
    /// Replace it.
    Replace,
}

/// What saving did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Saved {
    /// There was none of that name.
    Created,
    /// The same bytes were there already.
    Unchanged,
    /// Another one was there, and is not any more.
    Replaced,
}

impl Saved {
    /// The word that stands in output for scripts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
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
pub struct Entry {
    /// The file's name without its ending; not checked to be a workload's name.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// What it holds.
    pub document: Result<Document, StateError>,
}

impl StateStore {
    /// The state store of the user who runs this process: `toolhive/runconfigs` in
    /// `XDG_STATE_HOME` where that is an absolute path, else in the platform's own directory:
    /// `~/.local/state`; on macOS `~/Library/Application Support`; on Windows `%LOCALAPPDATA%`.
    ///
    /// # Errors
    /// [`StateError::NoHome`] where the environment names no home directory.
    pub fn from_environment() -> Result<Self, StateError> {
        let state_home = state_home(|name| env::var_os(name)).ok_or(StateError::NoHome)?;
        Ok(Self::at(state_home.join("toolhive").join("runconfigs")))
    }

    /// A state store in the directory `dir`.
    #[must_use]
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// The directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file of the workload `name`. An ending that is part of the name is not doubled.
    #[must_use]
    pub fn path_of(&self, name: &WorkloadName) -> PathBuf {
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

    /// Every file of the store, by name. One that cannot be read is listed with its error.
    ///
    /// # Errors
    /// [`StateError::Io`] where the directory cannot be read; that it does not exist is no error.
    pub fn list(&self) -> Result<Vec<Entry>, StateError> {
        let entry = |name: String| {
            let path = self.dir.join(format!("{name}{ENDING}"));
            Entry { name, document: read(&path), path }
        };
        Ok(self.names()?.into_iter().map(entry).collect())
    }

    /// The name of every file of the store without its ending, in order; not checked to be a
    /// workload's name. Nothing is read.
    ///
    /// # Errors
    /// Those of [`Self::list`].
    pub fn names(&self) -> Result<Vec<String>, StateError> {
        let failed = |error| StateError::Io { path: self.dir.clone(), error };
        let files = match fs::read_dir(&self.dir) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut names = Vec::new();
        for file in files {
            let file = file.map_err(failed)?;
            let file_name = file.file_name();
            let Some(name) = file_name.to_str().and_then(|name| name.strip_suffix(ENDING)) else {
                continue;
            };
            if !file.path().is_dir() {
                names.push(name.to_owned());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Saves `document` under `name`, whole or not at all, mode 0600.
    ///
    /// # Errors
    /// [`StateError::Exists`] where another run configuration of that name is there and
    /// `overwrite` does not allow to replace it.
    pub fn save(
        &self,
        name: &WorkloadName,
        document: &Document,
        overwrite: Overwrite,
    ) -> Result<Saved, StateError> {
        let path = self.path_of(name);
        let failed = |error| StateError::Io { path: path.clone(), error };
        match atomic_file::create(&path, document.bytes()) {
            Ok(()) => return Ok(Saved::Created),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
        if fs::read(&path).map_err(failed)? == document.bytes() {
            return Ok(Saved::Unchanged);
        }
        match overwrite {
            Overwrite::Never => Err(StateError::Exists { name: name.clone(), path }),
            Overwrite::Replace => {
                atomic_file::write(&path, document.bytes()).map_err(failed)?;
                Ok(Saved::Replaced)
            }
        }
    }
}

/// Reads a file, one byte past the largest document at most.
fn read(path: &Path) -> Result<Document, StateError> {
    let mut content = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_SIZE as u64 + 1).read_to_end(&mut content))
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
    fn an_existing_configuration_is_replaced_only_on_request() {
        let directory = tempfile::tempdir().unwrap();
        let store = StateStore::at(directory.path().join("toolhive/runconfigs"));
        let save = |image, overwrite| store.save(&name("a"), &document(image), overwrite);
        assert_eq!(save("one", Overwrite::Never).unwrap(), Saved::Created);
        assert_eq!(save("one", Overwrite::Never).unwrap(), Saved::Unchanged);
        assert!(matches!(save("two", Overwrite::Never), Err(StateError::Exists { .. })));
        assert_eq!(store.load(&name("a")).unwrap(), document("one"));
        assert_eq!(save("two", Overwrite::Replace).unwrap(), Saved::Replaced);
        assert_eq!(store.load(&name("a")).unwrap(), document("two"));
    }

    #[test]
    fn a_broken_file_is_listed_and_does_not_hide_the_others() {
        let directory = tempfile::tempdir().unwrap();
        let store = StateStore::at(directory.path());
        store.save(&name("b"), &document("x"), Overwrite::Never).unwrap();
        store.save(&name("a.json"), &document("x"), Overwrite::Never).unwrap();
        fs::write(directory.path().join("broken.json"), "{").unwrap();
        fs::write(directory.path().join("other.txt"), "").unwrap();
        fs::create_dir(directory.path().join("directory.json")).unwrap();
        let listed = store.list().unwrap();
        let names: Vec<_> = listed.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "broken"]);
        assert!(listed[1].document.is_ok());
        assert!(matches!(listed[2].document, Err(StateError::Invalid { .. })));
        assert!(matches!(store.load(&name("c")), Err(StateError::NotFound { .. })));
        assert_eq!(StateStore::at(directory.path().join("none")).list().unwrap().len(), 0);
    }
}
