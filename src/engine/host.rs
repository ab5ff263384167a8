//! What this machine has that a run depends on: free ports, and lists of files to hide.

use std::io;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::Path;

use super::mount::Mount;
use super::plan::mounts;
use crate::runconfig::RunConfig;

/// The file in a mounted directory that lists what is to be hidden from the server.
const IGNORE_FILE: &str = ".thvignore";

/// `wanted` where nobody listens at it, else a port that is free now.
///
/// # Errors
/// Where no port can be had at `address`.
pub fn free_port(address: Option<IpAddr>, wanted: Option<u16>) -> io::Result<u16> {
    let address = address.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
    if let Some(wanted) = wanted
        && TcpListener::bind((address, wanted)).is_ok()
    {
        return Ok(wanted);
    }
    Ok(TcpListener::bind((address, 0))?.local_addr()?.port())
}

/// Whether `ToolHive` would hide files in the mounts of `config` from the server, which nothing here
/// does: a list stands in one of them, or the user has one, `toolhive/thvignore` in `config_home`.
/// Relative mounts are below `working_dir`.
#[must_use]
pub fn hides_files(config: &RunConfig, working_dir: &Path, config_home: Option<&Path>) -> bool {
    let Some(ignore) = &config.ignore_config else { return false };
    let global = ignore.load_global
        && config_home.is_some_and(|home| home.join("toolhive/thvignore").exists());
    let listed = |mount: &Mount| global || mount.source.join(IGNORE_FILE).exists();
    // Mounts that cannot be read stop the run by themselves.
    mounts(config, working_dir).unwrap_or_default().iter().any(listed)
}
