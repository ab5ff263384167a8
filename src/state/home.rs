//! Where a user's programs keep their state.

use std::ffi::OsString;
use std::path::PathBuf;

/// The directory for state, by the rules of `ToolHive`'s own library for them.
pub(super) fn state_home(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let home = || {
        let name = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        variable(name).filter(|home| !home.is_empty()).map(PathBuf::from)
    };
    let set = variable("XDG_STATE_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    let expanded = set.and_then(|path| {
        let below_home = path.strip_prefix("~").or_else(|_| path.strip_prefix("$HOME"));
        match below_home {
            Ok(rest) => home().map(|home| home.join(rest)),
            Err(_) => Some(path),
        }
    });
    if let Some(path) = expanded.filter(|path| path.is_absolute()) {
        return Some(path);
    }
    if cfg!(target_os = "macos") {
        Some(home()?.join("Library").join("Application Support"))
    } else if cfg!(windows) {
        let local = variable("LOCALAPPDATA").filter(|path| !path.is_empty());
        local.map(PathBuf::from).or_else(|| Some(home()?.join("AppData").join("Local")))
    } else {
        Some(home()?.join(".local").join("state"))
    }
}

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    use super::*;

    fn home(pairs: &[(&str, &str)]) -> Option<PathBuf> {
        let value = |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.into());
        state_home(value)
    }

    #[test]
    fn the_directory_is_toolhive_s() {
        let default = Some(PathBuf::from("/home/me/.local/state"));
        for (set, expected) in [
            ("", default.clone()),
            ("relative", default.clone()),
            ("/state", Some("/state".into())),
            ("~/state", Some("/home/me/state".into())),
            ("$HOME/state", Some("/home/me/state".into())),
            ("~other/state", default),
        ] {
            let found = home(&[("HOME", "/home/me"), ("XDG_STATE_HOME", set)]);
            assert_eq!(found, expected, "{set}");
        }
        assert_eq!(home(&[]), None);
        assert_eq!(home(&[("XDG_STATE_HOME", "/state")]), Some("/state".into()));
    }
}
