//! Free ports of this machine, and its lists of files to hide.

use std::io;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::Path;

use super::mount::{Mount, resolved};
use crate::runconfig::{EffectivePermissions, RunConfig};

/// The file in a mounted directory that lists files to hide from the server.
const IGNORE_FILE: &str = ".thvignore";

/// Returns `wanted` if nothing listens at it, else a port that is free now.
///
/// # Errors
/// The system's error if no port is free at `address`.
pub fn free_port(address: Option<IpAddr>, wanted: Option<u16>) -> io::Result<u16> {
    let address = address.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
    if let Some(wanted) = wanted
        && TcpListener::bind((address, wanted)).is_ok()
    {
        return Ok(wanted);
    }
    Ok(TcpListener::bind((address, 0))?.local_addr()?.port())
}

/// Returns true if `ToolHive` would hide files in the mounts of `config` from the server, which this
/// program does not do.
///
/// It does if a mount has a list of files to hide, or if the user has one, `toolhive/thvignore` in
/// `config_home`. Relative mounts start from `working_dir`.
#[must_use]
pub fn hides_files(config: &RunConfig, working_dir: &Path, config_home: Option<&Path>) -> bool {
    let Some(ignore) = &config.ignore_config else { return false };
    let global = ignore.load_global
        && config_home.is_some_and(|home| home.join("toolhive/thvignore").exists());
    let listed = |mount: &Mount| global || mount.source.join(IGNORE_FILE).exists();
    // A mount that is not valid stops the run anyway.
    let mounts = resolved(&EffectivePermissions::of(config), working_dir);
    mounts.is_ok_and(|mounts| mounts.iter().any(listed))
}
