//! Follows symbolic links, but none that another user made: that user would choose which file is
//! replaced. Linux has the same rule for directories that everyone may write to (`protected_symlinks`).
//! Here it holds for every directory.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};

/// How many links one path may lead through, as on Linux.
const LIMIT: usize = 40;

/// Returns the path of the file that is written when a user names `path`: no part of it is a symbolic
/// link. Nothing need exist there.
///
/// A device or a pipe keeps the name that it was given: `/dev/stdout` is a link to what has no path.
pub(crate) fn destination(path: &Path) -> io::Result<PathBuf> {
    let target = follow(path)?;
    let is_special = fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
    Ok(if is_special { path.to_owned() } else { target })
}

fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut followed = PathBuf::new();
    let mut rest = path.to_owned();
    let mut links = 0;
    loop {
        let mut components = rest.components();
        let Some(next) = components.next() else { return Ok(followed) };
        let candidate = followed.join(next);
        // What cannot be looked at fails when it is opened, with an error that says more.
        let found = fs::symlink_metadata(&candidate).ok();
        let is_name = matches!(next, Component::Normal(_));
        let Some(link) = found.filter(|found| is_name && found.is_symlink()) else {
            rest = components.as_path().to_owned();
            followed = candidate;
            continue;
        };
        links += 1;
        if links > LIMIT {
            return Err(io::Error::other(format!("{}: too many symbolic links", path.display())));
        }
        refuse_foreign(&candidate, &link)?;
        rest = fs::read_link(&candidate)?.join(components.as_path());
    }
}

/// Refuses a link unless the user who runs this process made it, or the system's: the owner of `/`, who
/// is root but where a container hides root.
#[cfg(unix)]
fn refuse_foreign(link: &Path, found: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let is_system = fs::metadata("/").is_ok_and(|root| root.uid() == found.uid());
    if is_system || own_user()? == found.uid() {
        return Ok(());
    }
    let text = format!(
        "{} is a symbolic link that another user made; name the file that it leads to",
        link.display()
    );
    Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
}

#[cfg(not(unix))]
fn refuse_foreign(_: &Path, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Returns the number of the user who runs this process. The standard library cannot be asked for it, but
/// a new file tells.
#[cfg(unix)]
fn own_user() -> io::Result<u32> {
    let (_temporary, file) = super::temporary::scratch()?;
    Ok(std::os::unix::fs::MetadataExt::uid(&file.metadata()?))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_to_their_end() {
        let directory = tempfile::tempdir().unwrap();
        let base = fs::canonicalize(directory.path()).unwrap();
        let at = |name: &str| base.join(name);
        fs::create_dir(at("real")).unwrap();
        fs::write(at("real/file"), "").unwrap();
        symlink("real", at("dir")).unwrap();
        symlink("dir/file", at("one")).unwrap();
        symlink(at("one"), at("two")).unwrap();
        symlink("../absent/new", at("real/dangling")).unwrap();
        symlink("loop", at("loop")).unwrap();
        for (path, target) in [
            ("two", "real/file"),
            ("dir/other", "real/other"),
            ("dir/dangling", "real/../absent/new"),
            ("none/a", "none/a"),
        ] {
            assert_eq!(destination(&at(path)).unwrap(), at(target), "{path}");
        }
        assert!(destination(&at("loop")).is_err());
        for special in ["/dev/null", "/dev/stdout"] {
            // The output of a test may be a file.
            let is_file = fs::metadata(special).unwrap().is_file();
            let found = destination(Path::new(special)).unwrap();
            assert!(is_file || found == Path::new(special));
        }
    }
}
