//! What `thv login` stores and where, beside what other programs keep in the same file.

use crate::support;

use std::fs;
use std::process::{Command, Stdio};
use std::sync::{Arc, Barrier};

use serde_json::{Value, json};
use support::stub_registry::{Reply, Request, StubRegistry, status};
use support::{Ran, User};

/// `me:FAKE-pw`
const BASIC: &str = "Basic bWU6RkFLRS1wdw==";
const FILE: &str = ".docker/config.json";

fn log_in(user: &User, server: &StubRegistry) -> Ran {
    let login = ["login", &server.address.to_string(), "-u", "me", "--password-stdin"];
    user.thv_with_input(&login, b"FAKE-pw\n")
}

fn config_of(user: &User) -> Value {
    serde_json::from_slice(&fs::read(user.path(FILE)).unwrap()).unwrap()
}

/// An open registry.
fn open() -> StubRegistry {
    StubRegistry::start(|_| status(200).body("{}"))
}

/// Answers as `answer` says where the request has the right login, else with a challenge.
fn after_basic(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> StubRegistry {
    StubRegistry::start(move |received| match received.header("authorization") {
        Some(BASIC) => answer(received),
        _ => status(401).with("www-authenticate", "Basic realm=\"r\"").body("{}").into(),
    })
}

#[test]
fn login_is_stored_where_a_registry_answered() {
    // Quay answers `true`, and calls it HTML.
    let quay = after_basic(|_| status(200).with("content-type", "text/html").body("true").into());
    for server in [open(), quay, after_basic(|_| status(200).into())] {
        let user = User::new();
        log_in(&user, &server).ok();
        assert!(config_of(&user)["auths"][server.address.to_string()]["auth"].is_string());
    }
}

#[test]
fn login_at_a_web_site_is_not_stored() {
    const PAGE: &str = "<!DOCTYPE html><html><body>It works!</body></html>";
    let html = || status(200).with("content-type", "text/html; charset=utf-8").body(PAGE);
    let sign_in = |received: &Request| -> Reply {
        if received.target.starts_with("/v2") {
            status(302).with("location", "/users/sign_in?ticket=1f3a").into()
        } else {
            status(200).body("{}").into()
        }
    };
    let not_allowed = StubRegistry::start(|_| status(404).body("404 page not found"));
    let elsewhere = open();
    let location = elsewhere.url("/v2/");
    let moved = StubRegistry::start(move |_| status(307).with("location", &location));
    for (server, code, message) in [
        (StubRegistry::start(move |_| html()), 11, "its answer is a web page"),
        (after_basic(move |_| html().into()), 11, "its answer is a web page"),
        (StubRegistry::start(|_| status(200).body(PAGE)), 11, "its answer is a web page"),
        (StubRegistry::start(move |received| sign_in(received)), 11, "it led to http://"),
        (after_basic(sign_in), 11, "/users/sign_in, which is no part of"),
        (moved, 11, "which is no part of a registry's API"),
        (StubRegistry::start(|_| status(204)), 11, "status 204"),
        (after_basic(|_| status(202).into()), 11, "status 202"),
        (not_allowed, 3, "nothing was stored"),
    ] {
        let user = User::new();
        let failed = log_in(&user, &server).fails(code, message).fails(code, "nothing was stored");
        assert!(!failed.stderr().contains("ticket"), "{}", failed.stderr());
        assert!(!user.path(".docker").exists(), "{message}");
    }
}

#[test]
fn logins_at_the_same_time_are_all_kept() {
    const COUNT: usize = 8;
    let user = User::new();
    user.file(FILE, json!({ "auths": { "other.example": {} }, "kept": [1] }).to_string());
    // All answers come at once, and so all logins are stored at once.
    let barrier = Arc::new(Barrier::new(COUNT));
    let servers: Vec<_> = (0..COUNT)
        .map(|_| {
            let barrier = Arc::clone(&barrier);
            StubRegistry::start(move |_| {
                barrier.wait();
                status(200).body("{}")
            })
        })
        .collect();
    let started: Vec<_> = servers
        .iter()
        .map(|server| {
            let mut command = user.command();
            let name = server.address.to_string();
            command.args(["login", &name, "-u", "me", "--password", "FAKE-pw"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for process in started {
        Ran(process.wait_with_output().unwrap()).ok();
    }
    let stored = config_of(&user);
    for server in &servers {
        assert!(stored["auths"][server.address.to_string()].is_object(), "{stored}");
    }
    assert_eq!(stored["auths"].as_object().unwrap().len(), COUNT + 1);
    assert_eq!(stored["kept"], json!([1]));
}

#[test]
fn unchanged_login_is_not_written_again() {
    let (user, server) = (User::new(), open());
    log_in(&user, &server).ok();
    let path = user.path(FILE);
    // A writer that sorts or indents in another way makes other bytes of the same content.
    let stored = config_of(&user).to_string();
    fs::write(&path, &stored).unwrap();
    log_in(&user, &server).ok();
    assert_eq!(fs::read_to_string(&path).unwrap(), stored);
    user.thv(&["logout", "other.example"]).ok();
    assert_eq!(fs::read_to_string(&path).unwrap(), stored);
}

#[cfg(unix)]
#[test]
fn link_to_a_missing_file_of_logins_is_kept() {
    let (user, server) = (User::new(), open());
    fs::create_dir(user.path(".docker")).unwrap();
    std::os::unix::fs::symlink("../dotfiles/docker.json", user.path(FILE)).unwrap();
    log_in(&user, &server).ok();
    assert!(fs::symlink_metadata(user.path(FILE)).unwrap().is_symlink());
    assert!(user.path("dotfiles/docker.json").is_file());
    assert!(config_of(&user)["auths"][server.address.to_string()].is_object());
}

#[cfg(unix)]
#[test]
fn pipe_in_place_of_a_file_of_settings_is_an_error() {
    let (user, server) = (User::new(), after_basic(|_| status(200).body("{}").into()));
    let pipe = |name: &str| {
        let path = user.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    };
    pipe(FILE);
    log_in(&user, &server).fails(4, "a pipe, not a regular file");
    user.thv(&["logout", "other.example"]).fails(4, "a pipe, not a regular file");
    user.thv(&["pull", &server.reference("a:v1")]).fails(4, "a pipe, not a regular file");
    pipe("state/toolhive/runconfigs/a.json");
    user.thv(&["export", "a", "./out.json"]).fails(19, "a pipe, not a regular file");
}
