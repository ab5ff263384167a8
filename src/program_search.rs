//! Finds programs in `PATH`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Returns the first program called `name` in `search_path`, which has the form of `PATH`.
///
/// Only absolute directories are searched. An empty entry, `.` and `bin` all depend on the current
/// directory, which may be a stranger's: a program there would be run in place of the user's own.
pub(crate) fn find(name: &str, search_path: &OsStr) -> Option<PathBuf> {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let directories = std::env::split_paths(search_path).filter(|dir| dir.is_absolute());
    directories.map(|dir| dir.join(&name)).find(|path| is_executable(path))
}

/// Returns true if the file's permissions allow anybody to run it.
fn is_executable(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    path.is_file()
}
