//! Files that are replaced as a whole, so that a crash leaves the old content or the new.

mod links;
mod temporary;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

pub(crate) use links::destination;
use temporary::directory;
pub(crate) use temporary::{Temporary, scratch};

/// Replaces the file at `path` by one with `content`, mode 0600.
///
/// If `path` is a symbolic link, the file that it leads to is replaced or made; a link that another user
/// made is refused. If `path` is a device or a pipe, `content` is written to it. After a failure `path` is
/// unchanged.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    replace(destination(path)?, content)
}

/// Creates the missing directories above the file, mode 0750, and writes it as [`write()`] does.
pub(crate) fn write_with_parents(path: &Path, content: &[u8]) -> io::Result<()> {
    let target = destination(path)?;
    create_parents(&target)?;
    replace(target, content)
}

fn replace(target: PathBuf, content: &[u8]) -> io::Result<()> {
    if fs::metadata(&target).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return OpenOptions::new().write(true).open(&target)?.write_all(content);
    }
    let mut pending = Pending::open(target)?;
    pending.write(content)?;
    pending.commit()
}

/// Writes `content` to a new file at `path`, mode 0600, and creates the missing directories above it.
/// Fails with [`io::ErrorKind::AlreadyExists`] if there is something at `path`.
pub(crate) fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
    let target = destination(directory(path))?.join(name);
    create_parents(&target)?;
    let mut pending = Pending::open(target)?;
    pending.write(content)?;
    pending.file.sync_all()?;
    // A hard link, unlike a rename, never replaces anything.
    fs::hard_link(&pending.temporary.path, &pending.target)?;
    sync_directory(&pending.target)
}

/// A new file that is written beside the one that it will replace. Dropping the value before
/// [`Pending::commit`] removes the new file.
#[derive(Debug)]
pub(crate) struct Pending {
    temporary: Temporary,
    file: File,
    target: PathBuf,
}

impl Pending {
    /// Creates the new file, mode 0600. It will replace the one at `path`, or the one that a symbolic
    /// link at `path` leads to. Fails if `path` is not a regular file, or a link that another user made.
    pub(crate) fn beside(path: &Path) -> io::Result<Self> {
        let target = destination(path)?;
        if fs::metadata(&target).is_ok_and(|found| !found.is_file()) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        Self::open(target)
    }

    fn open(target: PathBuf) -> io::Result<Self> {
        let (temporary, file) = Temporary::open(&target)?;
        Ok(Self { temporary, file, target })
    }

    /// Appends to the new file.
    pub(crate) fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.file.write_all(piece)
    }

    /// Replaces the old file, which is unchanged after a failure.
    pub(crate) fn commit(self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.temporary.path, &self.target)?;
        sync_directory(&self.target)
    }
}

/// Opens the lock of the file at `path`: an empty file beside the one that is written. It stays there,
/// because another process may wait for it.
pub(crate) fn open_lock(path: &Path) -> io::Result<File> {
    let target = destination(path)?;
    create_parents(&target)?;
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().ok_or(io::ErrorKind::IsADirectory)?);
    name.push(".lock");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(destination(&directory(&target).join(name))?)
}

fn create_parents(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o750);
    builder.create(directory(path))
}

/// Syncs the directory of `path`, so that a new name survives a crash of the machine.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(directory(path))?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::temporary::LEFTOVER_AGE;
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| name(entry).into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn file_is_replaced_without_leaving_a_temporary_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a/b/file");
        write_with_parents(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(names(path.parent().unwrap()), ["file"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn create_does_not_replace_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        create(&path, b"one").unwrap();
        assert_eq!(create(&path, b"two").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(names(directory.path()), ["file"]);
    }

    #[test]
    fn pending_file_replaces_the_old_one_at_commit_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, b"old").unwrap();
        let mut pending = Pending::beside(&path).unwrap();
        pending.write(b"n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        drop(pending);
        assert_eq!(names(directory.path()), ["file"]);
        let mut pending = Pending::beside(&path).unwrap();
        pending.write(b"n").unwrap();
        pending.write(b"ew").unwrap();
        pending.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(directory.path()), ["file"]);
        assert!(Pending::beside(directory.path()).is_err());
    }

    #[test]
    fn old_remains_of_a_crash_are_removed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let leave = |name: &str, age: Duration| {
            let file = File::create(directory.path().join(name)).unwrap();
            file.set_modified(std::time::SystemTime::now() - age).unwrap();
        };
        leave(".file.tmp-0", LEFTOVER_AGE * 2);
        leave(".file.tmp-1", Duration::ZERO);
        leave(".other.tmp-2", LEFTOVER_AGE * 2);
        write(&path, b"content").unwrap();
        assert_eq!(names(directory.path()), [".file.tmp-1", ".other.tmp-2", "file"]);
    }

    #[test]
    fn failed_write_leaves_the_old_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("directory");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("inside"), b"kept").unwrap();
        assert!(write(&path, b"content").is_err());
        assert_eq!(names(directory.path()), ["directory"]);
        assert_eq!(names(&path), ["inside"]);
    }

    #[cfg(unix)]
    #[test]
    fn symbolic_link_is_kept_and_device_is_written_to() {
        let directory = tempfile::tempdir().unwrap();
        let real = directory.path().join("real");
        let link = directory.path().join("link");
        fs::write(&real, b"old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
        let dangling = directory.path().join("dangling");
        std::os::unix::fs::symlink("later/new", &dangling).unwrap();
        assert!(write(&dangling, b"new").is_err());
        write_with_parents(&dangling, b"new").unwrap();
        assert!(fs::symlink_metadata(&dangling).unwrap().is_symlink());
        assert_eq!(fs::read(directory.path().join("later/new")).unwrap(), b"new");
        write(Path::new("/dev/null"), b"content").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
