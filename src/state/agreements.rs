//! What the user agreed to run.
//!
//! An agreement is about the digest of a manifest, so that the user is asked again after a tag moved.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::store::{StateError, files};
use crate::atomic_file;
use crate::directories::state_home;
use crate::oci::{Digest, Reference};
use crate::timestamp::Timestamp;

/// The directory of agreements. It need not exist.
#[derive(Debug, Clone)]
pub struct Agreements {
    dir: PathBuf,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Agreement {
    pub(crate) reference: String,
    pub(crate) digest: String,
    /// The time, UTC.
    pub(crate) agreed: String,
    /// The lines that the user saw.
    pub(crate) shown: Vec<String>,
}

impl Agreements {
    /// Returns the agreements of the user who runs this process: `thv/agreed` beside `ToolHive`'s
    /// state.
    ///
    /// # Errors
    /// [`StateError::NoHome`] where the environment names no home directory.
    pub fn from_environment() -> Result<Self, StateError> {
        let home = state_home(|name| std::env::var_os(name)).ok_or(StateError::NoHome)?;
        Ok(Self::at(home.join("thv").join("agreed")))
    }

    /// Returns the agreements in the directory `dir`.
    #[must_use]
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Returns true if the user agreed to run this manifest and saw exactly these lines. A file that
    /// is no agreement counts as none.
    pub(crate) fn contains(&self, digest: &Digest, shown: &[String]) -> Result<bool, StateError> {
        let path = self.path_of(digest);
        match fs::read(&path) {
            Ok(bytes) => Ok(serde_json::from_slice::<Agreement>(&bytes)
                .is_ok_and(|known| known.digest == digest.to_string() && known.shown == shown)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(StateError::Io { path, error }),
        }
    }

    /// Returns the newest agreement about this reference. Its manifest may have been another one.
    pub(crate) fn last_about(
        &self,
        reference: &Reference,
    ) -> Result<Option<Agreement>, StateError> {
        let mut last: Option<Agreement> = None;
        for path in files(&self.dir)? {
            let Ok(bytes) = fs::read(&path) else { continue };
            let Ok(agreement) = serde_json::from_slice::<Agreement>(&bytes) else { continue };
            let newer = last.as_ref().is_none_or(|last| last.agreed < agreement.agreed);
            if agreement.reference == reference.to_string() && newer {
                last = Some(agreement);
            }
        }
        Ok(last)
    }

    /// Stores that the user agreed to run this manifest and saw these lines.
    pub(crate) fn remember(
        &self,
        reference: &Reference,
        digest: &Digest,
        shown: Vec<String>,
    ) -> Result<(), StateError> {
        let agreement = Agreement {
            reference: reference.to_string(),
            digest: digest.to_string(),
            agreed: Timestamp::now().with_milliseconds(),
            shown,
        };
        let path = self.path_of(digest);
        let written = serde_json::to_vec_pretty(&agreement)
            .map_err(io::Error::from)
            .and_then(|bytes| atomic_file::write_with_parents(&path, &bytes));
        written.map_err(|error| StateError::Io { path, error })
    }

    fn path_of(&self, digest: &Digest) -> PathBuf {
        self.dir.join(format!("{}.json", digest.to_string().replace(':', "-")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_holds_for_one_manifest_and_the_lines_shown() {
        let dir = tempfile::tempdir().unwrap();
        let agreements = Agreements::at(dir.path().join("agreed"));
        let reference: Reference = "localhost:5000/a:v1".parse().unwrap();
        let (one, two) = (Digest::sha256(b"1"), Digest::sha256(b"2"));
        let shown = |text: &str| vec![text.to_owned()];
        assert!(!agreements.contains(&one, &shown("a")).unwrap());
        assert_eq!(agreements.last_about(&reference).unwrap(), None);
        agreements.remember(&reference, &one, shown("a")).unwrap();
        assert!(agreements.contains(&one, &shown("a")).unwrap());
        assert!(!agreements.contains(&one, &shown("b")).unwrap(), "other lines are shown now");
        assert!(!agreements.contains(&two, &shown("a")).unwrap(), "the tag moved");
        assert_eq!(agreements.last_about(&reference).unwrap().unwrap().shown, shown("a"));
        fs::write(agreements.path_of(&one), b"{").unwrap();
        assert!(!agreements.contains(&one, &shown("a")).unwrap());
    }
}
