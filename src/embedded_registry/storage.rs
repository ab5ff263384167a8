//! The content of the registry: entries under keys that are paths.
//!
//! | key | entry |
//! |---|---|
//! | `blobs/<algorithm>/<hex>` | the bytes of a blob or manifest |
//! | `repositories/<name>/_blobs/<algorithm>/<hex>` | empty: the repository has the blob |
//! | `repositories/<name>/_manifests/<algorithm>/<hex>` | the manifest's media type |
//! | `repositories/<name>/_tags/<tag>` | the manifest's digest |
//!
//! No component of a repository name can start with `_`. In a directory each entry is a file that is
//! written whole or not at all, so that a crash leaves no broken content.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::directory::{Directory, if_present};
use super::partial_blob::{MemoryBudget, PartialBlob};
use super::response::ResponseBody;
use crate::atomic_file;
use crate::oci::{Algorithm, Digest, RepositoryName, Tag};

/// The most bytes kept in memory: entries, and blobs that are being received.
const MEMORY_LIMIT: u64 = 1024 * 1024 * 1024;
/// What an entry takes beside its key and its content, in bytes, generously: a million empty entries
/// take memory too.
const ENTRY_SIZE: usize = 256;

/// The content of a registry, in memory or in a directory.
#[derive(Debug)]
pub struct Storage(Backend);

#[derive(Debug)]
enum Backend {
    Memory(Mutex<BTreeMap<String, Bytes>>, MemoryBudget),
    Directory(Directory),
}

impl Storage {
    /// Keeps at most 1 GiB of content in memory, as long as the registry exists.
    #[must_use]
    pub fn memory() -> Self {
        Self(Backend::Memory(Mutex::default(), MemoryBudget::new(MEMORY_LIMIT)))
    }

    /// Keeps content in the directory `path`, which is created if it is missing.
    ///
    /// # Errors
    /// [`io::ErrorKind::DirectoryNotEmpty`] if the directory holds something else than a registry,
    /// [`io::ErrorKind::ResourceBusy`] if another registry uses it, and any other kind if it cannot be
    /// created, or cleared of unfinished uploads.
    pub fn directory(path: &Path) -> io::Result<Self> {
        Directory::open(path).map(|directory| Self(Backend::Directory(directory)))
    }

    /// Starts to receive a blob, which is hashed with `algorithm` while it arrives.
    pub(super) fn new_blob(&self, algorithm: Algorithm) -> io::Result<PartialBlob> {
        match &self.0 {
            Backend::Memory(_, budget) => Ok(PartialBlob::in_memory(algorithm, budget)),
            Backend::Directory(directory) => {
                PartialBlob::in_directory(algorithm, &directory.uploads())
            }
        }
    }

    /// Stores `content` under `digest`, if it has this digest. Returns whether it has.
    pub(super) async fn store(&self, content: PartialBlob, digest: &Digest) -> io::Result<bool> {
        let key = content_key(digest);
        match &self.0 {
            Backend::Memory(entries, budget) => {
                let Some(content) = content.into_memory(digest) else { return Ok(false) };
                insert(entries, budget, &key, content.into())?;
                Ok(true)
            }
            Backend::Directory(directory) => {
                let (digest, target) = (digest.clone(), directory.entry(&key));
                // Hashing and syncing a large file would hold up every other request.
                tokio::task::spawn_blocking(move || content.into_file(&digest, &target)).await?
            }
        }
    }

    pub(super) fn open(&self, key: &str) -> io::Result<Option<ResponseBody>> {
        match &self.0 {
            Backend::Memory(..) => Ok(self.read(key)?.map(ResponseBody::Bytes)),
            Backend::Directory(directory) => {
                let Some(file) = if_present(File::open(directory.entry(key)))? else {
                    return Ok(None);
                };
                let size = file.metadata()?.len();
                Ok(Some(ResponseBody::File(file, size)))
            }
        }
    }

