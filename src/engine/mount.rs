//! The mounts of a container, with absolute paths.

use std::path::{Path, PathBuf};

use super::plan_error::PlanError;
use crate::runconfig::{EffectiveMount, EffectivePermissions, clean};

/// A directory or file of this machine in the container.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mount {
    /// The path on this machine, absolute.
    pub source: PathBuf,
    /// The path in the container, absolute.
    pub target: String,
    /// Whether it is read-only.
    pub read_only: bool,
}

/// Returns the mounts that take effect. Relative sources start from `working_dir`.
pub(super) fn resolved(
    permissions: &EffectivePermissions<'_>,
    working_dir: &Path,
) -> Result<Vec<Mount>, PlanError> {
    let resolve = |declared: &EffectiveMount<'_>| {
        let mount = declared.mount?;
        let source = clean(&working_dir.join(&mount.source));
        Ok(Mount { source, target: mount.target.clone(), read_only: declared.read_only })
    };
    permissions.mounts.iter().map(resolve).collect()
}
