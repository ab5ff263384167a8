//! The directories of the user who runs this process.
//!
//! Each function takes `variable`, which returns the value of an environment variable, so that a
//! test can give its own values.

use std::ffi::OsString;
use std::path::PathBuf;

/// Returns the home directory: `HOME`, on Windows `USERPROFILE`.
pub(crate) fn home(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let name = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    variable(name).filter(|home| !home.is_empty()).map(PathBuf::from)
}

/// Returns the directory for state: `XDG_STATE_HOME`, or `~/.local/state`.
///
/// This is where `ToolHive` looks too: it follows the rules of the Go library `adrg/xdg`.
pub(crate) fn state_home(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    base_directory("XDG_STATE_HOME", ".local/state", variable)
}

/// Returns the directory for settings: `XDG_CONFIG_HOME`, or `~/.config`, by the same rules.
pub(crate) fn config_home(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    base_directory("XDG_CONFIG_HOME", ".config", variable)
}

/// Returns the directory of podman's and skopeo's settings: `containers` in `XDG_CONFIG_HOME`, or in
/// `~/.config`. These programs expand nothing, and have no other default on macOS and Windows.
pub(crate) fn containers_config(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = variable("XDG_CONFIG_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    Some(set.or_else(|| Some(home(&variable)?.join(".config")))?.join("containers"))
}

/// Returns the directory that the variable `name` holds where that is an absolute path, with a
/// leading `~` or `$HOME` expanded; else `default` below the home directory. macOS and Windows have
/// defaults of their own.
fn base_directory(
    name: &str,
    default: &str,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Option<PathBuf> {
    let set = variable(name).map(PathBuf::from);
    let expanded = set.and_then(|path| {
        let below_home = path.strip_prefix("~").or_else(|_| path.strip_prefix("$HOME"));
        match below_home {
            Ok(rest) => home(&variable).map(|home| home.join(rest)),
            Err(_) => Some(path),
        }
    });
    if let Some(path) = expanded.filter(|path| path.is_absolute()) {
        return Some(path);
    }
    if cfg!(target_os = "macos") {
        Some(home(&variable)?.join("Library").join("Application Support"))
    } else if cfg!(windows) {
        let local = variable("LOCALAPPDATA").filter(|path| !path.is_empty());
        local.map(PathBuf::from).or_else(|| Some(home(&variable)?.join("AppData").join("Local")))
    } else {
        Some(home(&variable)?.join(default))
    }
}

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    use super::*;

    fn state(pairs: &[(&str, &str)]) -> Option<PathBuf> {
        state_home(|name| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.into()))
    }

    #[test]
    fn only_an_absolute_state_home_replaces_the_default() {
        let default = Some(PathBuf::from("/home/me/.local/state"));
        for (set, expected) in [
            ("", default.clone()),
            ("relative", default.clone()),
            ("/state", Some("/state".into())),
            ("~/state", Some("/home/me/state".into())),
            ("$HOME/state", Some("/home/me/state".into())),
            ("~other/state", default),
        ] {
            let found = state(&[("HOME", "/home/me"), ("XDG_STATE_HOME", set)]);
            assert_eq!(found, expected, "{set}");
        }
        assert_eq!(state(&[]), None);
        assert_eq!(state(&[("XDG_STATE_HOME", "/state")]), Some("/state".into()));
    }
}
