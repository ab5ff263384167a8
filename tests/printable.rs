//! Nothing that is printed steers a terminal, whoever it came from: names of files and workloads,
//! arguments, content, and what servers answer.

use crate::support;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use support::http::status;
use support::stub_registry::StubRegistry;
use support::terminal::Terminal;
use support::tour::leaf_commands;
use support::{Ran, Registry, User, recorded};

/// Control characters of both kinds, bidirectional and invisible ones, and a line break.
const HOSTILE: &str = "a\u{1b}]0;t\u{7}\u{9b}1m\u{202e}\u{200b}\r\nb\u{7f}";

/// The characters of `text` that steer a terminal, or hide.
fn steering(text: &str) -> String {
    let is_steering =
        |c: &char| c.is_control() && *c != '\n' || matches!(*c, '\u{200b}'..='\u{202e}');
    text.chars().filter(is_steering).collect()
}

#[track_caller]
fn assert_printable(ran: &Ran, arguments: &[String]) -> String {
    let shown = [&*ran.0.stdout, b"\n", &*ran.0.stderr].concat();
    let shown = String::from_utf8(shown).unwrap();
    assert_eq!(steering(&shown), "", "{arguments:?}: {shown}");
    shown
}

/// Commands. `FILE` is a file with a hostile name, `NAME` a hostile name, `KEPT` an artifact with a hostile
/// configuration, and `REFUSED`, `LISTED` and `ADDRESS` are of a registry that answers with hostile text.
const CASES: &[&str] = &[
    "push ./FILE.json KEPT --allow env_vars --allow cmd_args",
    "push ./FILE.json REFUSED",
    "push ./none-FILE.json REFUSED",
    "push content.json NAME",
    "pull KEPT -o ./pulled-FILE.json",
    "pull REFUSED",
    "pull NAME",
    "pull KEPT -o ./FILE.json/below",
    "export stored ./exported-FILE.json",
    "export stored REFUSED",
    "export NAME ./x.json",
    "import ./FILE.json --force",
    "import ./FILE.json --name NAME",
    "import REFUSED",
    "inspect ./FILE.json",
    "inspect stored",
    "inspect NAME",
    "inspect KEPT",
    "inspect REFUSED",
    "diff ./FILE.json KEPT",
    "diff ./FILE.json fixture.json",
    "list",
    "list NAME",
    "tags LISTED",
    "tags NAME",
    "run ./FILE.json --dry-run",
    "run ./FILE.json",
    "run KEPT",
    "run REFUSED",
    "run NAME",
    "login NAME -u NAME --password-stdin",
    "login ADDRESS -u NAME",
    "logout NAME",
    "wire show ./FILE.jsonl --headers --bodies",
    "wire show ./FILE.json",
    "wire check ./FILE.json",
    "wire check ./FILE.jsonl",
    "wire export ./FILE.jsonl --format har -o ./har-FILE",
    "wire export ./FILE.jsonl --format NAME",
    "wire replay ./FILE.jsonl --listen 127.0.0.1:0",
    "wire replay ./FILE.jsonl --listen NAME",
    "wire proxy --listen 127.0.0.1:0 --wire-log ./log-FILE --upstream UPSTREAM",
    "wire proxy --listen 127.0.0.1:0 --upstream NAME",
    "registry serve --listen 127.0.0.1:0 --dir ./dir-FILE",
    "registry serve --listen 127.0.0.1:0 --dir ./FILE.json",
    "demo NAME",
    "demo",
    "completions NAME",
    "completions bash",
    "help NAME",
    "help exit-codes",
    "NAME",
    "--NAME",
    "list --registry-config ./none-FILE",
    "list --wire-log ./FILE.json/below",
    "pull KEPT --ca-file ./FILE.json",
];

/// A configuration with hostile text in it, which can be stored.
fn configuration() -> Value {
    json!({
        "schema_version": "v0.1.0", "name": "stored", "image": format!("x{HOSTILE}"),
        "transport": "stdio", "cmd_args": [HOSTILE], "env_vars": { HOSTILE: HOSTILE },
        "volumes": [format!("/{HOSTILE}:/a")], HOSTILE: HOSTILE,
    })
}

/// Runs a command that serves until it printed its first line.
fn served(mut command: Command) -> Ran {
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(process.stdout.take().unwrap());
    let mut line = Vec::new();
    stdout.read_until(b'\n', &mut line).unwrap();
    let id = process.id().to_string();
    // A command that failed has ended already.
    let _ = Command::new("kill").args(["-TERM", &id]).stderr(Stdio::null()).status();
    stdout.read_to_end(&mut line).unwrap();
    let mut ended = process.wait_with_output().unwrap();
    ended.stdout = line;
    Ran(ended)
}

