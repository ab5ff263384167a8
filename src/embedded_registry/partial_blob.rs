//! A blob that is being received: in a file, or in memory, of which there is a limited budget.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::atomic_file::{Temporary, sync_directory};
use crate::oci::{Algorithm, Digest, Hasher};
use crate::random::random_u64;

/// The memory that is left for content. All clones share it.
#[derive(Debug, Clone)]
pub(super) struct MemoryBudget(Arc<Mutex<u64>>);

impl MemoryBudget {
    pub(super) fn new(bytes: u64) -> Self {
        Self(Arc::new(Mutex::new(bytes)))
    }

    /// Reserves `bytes`, or fails with [`io::ErrorKind::StorageFull`].
    pub(super) fn reserve(&self, bytes: usize) -> io::Result<()> {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.checked_sub(bytes as u64).ok_or(io::ErrorKind::StorageFull)?;
        Ok(())
    }

    pub(super) fn release(&self, bytes: usize) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += bytes as u64;
    }
}

/// A blob that is being received. Dropping it deletes its content.
#[derive(Debug)]
pub(super) struct PartialBlob {
    hasher: Hasher,
    algorithm: Algorithm,
    /// The number of bytes received.
    pub(super) length: u64,
    buffer: Buffer,
}

#[derive(Debug)]
enum Buffer {
    Memory(Vec<u8>, MemoryBudget),
    File(Temporary),
}

impl PartialBlob {
    pub(super) fn in_memory(algorithm: Algorithm, budget: &MemoryBudget) -> Self {
        Self::new(algorithm, Buffer::Memory(Vec::new(), budget.clone()))
    }

    /// Starts a blob in a new file in `directory`, which is created if it is missing.
    pub(super) fn in_directory(algorithm: Algorithm, directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let path = directory.join(format!("{:016x}", random_u64()));
        let (temporary, _) = Temporary::create_new(path)?;
        Ok(Self::new(algorithm, Buffer::File(temporary)))
    }

    fn new(algorithm: Algorithm, buffer: Buffer) -> Self {
        Self { hasher: Hasher::new(algorithm), algorithm, length: 0, buffer }
    }

    /// Opens the blob for more content. The file is open only while this writer exists, so that a
    /// thousand idle uploads need no file descriptors.
    pub(super) fn writer(&mut self) -> io::Result<BlobWriter<'_>> {
        let file = match &self.buffer {
            Buffer::Memory(..) => None,
            Buffer::File(file) => Some(OpenOptions::new().append(true).open(&file.path)?),
        };
        Ok(BlobWriter { blob: self, file })
    }

    /// Returns the content, if it has this digest and is in memory. The caller takes over the memory
    /// that is reserved for it.
    pub(super) fn into_memory(mut self, digest: &Digest) -> Option<Vec<u8>> {
        let found = self.digest(digest.algorithm());
        let Buffer::Memory(content, _) = &mut self.buffer else { return None };
        let matches = found.map_or_else(|| digest.matches(content), |found| found == *digest);
        matches.then(|| std::mem::take(content))
    }

    /// Returns the digest, if it was computed while the content arrived.
    fn digest(&self, algorithm: Algorithm) -> Option<Digest> {
        (self.algorithm == algorithm).then(|| self.hasher.clone().finish())
    }

    /// Moves the content to the file `target`, if it has this digest and is in a file. Returns
    /// whether it was moved.
    ///
    /// This blocks until the disk has the file.
    pub(super) fn into_file(self, digest: &Digest, target: &Path) -> io::Result<bool> {
        let Buffer::File(Temporary { path }) = &self.buffer else { return Ok(false) };
        let mut file = File::open(path)?;
        let found = match self.digest(digest.algorithm()) {
            Some(found) => found,
            None => hash(&mut file, digest.algorithm())?,
        };
        if found != *digest {
            return Ok(false);
        }
        file.sync_all()?;
        if let Some(directory) = target.parent() {
            fs::create_dir_all(directory)?;
        }
        fs::rename(path, target)?;
        sync_directory(target)?;
        Ok(true)
    }
}

impl Drop for PartialBlob {
    fn drop(&mut self) {
        if let Buffer::Memory(content, budget) = &self.buffer {
            budget.release(content.len());
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

pub(super) struct BlobWriter<'a> {
    blob: &'a mut PartialBlob,
    file: Option<File>,
}

impl BlobWriter<'_> {
    /// Appends `piece`. After an error, nothing of it was added.
    pub(super) fn append(&mut self, piece: &[u8]) -> io::Result<()> {
        match (&mut self.blob.buffer, &mut self.file) {
            (Buffer::Memory(content, budget), _) => {
                budget.reserve(piece.len())?;
                content.extend_from_slice(piece);
            }
            (Buffer::File(_), Some(file)) => {
                let length = self.blob.length;
                file.write_all(piece).or_else(|error| file.set_len(length).and(Err(error)))?;
            }
            (Buffer::File(_), None) => return Err(io::ErrorKind::InvalidInput.into()),
        }
        self.blob.hasher.update(piece);
        self.blob.length += piece.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(mut blob: PartialBlob) -> PartialBlob {
        let mut writer = blob.writer().unwrap();
        writer.append(b"con").unwrap();
        writer.append(b"tent").unwrap();
        blob
    }

    #[test]
    fn only_content_with_the_digest_becomes_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let uploads = directory.path().join("uploads");
        let target = directory.path().join("a/target");
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let blob = || filled(PartialBlob::in_directory(Algorithm::Sha256, &uploads).unwrap());
            assert_eq!(blob().length, 7);
            let other = Digest::of(algorithm, b"other");
            assert!(!blob().into_file(&other, &target).unwrap());
            assert!(!target.exists());
            assert!(blob().into_file(&Digest::of(algorithm, b"content"), &target).unwrap());
            assert_eq!(fs::read(&target).unwrap(), b"content");
            fs::remove_file(&target).unwrap();
        }
        assert_eq!(fs::read_dir(&uploads).unwrap().count(), 0, "temporary files are removed");
    }

    #[test]
    fn dropped_partial_blob_releases_its_memory() {
        let budget = MemoryBudget::new(10);
        let first = filled(PartialBlob::in_memory(Algorithm::Sha256, &budget));
        let mut second = PartialBlob::in_memory(Algorithm::Sha256, &budget);
        let full = second.writer().unwrap().append(b"more").unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        drop(first);
        second.writer().unwrap().append(b"more").unwrap();

        // Content that is kept stays reserved.
        let digest = Digest::sha256(b"more");
        assert_eq!(second.into_memory(&digest).unwrap(), b"more");
        assert!(budget.reserve(7).is_err());
        budget.reserve(6).unwrap();
    }
}
