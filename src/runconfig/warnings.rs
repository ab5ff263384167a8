//! Warnings about permissions that give a machine away, whoever asks for them.

use std::path::{Path, PathBuf};

use super::config::clean_path;
use super::permissions::{EffectiveMount, EffectivePermissions, NetworkAccess};

/// Directories whose content gives a machine away, and what that content is.
const SYSTEM: [(&str, &str); 14] = [
    ("/etc", "the settings and accounts of this machine"),
    ("/proc", "the processes of this machine"),
    ("/sys", "the devices and the kernel of this machine"),
    ("/dev", "the devices of this machine"),
    ("/boot", "the kernel of this machine"),
    ("/usr", "the programs of this machine"),
    ("/bin", "the programs of this machine"),
    ("/sbin", "the programs of this machine"),
    ("/lib", "the programs of this machine"),
    ("/lib64", "the programs of this machine"),
    ("/run", "the sockets of this machine's services, such as a container engine"),
    ("/var/run", "the sockets of this machine's services, such as a container engine"),
    ("/var/lib/docker", "the containers of this machine"),
    ("/var/lib/containers", "the containers of this machine"),
];

/// Names of sockets through which a container engine takes orders.
const ENGINE_SOCKETS: [&str; 4] = ["docker.sock", "podman.sock", "containerd.sock", "crio.sock"];

/// Returns where a mount's source is on this machine, with symbolic links followed, or as it is
/// written if nothing is there.
pub(crate) fn path_here(source: &Path, working_dir: &Path) -> PathBuf {
    let path = working_dir.join(source);
    path.canonicalize().unwrap_or_else(|_| clean_path(&path))
}

/// Returns one sentence for each danger. A stranger cannot make the list long: mounts of one
/// directory share a sentence.
pub(super) fn warnings(
    permissions: &EffectivePermissions<'_>,
    working_dir: &Path,
    home: Option<&Path>,
) -> Vec<String> {
    let mut warnings = Vec::new();
    if permissions.is_privileged {
        warnings.push("privileged: it can do what root of this machine can do".to_owned());
    }
    match &permissions.network {
        NetworkAccess::Host => {
            let warning = "network host: it reaches services that only this machine reaches";
            warnings.push(warning.to_owned());
        }
        NetworkAccess::Invalid(name, _) if name.contains(':') => {
            warnings.push(format!("network {name}: it shares the network of something else"));
        }
        _ => {}
    }
    let mut found: Vec<(bool, &str, PathBuf, usize)> = Vec::new();
    for EffectiveMount { mount, read_only, .. } in &permissions.mounts {
        let Ok(mount) = mount else { continue };
        let path = path_here(&mount.source, working_dir);
        let Some(danger) = danger(&path, home) else { continue };
        let same =
            |known: &&mut (bool, &str, PathBuf, usize)| (known.0, known.1) == (*read_only, danger);
        match found.iter_mut().find(same) {
            Some(known) => known.3 += 1,
            None => found.push((*read_only, danger, path, 1)),
        }
    }
    warnings.extend(found.into_iter().map(|(read_only, danger, path, count)| {
        let verb = if read_only { "reads" } else { "writes" };
        let more =
            if count > 1 { format!(" ({} more such mounts)", count - 1) } else { String::new() };
        format!("{verb} {}: {danger}{more}", path.display())
    }));
    warnings
}

/// Returns what makes it dangerous to mount `path`.
fn danger(path: &Path, home: Option<&Path>) -> Option<&'static str> {
    if path == Path::new("/") {
        return Some("the whole disk of this machine");
    }
    let is_socket = |name| ENGINE_SOCKETS.iter().any(|socket| name == *socket);
    if path.file_name().is_some_and(is_socket) {
        return Some("a container engine, which controls this machine");
    }
    if let Some(home) = home {
        if home.starts_with(path) {
            return Some("your home directory");
        }
        let below = path.strip_prefix(home).ok().and_then(|path| path.components().next());
        if below.is_some_and(|name| name.as_os_str().as_encoded_bytes().starts_with(b".")) {
            return Some("settings or credentials in your home directory");
        }
        if path.starts_with("/root") && !home.starts_with("/root") {
            return Some("the home directory of root");
        }
    }
    let system = SYSTEM.iter().find(|(directory, _)| {
        // A directory above one of these contains it.
        path.starts_with(directory) || Path::new(directory).starts_with(path)
    });
    system.map(|(_, danger)| *danger)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runconfig::Document;

    fn warned(config: &str) -> Vec<String> {
        let text = format!(r#"{{"image":"x",{config}}}"#);
        let document = Document::parse(text.into_bytes()).unwrap();
        let permissions = EffectivePermissions::of(document.config());
        warnings(&permissions, Path::new("/one/two"), Some(Path::new("/home/me")))
    }

    #[test]
    fn mounts_that_give_the_machine_away_are_named() {
        for (source, expected) in [
            ("/", "writes /: the whole disk of this machine"),
            ("/home", "writes /home: your home directory"),
            ("/home/me/", "writes /home/me: your home directory"),
            (
                "../../home/me/.ssh",
                "writes /home/me/.ssh: settings or credentials in your home directory",
            ),
            ("/srv/docker.sock", "writes /srv/docker.sock: a container engine, which controls"),
            ("/etc", "writes /etc: the settings and accounts of this machine"),
            ("/etc/no-such-file", "writes /etc/no-such-file: the settings and accounts"),
            ("/proc/no-such-file", "writes /proc/no-such-file: the processes"),
            ("/home/me/.bashrc", "writes /home/me/.bashrc: settings or credentials in your home"),
            ("/usr/none", "writes /usr/none: the programs"),
            ("/sys", "writes /sys: the devices and the kernel"),
            ("/var", "writes /var: "),
        ] {
            let found = warned(&format!(r#""volumes":["{source}:/x"]"#));
            assert_eq!(found.len(), 1, "{source}");
            assert!(found[0].starts_with(expected), "{found:?}");
        }
        for source in ["/srv/data", "/home/me/project", "./data", "/home/other/x", "/etcetera"] {
            assert_eq!(warned(&format!(r#""volumes":["{source}:/x"]"#)), [""; 0], "{source}");
        }
    }

    #[test]
    fn many_mounts_make_one_warning_for_each_danger() {
        let mounts: Vec<_> = (0..3000).map(|n| format!(r#""/etc/none-{n}:/x{n}:ro""#)).collect();
        let found = warned(&format!(r#""volumes":[{}]"#, mounts.join(",")));
        assert_eq!(found.len(), 1);
        assert!(found[0].ends_with("(2999 more such mounts)"), "{found:?}");
    }

    #[test]
    fn privileges_and_shared_networks_are_named() {
        let found = warned(r#""permission_profile":{"privileged":true,"network":{"mode":"host"}}"#);
        assert_eq!(found.len(), 2, "{found:?}");
        let found = warned(r#""permission_profile":{"network":{"mode":"container:other"}}"#);
        assert!(found[0].starts_with("network container:other: "), "{found:?}");
        assert_eq!(warned(r#""permission_profile":{"network":{"mode":"lan"}}"#), [""; 0]);
    }
}
