//! What the user agreed to run: by the digest of its manifest, so that a tag that moved asks again.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{StateError, state_home};
use crate::atomic_file;
use crate::oci::{Digest, Reference};
use crate::timestamp::Timestamp;

/// The directory of agreements, `thv/agreed` beside `ToolHive`'s state. It need not exist.
#[derive(Debug, Clone)]
pub struct Agreements {
    dir: PathBuf,
}

/// One agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Agreement {
    /// The reference that was run.
    pub reference: String,
    /// The digest of its manifest.
    pub digest: String,
    /// When, UTC.
    pub agreed: String,
    /// What was shown, line by line.
    pub shown: Vec<String>,
}

impl Agreements {
    /// Those of the user who runs this process.
    ///
    /// # Errors
    /// [`StateError::NoHome`] where the environment names no home directory.
    pub fn from_environment() -> Result<Self, StateError> {
        let home = state_home(|name| std::env::var_os(name)).ok_or(StateError::NoHome)?;
        Ok(Self::at(home.join("thv").join("agreed")))
    }

    /// Those in the directory `dir`.
    #[must_use]
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Whether the user agreed to run this manifest, and saw what would be shown now.
    ///
    /// # Errors
    /// [`StateError::Io`].
    pub fn contains(&self, digest: &Digest, shown: &[String]) -> Result<bool, StateError> {
        let path = self.path_of(digest);
        match fs::read(&path) {
            // What cannot be read is no agreement.
            Ok(bytes) => Ok(serde_json::from_slice::<Agreement>(&bytes)
                .is_ok_and(|known| known.digest == digest.to_string() && known.shown == shown)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(StateError::Io { path, error }),
        }
    }

    /// The last agreement about this reference, whatever it named then.
    ///
    /// # Errors
    /// [`StateError::Io`].
    pub fn last_about(&self, reference: &Reference) -> Result<Option<Agreement>, StateError> {
        let failed = |error| StateError::Io { path: self.dir.clone(), error };
        let files = match fs::read_dir(&self.dir) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut last: Option<Agreement> = None;
        for file in files {
            let path = file.map_err(failed)?.path();
            let Ok(bytes) = fs::read(&path) else { continue };
            let Ok(agreement) = serde_json::from_slice::<Agreement>(&bytes) else { continue };
            let newer = last.as_ref().is_none_or(|last| last.agreed < agreement.agreed);
            if agreement.reference == reference.to_string() && newer {
                last = Some(agreement);
            }
        }
        Ok(last)
    }

    /// Remembers that the user agreed to what was shown.
    ///
    /// # Errors
    /// [`StateError::Io`].
    pub fn remember(
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
        let bytes = serde_json::to_vec_pretty(&agreement).unwrap_or_default();
        atomic_file::write_with_parents(&path, &bytes)
            .map_err(|error| StateError::Io { path, error })
    }

    fn path_of(&self, digest: &Digest) -> PathBuf {
        self.dir.join(format!("{}.json", digest.to_string().replace(':', "-")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agreement_is_about_one_manifest_and_what_was_shown() {
        let dir = tempfile::tempdir().unwrap();
        let agreements = Agreements::at(dir.path().join("agreed"));
        let reference: Reference = "localhost:5000/a:v1".parse().unwrap();
        let (one, two) = (Digest::sha256(b"1"), Digest::sha256(b"2"));
        let shown = |text: &str| vec![text.to_owned()];
        assert!(!agreements.contains(&one, &shown("a")).unwrap());
        assert_eq!(agreements.last_about(&reference).unwrap(), None);
        agreements.remember(&reference, &one, shown("a")).unwrap();
        assert!(agreements.contains(&one, &shown("a")).unwrap());
        assert!(!agreements.contains(&one, &shown("b")).unwrap(), "this machine shows another");
        assert!(!agreements.contains(&two, &shown("a")).unwrap(), "the tag moved");
        assert_eq!(agreements.last_about(&reference).unwrap().unwrap().shown, shown("a"));
        fs::write(agreements.path_of(&one), b"{").unwrap();
        assert!(!agreements.contains(&one, &shown("a")).unwrap());
    }
}
