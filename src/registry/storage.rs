//! Where the registry keeps its content: small entries under keys that are paths.
//!
//! | key | entry |
//! |---|---|
//! | `blobs/<algorithm>/<hex>` | content of a blob or manifest |
//! | `repositories/<name>/_blobs/<algorithm>/<hex>` | nothing: the repository has the blob |
//! | `repositories/<name>/_manifests/<algorithm>/<hex>` | the manifest's media type |
//! | `repositories/<name>/_tags/<tag>` | the manifest's digest |
//!
//! A repository's name has no component that starts with `_`. In a directory each entry is a file,
//! written whole or not at all, so that the content survives a crash.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use crate::atomic_file;
use crate::oci::{Digest, RepositoryName, Tag};

/// Keeps the content of a registry.
#[derive(Debug)]
pub struct Storage(Place);

#[derive(Debug)]
enum Place {
    Memory(Mutex<BTreeMap<String, Bytes>>),
    Directory(PathBuf),
}

impl Storage {
    /// Content that goes when the registry goes.
    #[must_use]
    pub fn memory() -> Self {
        Self(Place::Memory(Mutex::default()))
    }

    /// Content in the directory `path`, which is created if it is missing.
    ///
    /// # Errors
    /// Where the directory cannot be created.
    pub fn directory(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        Ok(Self(Place::Directory(path.to_owned())))
    }

    pub(super) fn read(&self, key: &str) -> io::Result<Option<Bytes>> {
        match &self.0 {
            Place::Memory(entries) => Ok(lock(entries).get(key).cloned()),
            Place::Directory(root) => match fs::read(root.join(key)) {
                Ok(content) => Ok(Some(content.into())),
                Err(why) if is_absent(&why) => Ok(None),
                Err(why) => Err(why),
            },
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        match &self.0 {
            Place::Memory(entries) => lock(entries).contains_key(key),
            Place::Directory(root) => root.join(key).is_file(),
        }
    }

    pub(super) fn write(&self, key: &str, content: Bytes) -> io::Result<()> {
        match &self.0 {
            Place::Memory(entries) => {
                lock(entries).insert(key.to_owned(), content);
                Ok(())
            }
            Place::Directory(root) => atomic_file::write_with_parents(&root.join(key), &content),
        }
    }

    /// Removes an entry; whether it was there.
    pub(super) fn remove(&self, key: &str) -> io::Result<bool> {
        match &self.0 {
            Place::Memory(entries) => Ok(lock(entries).remove(key).is_some()),
            Place::Directory(root) => match fs::remove_file(root.join(key)) {
                Ok(()) => Ok(true),
                Err(why) if is_absent(&why) => Ok(false),
                Err(why) => Err(why),
            },
        }
    }

    /// The names directly below `key`, in order.
    pub(super) fn list(&self, key: &str) -> io::Result<Vec<String>> {
        match &self.0 {
            Place::Memory(entries) => {
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
                    Err(why) if is_absent(&why) => {}
                    Err(why) => return Err(why),
                }
                // What a crash left of a file that was being written is none of the content.
                names.retain(|name| !name.starts_with('.'));
                names.sort();
                Ok(names)
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Not there, or below something that is no directory.
fn is_absent(why: &io::Error) -> bool {
    matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
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
