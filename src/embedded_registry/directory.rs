//! The directory of a registry: made sure that it is one, used by one registry at a time, and cleared
//! of unfinished uploads.
//!
//! A file in it, the marker, says that it belongs to a registry of this program. A directory without a
//! marker gets one if it is empty, or holds exactly what earlier versions left there. Anything else is
//! somebody's own, and is refused.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::atomic_file;
use crate::oci::{Digest, RepositoryName, Tag};

const MARKER: &str = ".thv-registry";
const MARKER_TEXT: &[u8] = b"thv registry, layout 1\n";
const UPLOADS: &str = "thv-uploads";
/// The name that earlier versions gave to the directory of uploads.
const EARLIER_UPLOADS: &str = "uploads";

/// An open directory, with a lock on its marker that keeps other registries out.
#[derive(Debug)]
pub(super) struct Directory {
    root: PathBuf,
    _marker: File,
}

impl Directory {
    /// Opens the directory `root`, which is created if it is missing.
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root)?;
        let marker = root.join(MARKER);
        if if_present(fs::symlink_metadata(&marker))?.is_none() {
            if let Some(foreign) = foreign_entry(root)? {
                return Err(not_a_registry(&foreign));
            }
            remove_uploads(&root.join(EARLIER_UPLOADS))?;
            atomic_file::write(&marker, MARKER_TEXT)?;
        }
        if !is_marker(&marker)? {
            return Err(not_a_registry(MARKER));
        }
        let marker = File::open(&marker)?;
        lock(&marker)?;
        let uploads = root.join(UPLOADS);
        if if_present(fs::symlink_metadata(&uploads))?.is_some_and(|found| !found.is_dir()) {
            // A link would lead to files of somebody else.
            return Err(not_a_registry(UPLOADS));
        }
        remove_uploads(&uploads)?;
        Ok(Self { root: root.to_owned(), _marker: marker })
    }

    /// Returns the path of the entry `key`.
    pub(super) fn entry(&self, key: &str) -> PathBuf {
        self.root.join(key)
    }

    /// Returns the directory of the blobs that are being received. It may not exist yet.
    pub(super) fn uploads(&self) -> PathBuf {
        self.root.join(UPLOADS)
    }
}

/// Returns `None` if the path does not exist, or something above it is not a directory.
pub(super) fn if_present<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result.map_err(|error| (error.kind(), error)) {
        Ok(found) => Ok(Some(found)),
        Err((io::ErrorKind::NotFound | io::ErrorKind::NotADirectory, _)) => Ok(None),
        Err((_, error)) => Err(error),
    }
}

fn is_marker(path: &Path) -> io::Result<bool> {
    let found = fs::symlink_metadata(path)?;
    Ok(found.is_file() && found.len() == MARKER_TEXT.len() as u64 && fs::read(path)? == MARKER_TEXT)
}

fn not_a_registry(entry: &str) -> io::Error {
    let text =
        format!("it holds {entry}, so it is not the directory of a registry; name an empty one");
    io::Error::new(io::ErrorKind::DirectoryNotEmpty, text)
}

#[cfg(unix)]
fn lock(marker: &File) -> io::Result<()> {
    use rustix::fs::{FlockOperation, flock};
    match flock(marker, FlockOperation::NonBlockingLockExclusive) {
        Err(rustix::io::Errno::WOULDBLOCK) => {
            Err(io::Error::new(io::ErrorKind::ResourceBusy, "another registry uses it"))
        }
        // Some network file systems know no locks.
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
fn lock(_: &File) -> io::Result<()> {
    Ok(())
}

/// Removes the files of uploads from `uploads`, if it exists, and the directory if nothing else is in
/// it.
fn remove_uploads(uploads: &Path) -> io::Result<()> {
    let Some(files) = if_present(fs::read_dir(uploads))? else { return Ok(()) };
    for file in files {
        let file = file?;
        if file.file_type()?.is_file() && file.file_name().to_str().is_some_and(is_upload) {
            fs::remove_file(file.path())?;
        }
    }
    match fs::remove_dir(uploads) {
        Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => Err(error),
        _ => Ok(()),
    }
}

/// Returns the path of an entry that no earlier version of this program made, if there is one.
fn foreign_entry(root: &Path) -> io::Result<Option<String>> {
    let foreign = first_foreign(root, &mut Vec::new())?;
    if foreign.is_some() || root.join("blobs").is_dir() {
        return Ok(foreign);
    }
    // Every registry that kept anything has blobs.
    for entry in fs::read_dir(root)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if written(&name) != MARKER {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

fn first_foreign(directory: &Path, path: &mut Vec<String>) -> io::Result<Option<String>> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        path.push(entry.file_name().to_string_lossy().into_owned());
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let is_ours = (kind.is_dir() && is_directory_of_earlier(&names))
            || (kind.is_file() && is_file_of_earlier(&names));
        if !is_ours {
            return Ok(Some(path.join("/")));
        }
        if kind.is_dir()
            && let Some(foreign) = first_foreign(&entry.path(), path)?
        {
            return Ok(Some(foreign));
        }
        path.pop();
    }
    Ok(None)
}

fn is_directory_of_earlier(path: &[&str]) -> bool {
    match path {
        ["blobs" | "repositories" | EARLIER_UPLOADS]
        | ["blobs", "sha256" | "sha512"]
        | ["repositories", _, .., "_blobs" | "_manifests", "sha256" | "sha512"]
        | ["repositories", _, .., "_blobs" | "_manifests" | "_tags"] => true,
        ["repositories", name @ ..] => name.join("/").parse::<RepositoryName>().is_ok(),
        _ => false,
    }
}

fn is_file_of_earlier(path: &[&str]) -> bool {
    match path {
        [file] => written(file) == MARKER,
        [EARLIER_UPLOADS, file] => is_upload(file),
        ["blobs", algorithm, file]
        | ["repositories", _, .., "_blobs" | "_manifests", algorithm, file] => {
            format!("{algorithm}:{}", written(file)).parse::<Digest>().is_ok()
        }
        ["repositories", _, .., "_tags", file] => written(file).parse::<Tag>().is_ok(),
        _ => false,
    }
}

/// Returns the name that a file has or, if a crash left it half written, was to get.
fn written(file: &str) -> &str {
    let pending = file.strip_prefix('.').and_then(|file| file.rsplit_once(".tmp-"));
    pending.filter(|(_, random)| is_upload(random)).map_or(file, |(name, _)| name)
}

/// Returns true for 16 hexadecimal digits, which are the name of an upload's file.
fn is_upload(file: &str) -> bool {
    file.len() == 16 && file.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