    pub(super) fn read(&self, key: &str) -> io::Result<Option<Bytes>> {
        match &self.0 {
            Backend::Memory(entries, _) => Ok(lock(entries).get(key).cloned()),
            Backend::Directory(directory) => {
                if_present(fs::read(directory.entry(key)).map(Bytes::from))
            }
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        match &self.0 {
            Backend::Memory(entries, _) => lock(entries).contains_key(key),
            Backend::Directory(directory) => directory.entry(key).is_file(),
        }
    }

    pub(super) fn write(&self, key: &str, content: Bytes) -> io::Result<()> {
        match &self.0 {
            Backend::Memory(entries, budget) => {
                budget.reserve(content.len())?;
                insert(entries, budget, key, content)
            }
            Backend::Directory(directory) => {
                atomic_file::write_with_parents(&directory.entry(key), &content)
            }
        }
    }

    /// Removes an entry. Returns whether it existed.
    pub(super) fn remove(&self, key: &str) -> io::Result<bool> {
        match &self.0 {
            Backend::Memory(entries, budget) => {
                let removed = lock(entries).remove(key);
                if let Some(content) = &removed {
                    budget.release(ENTRY_SIZE + key.len() + content.len());
                }
                Ok(removed.is_some())
            }
            Backend::Directory(directory) => {
                Ok(if_present(fs::remove_file(directory.entry(key)))?.is_some())
            }
        }
    }

    /// Returns the names directly below `key`, sorted.
    pub(super) fn list(&self, key: &str) -> io::Result<Vec<String>> {
        match &self.0 {
            Backend::Memory(entries, _) => {
                let prefix = format!("{key}/");
                let below = |entry: &String| entry.strip_prefix(&prefix).map(str::to_owned);
                Ok(lock(entries).keys().filter_map(below).collect())
            }
            Backend::Directory(directory) => {
                let mut names = Vec::new();
                for file in if_present(fs::read_dir(directory.entry(key)))?.into_iter().flatten() {
                    names.extend(file?.file_name().into_string().ok());
                }
                // A crash may leave the hidden file of an entry that was being written.
                names.retain(|name| !name.starts_with('.'));
                names.sort();
                Ok(names)
            }
        }
    }
}

/// Puts an entry into memory. The memory for its content must be reserved already.
fn insert(
    entries: &Mutex<BTreeMap<String, Bytes>>,
    budget: &MemoryBudget,
    key: &str,
    content: Bytes,
) -> io::Result<()> {
    budget.reserve(ENTRY_SIZE + key.len()).inspect_err(|_| budget.release(content.len()))?;
    if let Some(before) = lock(entries).insert(key.to_owned(), content) {
        budget.release(ENTRY_SIZE + key.len() + before.len());
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn content_key(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm().name(), digest.encoded())
}

pub(super) fn blob_key(name: &RepositoryName, digest: &Digest) -> String {
    format!("repositories/{name}/_{}", content_key(digest))
}

pub(super) fn manifest_key(name: &RepositoryName, digest: &Digest) -> String {
    format!("{}/{}", manifests_key(name, digest.algorithm().name()), digest.encoded())
}

pub(super) fn manifests_key(name: &RepositoryName, algorithm: &str) -> String {
    format!("repositories/{name}/_manifests/{algorithm}")
}

pub(super) fn tags_key(name: &RepositoryName) -> String {
    format!("repositories/{name}/_tags")
}

pub(super) fn tag_key(name: &RepositoryName, tag: &Tag) -> String {
    format!("{}/{tag}", tags_key(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_entries_take_memory_until_they_are_removed() {
        let room = ENTRY_SIZE * 3;
        let budget = MemoryBudget::new(room as u64);
        let storage = Storage(Backend::Memory(Mutex::default(), budget));
        let write = |key| storage.write(key, Bytes::new()).map_err(|error| error.kind());
        write("a").unwrap();
        write("a").unwrap();
        write("b").unwrap();
        assert_eq!(write("c"), Err(io::ErrorKind::StorageFull));
        assert!(storage.remove("a").unwrap());
        write("c").unwrap();
        assert_eq!(storage.read("c").unwrap(), Some(Bytes::new()));
    }
}
