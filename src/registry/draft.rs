//! Content that arrives in pieces: in a file, or in memory of which there is so much and no more.

use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::BuildHasher as _;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::oci::{Algorithm, Digest, Hasher};

/// Memory that content may take, shared by everything that takes of it.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<Mutex<u64>>);

impl Budget {
    pub(super) fn of(bytes: u64) -> Self {
        Self(Arc::new(Mutex::new(bytes)))
    }

    /// Takes `bytes`, or fails with [`io::ErrorKind::StorageFull`].
    pub(super) fn take(&self, bytes: usize) -> io::Result<()> {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.checked_sub(bytes as u64).ok_or(io::ErrorKind::StorageFull)?;
        Ok(())
    }

    pub(super) fn give_back(&self, bytes: usize) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += bytes as u64;
    }
}

/// A blob that is being received. It is gone when it is dropped.
#[derive(Debug)]
pub(super) struct Draft {
    hasher: Hasher,
    algorithm: Algorithm,
    length: u64,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Memory(Vec<u8>, Budget),
    File(Unnamed),
}

/// A file that has not got its name yet, and is removed if it never gets it.
#[derive(Debug)]
struct Unnamed(PathBuf);

impl Drop for Unnamed {
    fn drop(&mut self) {
        // After a rename there is nothing to remove.
        let _ = fs::remove_file(&self.0);
    }
}

impl Draft {
    pub(super) fn in_memory(algorithm: Algorithm, budget: &Budget) -> Self {
        Self::new(algorithm, Place::Memory(Vec::new(), budget.clone()))
    }

    /// A draft in a file of `directory`, which is created if it is missing.
    pub(super) fn in_directory(algorithm: Algorithm, directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let path = directory.join(format!("{:016x}", RandomState::new().hash_one(0)));
        options.open(&path)?;
        Ok(Self::new(algorithm, Place::File(Unnamed(path))))
    }

    fn new(algorithm: Algorithm, place: Place) -> Self {
        Self { hasher: Hasher::new(algorithm), algorithm, length: 0, place }
    }

    /// The number of bytes received.
    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    /// Opens the draft for more content. A draft at rest holds no file open, so that many can rest.
    pub(super) fn open(&mut self) -> io::Result<Writer<'_>> {
        let file = match &self.place {
            Place::Memory(..) => None,
            Place::File(path) => Some(OpenOptions::new().append(true).open(&path.0)?),
        };
        Ok(Writer { draft: self, file })
    }

    /// The content, if it has this digest and is in memory; its budget goes with it.
    pub(super) fn into_memory(mut self, digest: &Digest) -> Option<Vec<u8>> {
        let found = self.digest(digest.algorithm());
        let Place::Memory(content, _) = &mut self.place else { return None };
        let matches = found.map_or_else(|| digest.matches(content), |found| found == *digest);
        matches.then(|| std::mem::take(content))
    }

    /// The digest, where it was computed on the way.
    fn digest(&self, algorithm: Algorithm) -> Option<Digest> {
        (self.algorithm == algorithm).then(|| self.hasher.clone().finish())
    }

    /// Makes the content the file `target`, if it has this digest and is in a file; whether it is.
    ///
    /// Takes as long as the disk takes.
    pub(super) fn into_file(self, digest: &Digest, target: &Path) -> io::Result<bool> {
        let Place::File(path) = &self.place else { return Ok(false) };
        let mut file = File::open(&path.0)?;
        let found = match self.digest(digest.algorithm()) {
            Some(found) => found,
            None => hash(&mut file, digest.algorithm())?,
        };
        if found != *digest {
            return Ok(false);
        }
        file.sync_all()?;
        let Some(directory) = target.parent() else { return Ok(false) };
        fs::create_dir_all(directory)?;
        fs::rename(&path.0, target)?;
        if cfg!(unix) {
            File::open(directory)?.sync_all()?;
        }
        Ok(true)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Place::Memory(content, budget) = &self.place {
            budget.give_back(content.len());
        }
    }
}

fn hash(file: &mut File, algorithm: Algorithm) -> io::Result<Digest> {
    let mut hasher = Hasher::new(algorithm);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finish()),
            read => hasher.update(&buffer[..read]),
        }
    }
}

/// A draft that takes content.
pub(super) struct Writer<'a> {
    draft: &'a mut Draft,
    file: Option<File>,
}

impl Writer<'_> {
    /// Adds all of `piece` at the end, or nothing of it.
    pub(super) fn append(&mut self, piece: &[u8]) -> io::Result<()> {
        match (&mut self.draft.place, &mut self.file) {
            (Place::Memory(content, budget), _) => {
                budget.take(piece.len())?;
                content.extend_from_slice(piece);
            }
            (Place::File(_), Some(file)) => {
                let length = self.draft.length;
                file.write_all(piece).or_else(|error| file.set_len(length).and(Err(error)))?;
            }
            (Place::File(_), None) => return Err(io::ErrorKind::InvalidInput.into()),
        }
        self.draft.hasher.update(piece);
        self.draft.length += piece.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(mut draft: Draft) -> Draft {
        let mut writer = draft.open().unwrap();
        writer.append(b"con").unwrap();
        writer.append(b"tent").unwrap();
        draft
    }

    #[test]
    fn a_file_gets_its_name_with_its_digest_alone() {
        let directory = tempfile::tempdir().unwrap();
        let drafts = directory.path().join("drafts");
        let target = directory.path().join("a/target");
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let draft = || filled(Draft::in_directory(Algorithm::Sha256, &drafts).unwrap());
            assert_eq!(draft().length(), 7);
            let other = Digest::of(algorithm, b"other");
            assert!(!draft().into_file(&other, &target).unwrap());
            assert!(!target.exists());
            assert!(draft().into_file(&Digest::of(algorithm, b"content"), &target).unwrap());
            assert_eq!(fs::read(&target).unwrap(), b"content");
            fs::remove_file(&target).unwrap();
        }
        assert_eq!(fs::read_dir(&drafts).unwrap().count(), 0, "drafts are gone");
    }

    #[test]
    fn memory_is_given_back_by_drafts_that_are_dropped() {
        let budget = Budget::of(10);
        let draft = filled(Draft::in_memory(Algorithm::Sha256, &budget));
        let mut second = Draft::in_memory(Algorithm::Sha256, &budget);
        let full = second.open().unwrap().append(b"more").unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        drop(draft);
        second.open().unwrap().append(b"more").unwrap();

        // Content that is kept stays in the budget.
        let digest = Digest::sha256(b"more");
        assert_eq!(second.into_memory(&digest).unwrap(), b"more");
        assert!(budget.take(7).is_err());
        budget.take(6).unwrap();
    }
}
