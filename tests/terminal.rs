//! Output on a terminal: colour, quiet, progress, prompts, and the terminal's settings afterwards.

use crate::support;

use std::sync::{Arc, Mutex, mpsc};

use support::stub_registry::{StubRegistry, status};
use support::terminal::Terminal;
use support::{Registry, User, until};

const STDIO: &[u8] = include_bytes!("../fixtures/runconfigs/stdio.json");
const MINIMAL: &[u8] = include_bytes!("../fixtures/runconfigs/minimal.json");
const ESCAPE: char = '\u{1b}';

/// A user with two configurations that differ.
fn with_two() -> User {
    let user = User::new();
    user.file("a.json", STDIO);
    user.file("b.json", MINIMAL);
    user
}

#[test]
fn colour_is_used_on_terminals_and_on_request() {
    let user = with_two();
    let on_terminal = |command: &str, variables: &[(&str, &str)]| {
        let (shown, code) = Terminal::start(&user, command, variables).end();
        assert_eq!(code, 1, "{shown}");
        shown.contains(ESCAPE)
    };
    assert!(on_terminal("thv diff a.json b.json", &[]));
    assert!(!on_terminal("thv diff a.json b.json", &[("NO_COLOR", "1")]));
    assert!(on_terminal("thv diff a.json b.json", &[("NO_COLOR", "")]));
    assert!(!on_terminal("thv diff a.json b.json", &[("TERM", "dumb")]));
    assert!(!on_terminal("thv --color never diff a.json b.json", &[]));
    assert!(on_terminal("thv diff a.json b.json --color always", &[("NO_COLOR", "1")]));
    let piped = |more: &[&str]| {
        let ran = user.thv(&[&["diff", "a.json", "b.json"][..], more].concat());
        (ran.stdout() + &ran.stderr()).contains(ESCAPE)
    };
    assert!(!piped(&[]));
    assert!(piped(&["--color", "always"]));
    let json = user.thv(&["diff", "a.json", "b.json", "--json", "--color", "always"]);
    assert!(!json.stdout().contains(ESCAPE));
    user.thv(&["list", "--color", "blue"]).fails(2, "possible values: auto, always, never");
}

#[test]
fn quiet_hides_notes_and_keeps_warnings_and_errors() {
    let (user, registry) = (User::new(), Registry::embedded());
    let address = registry.address.to_string();
    let login = ["login", &address, "-u", "me", "--password-stdin"];
    let said = user.thv_with_input(&login, b"FAKE-pw\n").ok();
    assert_eq!(said.stderr().matches("note:").count(), 2, "{}", said.stderr());
    let quiet = user.thv_with_input(&[&login[..], &["--quiet"]].concat(), b"FAKE-pw\n").ok();
    assert_eq!((quiet.stderr(), quiet.stdout()), (String::new(), said.stdout()));
    assert_eq!(user.thv(&["-q", "list"]).ok().stderr(), "");
    let warned = user.thv(&["-q", "list", "--insecure-skip-tls-verify"]).ok().stderr();
    assert!(warned.contains("warning:"), "{warned}");
    user.thv(&["-q", "pull", "localhost:5055/A:v1"]).fails(2, "lower-case");
}

/// Runs `command`, types `keys` at `question`, and returns what it printed. `stty -a` before and after
/// shows that the terminal's settings are the same.
fn interrupted_at(user: &User, command: &str, question: &str, keys: &str) -> String {
    let command = format!("stty -a; echo ===; {command}; echo code=$?; echo ===; stty -a");
    let mut terminal = Terminal::start(user, &command, &[]);
    terminal.wait_for(question);
    terminal.types(keys);
    let (shown, _) = terminal.end();
    let parts: Vec<_> = shown.split("===").map(str::trim).collect();
    assert_eq!(parts[0], parts[2], "the terminal's settings");
    assert!(parts[0].contains(" echo ") && parts[0].contains(" icanon "), "{shown}");
    assert!(parts[1].contains("code=130") && parts[1].contains("interrupted"), "{shown}");
    parts[1].to_owned()
}

