//! Ctrl-C, SIGTERM and SIGHUP: the first one ends the program, after an upload is cancelled; the second
//! one ends it at once.

use crate::support;

use std::io::Write as _;
use std::process::{Child, Command, Stdio};

use support::stub_registry::{Reply, StubRegistry, Then, status};
use support::terminal::Terminal;
use support::{Ran, Registry, User, until};

const STDIO: &[u8] = include_bytes!("../fixtures/runconfigs/stdio.json");
const SIGNALS: [&str; 3] = ["-INT", "-TERM", "-HUP"];

fn start(user: &User, arguments: &[&str]) -> Child {
    let mut command = user.command();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn send(signal: &str, process: u32) {
    assert!(Command::new("kill").args([signal, &process.to_string()]).status().unwrap().success());
}

fn ended(process: Child) -> Ran {
    Ran(process.wait_with_output().unwrap())
}

/// A server that answers nothing.
fn silent() -> StubRegistry {
    StubRegistry::start(|_| Reply::Raw(Vec::new(), Then::Stall))
}

#[test]
fn signal_ends_a_transfer() {
    let server = silent();
    let user = User::new();
    for (number, signal) in SIGNALS.into_iter().enumerate() {
        let pull = start(&user, &["pull", &server.reference("a:v1")]);
        until(|| server.received().len() > number);
        send(signal, pull.id());
        ended(pull).fails(130, "thv pull: interrupted");
    }
}

#[test]
fn signal_ends_the_program_after_a_transfer() {
    let (user, registry) = (User::new(), Registry::embedded());
    user.file("a.json", STDIO);
    let reference = registry.reference("a:v1");
    user.thv(&["push", "./a.json", &reference]).ok();
    for signal in SIGNALS {
        let fifo = user.path("fifo.json");
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let diff = start(&user, &["diff", &reference, "./fifo.json"]);
        // This returns once the program has opened the other end, and it waits for text from here on.
        let mut end = std::fs::OpenOptions::new().write(true).open(&fifo).unwrap();
        end.write_all(b"{").unwrap();
        send(signal, diff.id());
        assert_eq!(ended(diff).code(), 130, "{signal}");
        std::fs::remove_file(fifo).unwrap();
    }
}

/// A registry that opens uploads and answers nothing about their content.
fn slow_upload(answers_delete: bool) -> StubRegistry {
    StubRegistry::start(move |received| match received.method.as_str() {
        "POST" => Reply::from(status(202).with("location", "/v2/a/blobs/uploads/1")),
        "DELETE" if answers_delete => Reply::from(status(204)),
        "PUT" | "PATCH" | "DELETE" => Reply::Raw(Vec::new(), Then::Stall),
        _ => Reply::from(status(404)),
    })
}

#[test]
fn first_signal_cancels_an_upload_and_the_second_ends_the_program_at_once() {
    for (is_answered, signal) in [(true, "-INT"), (false, "-INT"), (false, "-TERM")] {
        let registry = slow_upload(is_answered);
        let user = User::new();
        user.file("a.json", STDIO);
        let push = start(&user, &["push", "./a.json", &registry.reference("a:v1")]);
        until(|| registry.count("PUT", "/uploads/") > 0);
        send(signal, push.id());
        until(|| registry.count("DELETE", "/uploads/") > 0);
        if !is_answered {
            send(signal, push.id());
        }
        let ran = ended(push).fails(130, "cancelling the upload\n");
        assert_eq!(ran.stderr().contains("thv push: interrupted"), is_answered, "{}", ran.stderr());
    }
}

#[test]
fn signal_that_was_ignored_from_the_start_stays_ignored() {
    let server = silent();
    let user = User::new();
    let mut command = user.command_of("sh");
    let ignoring = "trap '' HUP INT && exec \"$0\" \"$@\"";
    let pull = ["pull", &server.reference("a:v1")];
    command.args(["-c", ignoring, env!("CARGO_BIN_EXE_thv")]).args(pull);
    let pull = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until(|| !server.received().is_empty());
    send("-HUP", pull.id());
    send("-INT", pull.id());
    send("-TERM", pull.id());
    // Had it acted on one of the first two, the next one would have ended it without a message.
    ended(pull).fails(130, "thv pull: interrupted");
}

#[test]
fn signal_at_a_prompt_restores_the_terminal() {
    let (user, server) = (User::new(), silent());
    let login = format!("sh -c 'echo id=$$.; exec thv login {} -u me'", server.address);
    let command = format!("stty -a; echo ===; {login}; echo code=$?; echo ===; stty -a");
    let mut terminal = Terminal::start(&user, &command, &[]);
    let shown = terminal.wait_for("Password: ");
    let id = shown.split_once("id=").unwrap().1.split_once('.').unwrap().0;
    send("-TERM", id.parse().unwrap());
    let (shown, _) = terminal.end();
    let parts: Vec<_> = shown.split("===").map(str::trim).collect();
    assert!(parts[1].contains("code=130"), "{shown}");
    assert_eq!(parts[0], parts[2], "the terminal's settings");
}

/// Writes a container engine that does what `script` says. There, `hang NAME` makes the file NAME, and waits
/// for as long as the user's home is there.
fn engine(user: &User, script: &str) {
    let hang =
        "hang() { touch \"$HOME/$1\"; while [ -e \"$HOME/$1\" ]; do sleep 0.1; done; exit 1; }";
    user.program("bin/podman", &format!("#!/bin/sh\n{hang}\n{script}"));
}

fn run(user: &User, transport: &str) -> Child {
    let config = format!(
        r#"{{"image":"example.com/x:1","name":"n","transport":"{transport}","target_port":8080}}"#
    );
    user.file("config.json", config);
    let path = format!("{}:{}", user.path("bin").display(), std::env::var("PATH").unwrap());
    let mut command = user.command();
    command.args(["run", "./config.json"]).env("PATH", path).stdin(Stdio::null());
    // Processes of the engine may outlive the program and must not hold a pipe of the test.
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn signal_ends_a_run_whose_engine_hangs() {
    for (stage, script) in [
        ("check", "hang check"),
        ("room", "[ -e \"$HOME/checked\" ] && hang room; touch \"$HOME/checked\"; exit 1"),
        ("image", "[ \"$1\" = image ] && hang image; exit 1"),
    ] {
        for signal in SIGNALS {
            let user = User::new();
            engine(&user, script);
            let mut process = run(&user, "stdio");
            until(|| user.path(stage).exists());
            send(signal, process.id());
            assert_eq!(process.wait().unwrap().code(), Some(130), "{stage} {signal}");
        }
    }
}

#[test]
fn third_signal_ends_a_run_whose_server_cannot_be_removed() {
    let user = User::new();
    engine(
        &user,
        "case \"$1\" in
            container) [ -e \"$HOME/stop\" ] && hang remove; exit 1 ;;
            image) exit 0 ;;
            create) echo id ;;
            *) hang \"$1\" ;;
        esac",
    );
    let mut process = run(&user, "sse");
    for stage in ["start", "stop", "remove"] {
        until(|| user.path(stage).exists());
        send("-TERM", process.id());
    }
    assert_eq!(process.wait().unwrap().code(), Some(130));
}
