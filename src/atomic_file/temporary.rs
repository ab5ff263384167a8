//! Temporary files. Those that a crash left are removed.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::random::random_u64;

/// The age from which a temporary file is taken for the remains of a crash. A younger one may still be
/// in use.
pub(super) const LEFTOVER_AGE: Duration = Duration::from_secs(3600);

/// Makes an empty file, mode 0600, in the system's directory for temporary files.
pub(crate) fn scratch() -> io::Result<(Temporary, File)> {
    Temporary::open(&std::env::temp_dir().join("thv"))
}

/// A temporary file. Dropping the value removes the file unless it was renamed.
#[derive(Debug)]
pub(crate) struct Temporary {
    pub(crate) path: PathBuf,
}

impl Temporary {
    pub(super) fn open(target: &Path) -> io::Result<(Self, File)> {
        let name = target.file_name().ok_or(io::ErrorKind::IsADirectory)?;
        let mut prefix = OsString::from(".");
        prefix.push(name);
        prefix.push(".tmp-");
        remove_leftovers(directory(target), &prefix);
        loop {
            let mut name = prefix.clone();
            name.push(format!("{:016x}", random_u64()));
            match Self::create_new(directory(target).join(name)) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => return created,
            }
        }
    }

    /// Makes an empty file at `path`, mode 0600. Fails if there is something.
    pub(crate) fn create_new(path: PathBuf) -> io::Result<(Self, File)> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        Ok((Self { path }, file))
    }
}

/// Removes the temporary files that crashes left in `directory`: they may hold a credential that was
/// removed since.
fn remove_leftovers(directory: &Path, prefix: &OsStr) {
    let Ok(files) = fs::read_dir(directory) else { return };
    for file in files.flatten() {
        // The names come first: a directory may have a thousand other files.
        if !file.file_name().as_encoded_bytes().starts_with(prefix.as_encoded_bytes()) {
            continue;
        }
        let age = file.metadata().and_then(|found| found.modified()).map(|time| time.elapsed());
        if age.is_ok_and(|age| age.is_ok_and(|age| age > LEFTOVER_AGE)) {
            // Another process may have removed it already.
            let _ = fs::remove_file(file.path());
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After a rename there is no file to remove.
        let _ = fs::remove_file(&self.path);
    }
}

pub(super) fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
