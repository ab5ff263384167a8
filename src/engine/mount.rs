//! The mounts of a container, and the files in them that `ToolHive` hides.

use std::path::{Path, PathBuf};

use super::error::PlanError;
use crate::runconfig::{EffectiveMount, EffectivePermissions, RunConfig, path_here};

/// The file in a mounted directory that lists files to hide from the server.
const IGNORE_FILE: &str = ".thvignore";

/// A directory or file of this machine in the container. Both paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    pub(crate) source: PathBuf,
    pub(crate) target: String,
    pub(crate) read_only: bool,
}

/// Returns the mounts that take effect. Relative sources start from `working_dir`. Symbolic links are
/// followed, so that the engine mounts what the user was shown.
pub(super) fn resolved_mounts(
    permissions: &EffectivePermissions<'_>,
    working_dir: &Path,
) -> Result<Vec<Mount>, PlanError> {
    let resolve = |declared: &EffectiveMount<'_>| {
        let mount = declared.mount?;
        let source = path_here(&mount.source, working_dir);
        Ok(Mount { source, target: mount.target.clone(), read_only: declared.read_only })
    };
    permissions.mounts.iter().map(resolve).collect()
}

/// Returns true if `ToolHive` would hide files in the mounts of `config` from the server, which this
/// program does not do.
///
/// It does if a mount has a list of files to hide, or if the user has one, `toolhive/thvignore` in
/// `config_home`. Relative mounts start from `working_dir`.
pub(crate) fn hides_files(
    config: &RunConfig,
    working_dir: &Path,
    config_home: Option<&Path>,
) -> bool {
    let Some(ignore) = &config.ignore_config else { return false };
    let global = ignore.load_global
        && config_home.is_some_and(|home| home.join("toolhive/thvignore").exists());
    let listed = |mount: &Mount| global || mount.source.join(IGNORE_FILE).exists();
    // A mount that is not valid stops the run anyway.
    let mounts = resolved_mounts(&EffectivePermissions::of(config), working_dir);
    mounts.is_ok_and(|mounts| mounts.iter().any(listed))
}
