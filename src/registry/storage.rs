//! Where the registry keeps its content: entries under keys that are paths.
//!
//! | key | entry |
//! |---|---|
//! | `blobs/<algorithm>/<hex>` | content of a blob or manifest |
//! | `repositories/<name>/_blobs/<algorithm>/<hex>` | nothing: the repository has the blob |
//! | `repositories/<name>/_manifests/<algorithm>/<hex>` | the manifest's media type |
//! | `repositories/<name>/_tags/<tag>` | the manifest's digest |
//!
//! A repository's name has no component that starts with `_`. In a directory each entry is a file,
//! written whole or not at all, so that the content survives a crash; blobs pass through without
//! being held in memory. Below `uploads/` lies what is being received: it goes when the registry
//! starts. A directory belongs to one registry at a time.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::draft::{Budget, Draft};
use super::payload::Payload;
use crate::atomic_file;
use crate::oci::{Algorithm, Digest, RepositoryName, Tag};

/// The most that is kept in memory, in bytes: entries, and what is being received.
const MEMORY_LIMIT: u64 = 1024 * 1024 * 1024;

/// Keeps the content of a registry.
#[derive(Debug)]
pub struct Storage(Place);

#[derive(Debug)]
enum Place {
    Memory(Mutex<BTreeMap<String, Bytes>>, Budget),
    Directory(PathBuf),
}

impl Storage {
    /// Content that goes when the registry goes: at most 1 GiB.
    #[must_use]
    pub fn memory() -> Self {
        Self(Place::Memory(Mutex::default(), Budget::of(MEMORY_LIMIT)))
    }

    /// Content in the directory `path`, which is created if it is missing.
    ///
    /// # Errors
    /// Where the directory cannot be created, or what a crash left in it cannot be removed.
    pub fn directory(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        match fs::remove_dir_all(path.join(UPLOADS)) {
            Err(error) if !is_absent(&error) => Err(error),
            _ => Ok(Self(Place::Directory(path.to_owned()))),
        }
    }

    /// Begins to receive a blob, hashed with `algorithm` on its way.
    pub(super) fn draft(&self, algorithm: Algorithm) -> io::Result<Draft> {
        match &self.0 {
            Place::Memory(_, budget) => Ok(Draft::in_memory(algorithm, budget)),
            Place::Directory(root) => Draft::in_directory(algorithm, &root.join(UPLOADS)),
        }
    }

    /// Keeps what was received as the content with this digest; whether it has it.
    pub(super) async fn keep(&self, draft: Draft, digest: &Digest) -> io::Result<bool> {
        let key = content_key(digest);
        match &self.0 {
            Place::Memory(entries, budget) => {
                let Some(content) = draft.into_memory(digest) else { return Ok(false) };
                insert(entries, budget, &key, content.into())?;
                Ok(true)
            }
            Place::Directory(root) => {
                let (digest, target) = (digest.clone(), root.join(key));
                // Hashing and syncing a large file would hold up every other request.
                tokio::task::spawn_blocking(move || draft.into_file(&digest, &target)).await?
            }
        }
    }

    /// An entry to be sent.
    pub(super) fn open(&self, key: &str) -> io::Result<Option<Payload>> {
        let opened = match &self.0 {
            Place::Memory(..) => return Ok(self.read(key)?.map(Payload::Bytes)),
            Place::Directory(root) => File::open(root.join(key)).and_then(Payload::whole),
        };
        opened.map(Some).or_else(|error| if is_absent(&error) { Ok(None) } else { Err(error) })
    }

    /// A small entry.
    pub(super) fn read(&self, key: &str) -> io::Result<Option<Bytes>> {
        match &self.0 {
            Place::Memory(entries, _) => Ok(lock(entries).get(key).cloned()),
            Place::Directory(root) => match fs::read(root.join(key)) {
                Ok(content) => Ok(Some(content.into())),
                Err(error) if is_absent(&error) => Ok(None),
                Err(error) => Err(error),
            },
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        match &self.0 {
            Place::Memory(entries, _) => lock(entries).contains_key(key),
            Place::Directory(root) => root.join(key).is_file(),
        }
    }

    pub(super) fn write(&self, key: &str, content: Bytes) -> io::Result<()> {
        match &self.0 {
            Place::Memory(entries, budget) => {
                budget.take(content.len())?;
                insert(entries, budget, key, content)
            }
            Place::Directory(root) => atomic_file::write_with_parents(&root.join(key), &content),
        }
    }

    /// Removes an entry; whether it was there.
    pub(super) fn remove(&self, key: &str) -> io::Result<bool> {
        match &self.0 {
            Place::Memory(entries, budget) => {
                let removed = lock(entries).remove(key);
                if let Some(content) = &removed {
                    budget.give_back(key.len() + content.len());
                }
                Ok(removed.is_some())
            }
            Place::Directory(root) => match fs::remove_file(root.join(key)) {
                Ok(()) => Ok(true),
                Err(error) if is_absent(&error) => Ok(false),
                Err(error) => Err(error),
            },
        }
    }

    /// The names directly below `key`, in order.
    pub(super) fn list(&self, key: &str) -> io::Result<Vec<String>> {
        match &self.0 {
            Place::Memory(entries, _) => {
                let prefix = format!("{key}/");
                let below = |entry: &String| entry.strip_prefix(&prefix).map(str::to_owned);
                Ok(lock(entries).keys().filter_map(below).collect())
            }
            Place::Directory(root) => {
                let mut names = Vec::new();
                match fs::read_dir(root.join(key)) {
                    Ok(files) => {
                        for file in files {
                            names.extend(file?.file_name().into_string().ok());
                        }
                    }
                    Err(error) if is_absent(&error) => {}
                    Err(error) => return Err(error),
                }
                // What a crash left of a file that was being written is none of the content.
                names.retain(|name| !name.starts_with('.'));
                names.sort();
                Ok(names)
            }
        }
    }
}

/// Puts an entry into memory; its content is in the budget already.
fn insert(
    entries: &Mutex<BTreeMap<String, Bytes>>,
    budget: &Budget,
    key: &str,
    content: Bytes,
) -> io::Result<()> {
    budget.take(key.len()).inspect_err(|_| budget.give_back(content.len()))?;
    if let Some(before) = lock(entries).insert(key.to_owned(), content) {
        budget.give_back(key.len() + before.len());
    }
    Ok(())
}

/// Where a directory keeps what is being received.
const UPLOADS: &str = "uploads";

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Not there, or below something that is no directory.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

pub(super) fn content_key(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm().name(), digest.encoded())
}

pub(super) fn blob_key(name: &RepositoryName, digest: &Digest) -> String {
    let (algorithm, encoded) = (digest.algorithm().name(), digest.encoded());
    format!("repositories/{name}/_blobs/{algorithm}/{encoded}")
}

pub(super) fn manifest_key(name: &RepositoryName, digest: &Digest) -> String {
    let algorithm = digest.algorithm().name();
    format!("{}/{}", manifests_key(name, algorithm), digest.encoded())
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