#[test]
fn ctrl_c_at_a_prompt_ends_the_command_and_restores_the_terminal() {
    let (user, registry) = (User::new(), Registry::embedded());
    let login = format!("thv login {}", registry.address);
    for keys in ["\u{3}", "half\u{3}", "\u{4}"] {
        interrupted_at(&user, &login, "Username: ", keys);
        let said = interrupted_at(&user, &format!("{login} -u me"), "Password: ", keys);
        assert!(!said.contains("half"), "{said}");
    }
    // The question after a transfer, which watches for signals itself.
    let config = r#"{"image":"x:1","name":"n","transport":"stdio"}"#;
    user.file("config.json", config);
    let reference = registry.reference("configs/n:v1");
    user.thv(&["push", "config.json", &reference]).ok();
    // An engine has to be there; it is not run.
    let bin = user.file("bin/podman", "#!/bin/sh\nexit 1\n");
    std::fs::set_permissions(&bin, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let run = format!("PATH=$PWD/bin:$PATH thv run {reference}");
    let said = interrupted_at(&user, &run, "Run it? [y/N] ", "\u{3}");
    assert!(said.contains("wants to run"), "{said}");
}

/// A registry that knows one user, `me`, and their password, `FAKE-pw`.
fn with_login() -> StubRegistry {
    StubRegistry::start(move |received| match received.header("authorization") {
        Some("Basic bWU6RkFLRS1wdw==") => status(200).body("{}"),
        _ => status(401).with("www-authenticate", "Basic realm=\"r\"").body("{}"),
    })
}

#[test]
fn ctrl_z_at_a_prompt_suspends_the_command_and_restores_the_terminal() {
    for (option, question, answers) in [
        ("", "Username: ", &["me\n", "FAKE-pw\n"][..]),
        ("-u me", "Password: ", &["FAKE-pw\n"][..]),
    ] {
        let (user, server) = (User::new(), with_login());
        let go = user.path("go");
        assert!(std::process::Command::new("mkfifo").arg(&go).status().unwrap().success());
        // A shell with job control. Opening the pipe waits for the test.
        let command = format!(
            "set -m; stty -a; echo ===; env --default-signal thv login {} {option}; echo code=$?; \
             echo ===; stty -a; echo ===; : < go; fg; echo code=$?; echo ===; stty -a",
            server.address
        );
        let mut terminal = Terminal::start(&user, &command, &[]);
        terminal.wait_for(question);
        terminal.types("half\u{1a}");
        // 128 + SIGTSTP
        terminal.wait_for("code=148");
        terminal.types("ghost");
        terminal.wait_for("ghost");
        std::fs::write(&go, "").unwrap();
        terminal.wait_for_more(question);
        let (last, others) = answers.split_last().unwrap();
        for answer in others {
            terminal.types(answer);
            terminal.wait_for_more("Password: ");
        }
        terminal.types(last);
        let (shown, _) = terminal.end();
        let parts: Vec<_> = shown.split("===").map(str::trim).collect();
        let settings = |part: &str| part.replace("ghost", "").trim().to_owned();
        assert_eq!(settings(parts[0]), settings(parts[2]), "{shown}");
        assert_eq!(settings(parts[0]), settings(parts[4]), "{shown}");
        assert!(parts[3].contains("as me\r\n") && parts[3].contains("code=0"), "{shown}");
        assert!(!shown.contains("FAKE"), "{shown}");
    }
}

#[test]
fn ctrl_backslash_at_a_prompt_ends_the_command_and_restores_the_terminal() {
    let (user, server) = (User::new(), with_login());
    for (option, question) in [("", "Username: "), ("-u me", "Password: ")] {
        let command = format!(
            "ulimit -c 0; set -m; stty -a; echo ===; env --default-signal thv login {} {option}; \
             echo code=$?; echo ===; stty -a",
            server.address
        );
        let mut terminal = Terminal::start(&user, &command, &[]);
        terminal.wait_for(question);
        terminal.types("half\u{1c}");
        let (shown, _) = terminal.end();
        let parts: Vec<_> = shown.split("===").map(str::trim).collect();
        assert_eq!(parts[0], parts[2], "the terminal's settings");
        // 128 + SIGQUIT
        assert!(parts[1].contains("code=131"), "{shown}");
    }
    assert!(!user.path(".docker").exists());
}

#[test]
fn typed_answer_can_be_edited() {
    let (user, registry) = (User::new(), Registry::embedded());
    let mut terminal = Terminal::start(&user, &format!("thv login {}", registry.address), &[]);
    terminal.wait_for("Username: ");
    terminal.types("my\u{7f}e\n");
    terminal.wait_for("Password: ");
    terminal.types("FAKE-pw\n");
    let (shown, code) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("as me\r\n"), "{shown}");
}

#[test]
fn typed_password_is_hidden_and_can_be_corrected() {
    let server = with_login();
    let user = User::new();
    let mut terminal = Terminal::start(&user, &format!("thv login {} -u me", server.address), &[]);
    terminal.wait_for("Password: ");
    terminal.types("wrong\u{15}FAKE-pé\u{7f}w\n");
    let (shown, code) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("Logged in to") && !shown.contains("FAKE"), "{shown}");
}

/// A registry that answers when the test sends a message.
fn slow() -> (StubRegistry, mpsc::Sender<()>) {
    let (release, released) = mpsc::channel();
    let released = Arc::new(Mutex::new(released));
    let server = StubRegistry::start(move |received| {
        // The list of tags, requested after the manifest was not found.
        if received.target.contains("/tags/") {
            return status(404).body("{}");
        }
        // The test has ended if this fails.
        let _ = released.lock().unwrap().recv();
        status(404).body("{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\"}]}")
    });
    (server, release)
}

#[test]
fn progress_is_shown_during_a_long_operation_and_cleared() {
    let (server, release) = slow();
    let user = User::new();
    let reference = server.reference("configs/a:v1");
    let mut terminal = Terminal::start(&user, &format!("thv pull {reference}"), &[]);
    terminal.wait_for(&format!("pulling {reference} … "));
    release.send(()).unwrap();
    let (shown, code) = terminal.end();
    assert_eq!(code, 3, "{shown}");
    let (_, after) = shown.rsplit_once("\r\u{1b}[K").unwrap();
    assert!(!after.contains("pulling") && after.contains("not found"), "{shown:?}");
}

/// Two commands that started before one that shows its progress twice had as much time to show any.
#[test]
fn progress_is_hidden_without_a_terminal_and_with_quiet() {
    let (server, release) = slow();
    let user = User::new();
    let reference = server.reference("configs/a:v1");
    let start = |command: String| Terminal::start(&user, &command, &[]);
    let silent = [
        start(format!("thv pull --quiet {reference}")),
        start(format!("thv pull {reference} 2>said; code=$?; cat said; exit $code")),
    ];
    until(|| server.received().len() >= silent.len());
    let mut shown = start(format!("thv pull {reference}"));
    // The first time, and another one: a busy machine may pass over a second.
    shown.wait_for("… ");
    shown.wait_for_more("… ");
    (0..3).for_each(|_| release.send(()).unwrap());
    for terminal in silent {
        let (said, code) = terminal.end();
        assert_eq!(code, 3, "{said}");
        assert!(said.contains("not found") && !said.contains("pulling"), "{said}");
    }
}
