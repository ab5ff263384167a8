//! Symbolic links where a result is written: one's own are followed, those of other users are not.
#![cfg(unix)]

use crate::support;

use std::fs;
use std::os::unix::fs::{lchown, symlink};

use support::{Ran, Registry, User};

const STDIO: &[u8] = include_bytes!("../fixtures/runconfigs/stdio.json");
const KEPT: &str = "kept";
/// Nobody's number.
const OTHER: u32 = 65534;

/// A user with a file `victim`, and links to it and to the directory `inside` that `owner` made.
fn with_links(owner: Option<u32>) -> (User, Registry) {
    let (user, registry) = (User::new(), Registry::embedded());
    user.file("config.json", STDIO);
    user.file("inside/victim", KEPT);
    for (link, target) in [("file", "inside/victim"), ("new", "inside/new"), ("dir", "inside")] {
        symlink(target, user.path(link)).unwrap();
        lchown(user.path(link), owner, None).unwrap();
    }
    let reference = registry.reference("configs/a:v1");
    user.thv(&["push", "config.json", &reference, "--wire-log", "wire.jsonl"]).ok();
    user.thv(&["import", "./config.json", "--name", "a"]).ok();
    (user, registry)
}

/// Command lines that write to the path `{}`.
fn writers(registry: &Registry, path: &str) -> Vec<Vec<String>> {
    let reference = registry.reference("configs/a:v1");
    let words = |line: &str| line.split(' ').map(str::to_owned).collect();
    vec![
        words(&format!("pull {reference} -o ./{path}")),
        words(&format!("export a ./{path}")),
        words(&format!("wire export wire.jsonl --format har -o ./{path}")),
        words(&format!("pull {reference} -o ./out.json --wire-log ./{path}")),
    ]
}

#[test]
#[ignore = "needs root, who can make a link of another user's; tests/run.sh is run by root"]
fn link_of_another_user_is_not_followed() {
    let (user, registry) = with_links(Some(OTHER));
    for path in ["file", "new", "dir/victim", "dir/new"] {
        for line in writers(&registry, path) {
            let line: Vec<_> = line.iter().map(String::as_str).collect();
            user.thv(&line).fails(19, "is a symbolic link that another user made");
        }
    }
    let login = [
        "login",
        &registry.address.to_string(),
        "-u",
        "me",
        "--password-stdin",
        "--registry-config",
        "new",
    ];
    user.thv_with_input(&login, b"FAKE-pw").fails(4, "a symbolic link that another user made");
    let mut import = user.command();
    import.args(["import", "./config.json"]).env("XDG_STATE_HOME", user.path("dir"));
    Ran(import.output().unwrap()).fails(19, "a symbolic link that another user made");
    assert_eq!(fs::read_to_string(user.path("inside/victim")).unwrap(), KEPT);
    let inside = fs::read_dir(user.path("inside")).unwrap();
    assert_eq!(inside.count(), 1, "nothing was made beside the file");
}

#[test]
fn own_link_is_followed_and_kept() {
    let (user, registry) = with_links(None);
    for (path, real) in [("new", "inside/new"), ("dir/other", "inside/other")] {
        for line in writers(&registry, path) {
            let line: Vec<_> = line.iter().map(String::as_str).collect();
            user.thv(&line).ok();
            assert!(!fs::read(user.path(real)).unwrap().is_empty(), "{line:?}");
            fs::remove_file(user.path(real)).unwrap();
        }
    }
    for link in ["new", "dir"] {
        assert!(fs::symlink_metadata(user.path(link)).unwrap().is_symlink());
    }
}
