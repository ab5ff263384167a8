//! Which source each stored run configuration came from.
//!
//! A newer version from the same source may replace an older one. What came from elsewhere, or was changed
//! since, is the user's and is kept.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::store::{StateError, StateStore};
use crate::atomic_file;
use crate::oci::Digest;
use crate::runconfig::{Document, WorkloadName};

/// What the state store holds under the name of a run configuration that is to be saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    Nothing,
    /// The same bytes, from the same source.
    Same,
    /// The same bytes, from elsewhere. They belong to the user, or to another source.
    SameBytes,
    /// What the same source was run from before, unchanged since.
    SameSource,
    /// Anything else.
    Other,
}

impl Stored {
    /// Returns true if what is stored, or its container, belongs to the same source.
    pub(crate) const fn is_own(self) -> bool {
        matches!(self, Self::Same | Self::SameSource)
    }
}

#[derive(Serialize, Deserialize)]
struct Record {
    source: String,
    /// The digest of the stored file.
    digest: String,
}

impl StateStore {
    /// Compares what is stored under `name` with `document` from `source`.
    pub(crate) fn compare(
        &self,
        name: &WorkloadName,
        document: &Document,
        source: Option<&str>,
    ) -> Result<Stored, StateError> {
        let path = self.path_of(name);
        let stored = match fs::read(&path) {
            Ok(stored) => stored,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Stored::Nothing),
            Err(error) => return Err(StateError::Io { path, error }),
        };
        let is_from = |record: &Record| {
            Some(&*record.source) == source && record.digest == Digest::sha256(&stored).to_string()
        };
        let is_same_source = self.source_record(name).is_some_and(|record| is_from(&record));
        Ok(match (stored == document.bytes(), is_same_source) {
            (true, true) => Stored::Same,
            (true, false) => Stored::SameBytes,
            (false, true) => Stored::SameSource,
            (false, false) => Stored::Other,
        })
    }

    /// Remembers that `document`, stored under `name`, came from `source`.
    pub(crate) fn remember_source(
        &self,
        name: &WorkloadName,
        document: &Document,
        source: &str,
    ) -> Result<(), StateError> {
        let Some(path) = self.source_file(name) else { return Ok(()) };
        let digest = Digest::sha256(document.bytes()).to_string();
        let record = Record { source: source.to_owned(), digest };
        let written = serde_json::to_vec(&record)
            .map_err(io::Error::from)
            .and_then(|bytes| atomic_file::write_with_parents(&path, &bytes));
        written.map_err(|error| StateError::Io { path, error })
    }

    /// A record that cannot be read counts as none: then the user is asked.
    fn source_record(&self, name: &WorkloadName) -> Option<Record> {
        serde_json::from_slice(&fs::read(self.source_file(name)?).ok()?).ok()
    }

    fn source_file(&self, name: &WorkloadName) -> Option<PathBuf> {
        Some(self.sources_dir()?.join(self.path_of(name).file_name()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::IfExists;

    #[test]
    fn unchanged_configuration_of_the_same_source_is_told_from_others() {
        let home = tempfile::tempdir().unwrap();
        let store = StateStore::below(home.path());
        let name: WorkloadName = "a".parse().unwrap();
        let document = |image: &str| {
            Document::parse(format!(r#"{{"image":"{image}","name":"a"}}"#).into_bytes()).unwrap()
        };
        let (one, two) = (document("one"), document("two"));
        let compare = |source| store.compare(&name, &two, Some(source)).unwrap();
        assert_eq!(compare("r/a:v1"), Stored::Nothing);
        store.save(&name, &one, IfExists::Fail).unwrap();
        assert_eq!(compare("r/a:v1"), Stored::Other, "no source is remembered");
        store.remember_source(&name, &one, "r/a:v1").unwrap();
        assert_eq!(compare("r/a:v1"), Stored::SameSource);
        assert_eq!(compare("r/b:v1"), Stored::Other);
        assert_eq!(store.compare(&name, &two, None).unwrap(), Stored::Other);
        store.save(&name, &document("changed by the user"), IfExists::Replace).unwrap();
        assert_eq!(compare("r/a:v1"), Stored::Other, "the user has changed it");
        store.save(&name, &two, IfExists::Replace).unwrap();
        assert_eq!(compare("r/b:v1"), Stored::SameBytes, "it belongs to somebody else");
        store.remember_source(&name, &two, "r/a:v1").unwrap();
        assert_eq!(compare("r/a:v1"), Stored::Same);
        assert_eq!(compare("r/b:v1"), Stored::SameBytes);
    }
}