#[test]
fn no_command_prints_a_control_character() {
    let registry = Registry::embedded();
    let hostile = StubRegistry::start(|request| {
        if request.target.contains("/tags/list") {
            return status(200).body(json!({ "name": "a", "tags": [HOSTILE] }).to_string());
        }
        let error = json!({ "code": HOSTILE, "message": HOSTILE });
        status(400).body(json!({ "errors": [error] }).to_string())
    });
    let user = User::new();
    let content = configuration().to_string();
    user.file("content.json", &content);
    user.file(&format!("{HOSTILE}.json"), &content);
    user.file(&format!("{HOSTILE}.jsonl"), std::fs::read(recorded::path("pull")).unwrap());
    user.file(&format!("state/toolhive/runconfigs/{HOSTILE}.json"), &content);
    user.file("state/toolhive/runconfigs/stored.json", &content);

    user.file("fixture.json", include_bytes!("../fixtures/runconfigs/minimal.json"));
    let listed = hostile.reference("a");
    let word = |word: &str| match word {
        "KEPT" => registry.reference("a:v1"),
        "REFUSED" => hostile.reference("a:v1"),
        "LISTED" => listed.clone(),
        "ADDRESS" => listed.trim_end_matches("/a").to_owned(),
        "UPSTREAM" => hostile.url(""),
        word => word.replace("FILE", HOSTILE).replace("NAME", HOSTILE),
    };

    let mut commands: Vec<_> = leaf_commands().iter().map(|path| path[1..].join(" ")).collect();
    let mut escaped = 0;
    for case in CASES {
        commands.retain(|name| !case.starts_with(name.as_str()));
        for last in [None, Some("--json")] {
            let arguments: Vec<_> = case.split(' ').chain(last).map(word).collect();
            let mut command = user.command();
            command.args(&arguments).stdin(Stdio::null());
            let serves = ["registry serve", "wire proxy", "wire replay"];
            let ran = if serves.iter().any(|name| case.starts_with(name)) {
                served(command)
            } else {
                Ran(command.output().unwrap())
            };
            let shown = assert_printable(&ran, &arguments);
            escaped += usize::from(shown.contains("202e"));
        }
    }
    assert!(commands.is_empty(), "not tried: {commands:?}");
    assert!(escaped > CASES.len(), "hostile text was shown {escaped} times only");
}

#[test]
fn json_of_a_hostile_configuration_has_its_values() {
    let user = User::new();
    let content = configuration();
    // White space of all kinds between the tokens.
    let text = serde_json::to_string_pretty(&content).unwrap().replace('\n', "\r\n\t");
    user.file("a.json", text);
    let arguments = ["inspect", "./a.json", "--json"];
    let ran = user.thv(&arguments).ok();
    assert_printable(&ran, &arguments.map(str::to_owned));
    assert_eq!(ran.json()["configuration"], content);
}

#[test]
fn pulled_bytes_are_verbatim_except_on_a_terminal() {
    let (user, registry) = (User::new(), Registry::embedded());
    let content = configuration();
    let text = serde_json::to_string_pretty(&content).unwrap();
    user.file("a.json", &text);
    user.file("state/toolhive/runconfigs/stored.json", &text);
    let reference = registry.reference("a:v1");
    user.thv(&["push", "a.json", &reference, "--allow", "env_vars"]).ok();
    assert_eq!(user.thv(&["pull", &reference]).ok().stdout(), text);
    assert_eq!(user.thv(&["export", "stored", "-"]).ok().stdout(), text);
    for command in [format!("thv pull {reference}"), "thv export stored -".to_owned()] {
        let (shown, code) = Terminal::start(&user, &command, &[]).end();
        assert_eq!(code, 0, "{shown}");
        // The terminal itself puts a carriage return before each line break.
        let shown = shown.replace("\r\n", "\n");
        assert_eq!(steering(&shown), "", "{shown}");
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), content);
    }
}

#[test]
fn arguments_in_an_error_do_not_steer_the_terminal() {
    let user = User::new();
    let hostile = r"$(printf 'a\033]0;t\007\302\233\342\200\256b')";
    for command in ["", "list --", "help ", "inspect ./", "completions ", "push x "] {
        let command = format!("thv --color never {command}\"{hostile}\"");
        let (shown, code) = Terminal::start(&user, &command, &[]).end();
        assert!(code != 0 && shown.contains("202e"), "{command}: {shown}");
        let shown = shown.replace("\r\n", "\n");
        assert_eq!(steering(&shown), "", "{command}: {shown}");
    }
}
