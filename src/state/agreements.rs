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

/// The number of agreements that are kept.
const LIMIT: usize = 500;

/// The directory of agreements. It need not exist.
#[derive(Debug, Clone)]
pub struct Agreements {
    dir: PathBuf,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Agreement {
    pub(crate) reference: String,
    pub(crate) digest: String,
    /// The digest of the image that the user saw. Agreements of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) image: Option<Digest>,
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

    /// Returns the agreement to run this manifest. A file that is no agreement counts as none.
    pub(crate) fn about(&self, digest: &Digest) -> Result<Option<Agreement>, StateError> {
        let path = self.path_of(digest);
        match fs::read(&path) {
            Ok(bytes) => Ok(serde_json::from_slice::<Agreement>(&bytes)
                .ok()
                .filter(|known| known.digest == digest.to_string())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StateError::Io { path, error }),
        }
    }

    /// Returns all agreements, the newest first.
    pub(crate) fn list(&self) -> Result<Vec<Agreement>, StateError> {
        let mut agreements: Vec<_> = self.read()?.into_iter().map(|(_, known)| known).collect();
        agreements.sort_by(|a, b| b.agreed.cmp(&a.agreed));
        Ok(agreements)
    }

    /// Forgets the agreements about `reference`, or all of them, and returns their number. The user is
    /// asked again at the next run.
    pub(crate) fn forget(&self, reference: Option<&Reference>) -> Result<usize, StateError> {
        let reference = reference.map(Reference::to_string);
        let mut count = 0;
        for (path, known) in self.read()? {
            if reference.as_ref().is_none_or(|reference| known.reference == *reference) {
                fs::remove_file(&path).map_err(|error| StateError::Io { path, error })?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// Reads every file that is an agreement.
    fn read(&self) -> Result<Vec<(PathBuf, Agreement)>, StateError> {
        let read = |path: PathBuf| {
            let bytes = fs::read(&path).ok()?;
            Some((path, serde_json::from_slice(&bytes).ok()?))
        };
        Ok(files(&self.dir)?.into_iter().filter_map(read).collect())
    }

    /// Returns the newest agreement about this reference. Its manifest may have been another one.
    pub(crate) fn last_about(
        &self,
        reference: &Reference,
    ) -> Result<Option<Agreement>, StateError> {
        let reference = reference.to_string();
        Ok(self.list()?.into_iter().find(|known| known.reference == reference))
    }

    /// Stores that the user agreed to run this manifest with this image, and saw these lines. This
    /// replaces older agreements about the same reference. Of all agreements, the newest 500 are kept.
    pub(crate) fn remember(
        &self,
        reference: &Reference,
        digest: &Digest,
        image: Option<&Digest>,
        shown: Vec<String>,
    ) -> Result<(), StateError> {
        let name = reference.to_string();
        let (older, mut others): (Vec<_>, Vec<_>) =
            self.read()?.into_iter().partition(|(_, known)| known.reference == name);
        others.sort_by(|(_, a), (_, b)| b.agreed.cmp(&a.agreed));
        for (path, _) in older.into_iter().chain(others.into_iter().skip(LIMIT - 1)) {
            fs::remove_file(&path).map_err(|error| StateError::Io { path, error })?;
        }
        let agreement = Agreement {
            image: image.cloned(),
            reference: name,
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

    fn shown(text: &str) -> Vec<String> {
        vec![text.to_owned()]
    }

    #[test]
    fn agreement_is_about_one_manifest_and_keeps_the_lines_and_the_image() {
        let dir = tempfile::tempdir().unwrap();
        let agreements = Agreements::at(dir.path().join("agreed"));
        let reference: Reference = "localhost:5000/a:v1".parse().unwrap();
        let (one, two) = (Digest::sha256(b"1"), Digest::sha256(b"2"));
        assert_eq!(agreements.about(&one).unwrap(), None);
        assert_eq!(agreements.last_about(&reference).unwrap(), None);
        agreements.remember(&reference, &one, Some(&two), shown("a")).unwrap();
        let known = agreements.about(&one).unwrap().unwrap();
        assert_eq!((known.shown, known.image), (shown("a"), Some(two.clone())));
        assert_eq!(agreements.about(&two).unwrap(), None, "the tag moved");
        assert_eq!(agreements.last_about(&reference).unwrap().unwrap().shown, shown("a"));
        fs::write(agreements.path_of(&one), b"{").unwrap();
        assert_eq!(agreements.about(&one).unwrap(), None);
    }

    #[test]
    fn newer_agreement_replaces_the_older_one_about_the_same_reference() {
        let dir = tempfile::tempdir().unwrap();
        let agreements = Agreements::at(dir.path());
        let reference: Reference = "localhost:5000/a:v1".parse().unwrap();
        let other: Reference = "localhost:5000/b:v1".parse().unwrap();
        for (reference, content) in [(&reference, b"1"), (&other, b"2"), (&reference, b"3")] {
            agreements.remember(reference, &Digest::sha256(content), None, shown("a")).unwrap();
        }
        let digests: Vec<_> =
            agreements.list().unwrap().into_iter().map(|known| known.digest).collect();
        let expected = [b"3", b"2"].map(|content| Digest::sha256(content).to_string());
        assert_eq!(digests, expected, "the newest first");
        assert_eq!(agreements.forget(Some(&other)).unwrap(), 1);
        assert_eq!(agreements.forget(Some(&other)).unwrap(), 0);
        assert_eq!(agreements.forget(None).unwrap(), 1);
        assert_eq!(agreements.list().unwrap(), []);
    }

    #[test]
    fn number_of_agreements_is_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let agreements = Agreements::at(dir.path());
        for number in 0..LIMIT {
            let digest = Digest::sha256(number.to_string().as_bytes());
            let agreement = Agreement {
                reference: format!("localhost:5000/a:v{number}"),
                digest: digest.to_string(),
                image: None,
                agreed: format!("{number:04}"),
                shown: Vec::new(),
            };
            let content = serde_json::to_vec(&agreement).unwrap();
            fs::write(agreements.path_of(&digest), content).unwrap();
        }
        let reference: Reference = "localhost:5000/new:v1".parse().unwrap();
        agreements.remember(&reference, &Digest::sha256(b"new"), None, shown("a")).unwrap();
        let kept = agreements.list().unwrap();
        assert_eq!(kept.len(), LIMIT);
        assert!(kept.iter().all(|known| known.agreed != "0000"), "the oldest is gone");
        assert!(kept.iter().any(|known| known.reference == reference.to_string()));
    }
}
