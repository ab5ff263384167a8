//! No argument and no variable makes the program panic. Every command is run with arguments that were made
//! to break its parsers, the same ones in each run of the tests.

use crate::support;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use support::User;

const STDIO: &[u8] = include_bytes!("../fixtures/runconfigs/stdio.json");
/// Only a program that hangs takes longer.
const LIMIT: Duration = Duration::from_secs(120);
/// Hosts that are no hosts of a URL, or other ones there.
#[rustfmt::skip]
const NO_HOSTS: &[&str] = &[
    "256.1.1.1", "1.2.3.4.5", "foo.1:5000", "foo.0x1", "xn--a.example", "a.xn--", "127.1", "0x7f.1", "1.2",
    "08.1", "xn--.invalid", "0x.0x", "1.2.3.0x100000000", "2130706433:5000", "a.999999999999999999999",
];
/// Values for anything: references, files, names, numbers, addresses, URLs and what resembles them.
#[rustfmt::skip]
const VALUES: &[&str] = &[
    "", " ", "-", "--", ".", "..", "/", "~", "~x/a", "\\", "\n", "é", "\u{202e}a", "%", "%zz", "*", "$HOME",
    "a", "A", "a:", ":a", "a:b", "a@", "@", "a@sha256:", "a@sha256:é", "sha256:00", "a/b/c/d", "a//b", "oci://",
    "oci://a", "oci://[", "http://", "http://[", "http://a@b", "http://xn--a/", "https://256.1.1.1/",
    "127.0.0.1:1/a", "127.0.0.1:1/a:v1", "127.0.0.1:1", "127.0.0.1:99999/a", "[::1]:1/a", "[::1", "[::1]1/a",
    "[::ffff:1.2.3.4]:1/a", "a.invalid", "a.invalid/b:v1", "A.invalid./b", "a.invalid:0/b", "a.invalid:1/é",
    "0", "-1", "1", "65536", "18446744073709551616", "1e309", "nan", "inf", "-0", "1e-400", "connect=1e300",
    "idle=0", "=", "=1", "A=", "A=B", "=B", "A=,target=", "x,target=é", "a:b:c:d", "/:/", "a:/b:rw,ro",
    "8080:é", "./config.json", "config.json", "./absent.json", "./absent/a.json", "my-server", "log.txt",
    "bash", "har", "podman", "always", "stdio", "sse", "GET", "--json", "--all", "-o", "-x", "-é",
];

/// Variables that the program reads.
#[rustfmt::skip]
const VARIABLES: &[&str] = &[
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR", "DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "THV_WIRE_LOG", "THV_TOOLHIVE",
    "SSL_CERT_FILE", "NO_COLOR", "SOURCE_DATE_EPOCH", "PATH", "TMPDIR", "COLUMNS", "THV_ENGINE",
];

struct Random(u64);

impl Random {
    /// A number below `limit`, by xorshift.
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % limit
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn value(&mut self) -> OsString {
        match self.below(24) {
            0 => self.of(VALUES).repeat(20_000 / VALUES.len()).into(),
            1 => format!("{}{}", self.of(VALUES), self.of(VALUES)).into(),
            2 => format!("{}/a:v1", self.of(NO_HOSTS)).into(),
            3 => self.of(NO_HOSTS).into(),
            #[cfg(unix)]
            4 => {
                let bytes = [self.of(VALUES).as_bytes(), b"\xff\xed\xa0\x80"].concat();
                std::os::unix::ffi::OsStringExt::from_vec(bytes)
            }
            _ => self.of(VALUES).into(),
        }
    }
}

/// A command with its path, such as `wire show`.
struct Known {
    path: Vec<String>,
    options: Vec<(String, bool)>,
    positionals: usize,
}

/// Every command that does something.
fn commands() -> Vec<Known> {
    let mut program = thv_oci::cli::command();
    program.build();
    let mut found = Vec::new();
    collect(&program, &[], &mut found);
    found
}

fn collect(command: &clap::Command, path: &[String], found: &mut Vec<Known>) {
    for below in command.get_subcommands() {
        collect(below, &[path, &[below.get_name().to_owned()]].concat(), found);
    }
    if command.has_subcommands() {
        return;
    }
    let takes_value = |argument: &clap::Arg| argument.get_action().takes_values();
    let long =
        |argument: &clap::Arg| Some((argument.get_long()?.to_owned(), takes_value(argument)));
    // It waits for more of the file, whatever the file is.
    let waits = |name: &str| name == "follow";
    found.push(Known {
        path: path.to_vec(),
        options: command
            .get_arguments()
            .filter_map(long)
            .filter(|(name, _)| !waits(name))
            .collect(),
        positionals: command.get_positionals().count(),
    });
}

impl Known {
    fn arguments(&self, random: &mut Random) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = self.path.iter().map(OsString::from).collect();
        let mut given = BTreeSet::new();
        for _ in 0..random.below(4) {
            let (name, takes_value) = &self.options[random.below(self.options.len())];
            if !given.insert(name) {
                continue;
            }
            arguments.push(format!("--{name}").into());
            match name.as_str() {
                // A server that starts would not end.
                "listen" => arguments.push(random.of(NO_HOSTS).into()),
                // Nothing answers, and the waits between the attempts would add up.
                "retries" => arguments.push(random.of(&["0", "-1", "x", "4294967296", ""]).into()),
                // A directory that the registry makes its own stays in the user's home.
                "dir" => {
                    arguments.push(random.of(&["", "a", "config.json", "\n", "é", "x/"]).into());
                }
                _ if *takes_value => arguments.push(random.value()),
                _ => {}
            }
        }
        if self.options.iter().any(|(name, _)| name == "listen")
            && !given.contains(&"listen".to_owned())
        {
            arguments.extend(["--listen", "192.0.2.1:1"].map(OsString::from));
        }
        if !given.contains(&"retries".to_owned()) {
            arguments.extend(["--retries", "0"].map(OsString::from));
        }
        let positionals = self.positionals + usize::from(random.below(8) == 0);
        for _ in 0..positionals.saturating_sub(usize::from(random.below(8) == 0)) {
            arguments.push(random.value());
        }
        arguments
    }
}

/// A user whose program finds no engine, no helper and no network.
fn user() -> User {
    let user = User::new();
    user.file("config.json", STDIO);
    user.file("log.txt", "{}\n");
    user.file("state/toolhive/runconfigs/my-server.json", STDIO);
    user
}

fn command(user: &User) -> Command {
    let mut command = user.command();
    for variable in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"] {
        command.env(variable, "http://127.0.0.1:1");
    }
    command.env("PATH", user.path("bin")).env_remove("THV_WIRE_LOG");
    command
}

/// Runs `command` to its end, without input.
fn run(mut command: Command) -> Output {
    let shown = format!("{command:?}");
    let (sender, ended) = mpsc::channel();
    command.stdin(Stdio::null());
    std::thread::spawn(move || sender.send(command.output()));
    match ended.recv_timeout(LIMIT) {
        Ok(Ok(output)) => output,
        other => panic!("{other:?}: {shown}"),
    }
}

/// Fails if the program panicked: that is exit code 101, or the end by a signal. Returns the exit code.
fn assert_no_panic(command: Command) -> i32 {
    let shown = format!("{command:?}");
    let ended = run(command);
    let said = String::from_utf8_lossy(&ended.stderr);
    let code = ended.status.code();
    assert!(code.is_some_and(|code| code != 101) && !said.contains("panicked"), "{shown}\n{said}");
    code.unwrap()
}

#[test]
fn no_arguments_make_the_program_panic() {
    let known = commands();
    assert!(known.len() >= 15 && known.iter().all(|command| !command.options.is_empty()));
    let user = user();
    let mut random = Random(0x5eed_0014);
    let mut ended = BTreeMap::<i32, usize>::new();
    let rounds = 20 * known.len();
    for round in 0..rounds {
        let arguments = known[round % known.len()].arguments(&mut random);
        let mut command = command(&user);
        command.args(arguments);
        *ended.entry(assert_no_panic(command)).or_insert(0) += 1;
        // What one command wrote, the next one may read.
        if round % 50 == 0 {
            user.file("config.json", STDIO);
            user.file("state/toolhive/runconfigs/my-server.json", STDIO);
        }
    }
    // Code 2 is a usage error. The other runs got further than the parsers.
    assert!(ended.len() > 5 && rounds - ended[&2] > rounds / 10, "{ended:?}");
}

#[test]
fn name_that_is_no_host_is_refused_by_every_command() {
    let user = user();
    for host in NO_HOSTS {
        let reference = format!("{host}/a:v1");
        for arguments in [
            &["pull", &reference][..],
            &["inspect", &reference],
            &["import", &reference],
            &["run", &reference],
            &["push", "config.json", &reference],
            &["diff", "my-server", &reference],
            &["tags", &format!("{host}/a")],
            &["login", host, "--username", "me", "--password-stdin"],
            &["logout", host],
        ] {
            user.thv(arguments).fails(2, "is not a registry host");
        }
    }
}

#[test]
fn no_variable_makes_the_program_panic() {
    let user = user();
    let mut random = Random(0x5eed_0005);
    for variable in VARIABLES {
        for arguments in [
            &["pull", "127.0.0.1:1/a", "--retries", "0"][..],
            &["pull", "registry.invalid/a", "--retries", "0", "--plain-http"],
            &["push", "config.json", "127.0.0.1:1/a", "--retries", "0"],
            &["run", "./config.json", "--dry-run"],
            &["logout", "registry.invalid"],
        ] {
            let mut command = command(&user);
            command.args(arguments).env(variable, random.value());
            assert_no_panic(command);
        }
    }
}

#[test]
fn long_cells_of_a_list_are_cut() {
    let user = User::new();
    let config =
        serde_json::json!({ "image": "x".repeat(100_000), "transport": "é".repeat(100_000) });
    user.file("state/toolhive/runconfigs/long.json", config.to_string());
    let said = user.thv(&["list"]).ok().stdout();
    assert!(said.contains("long") && said.len() < 2000, "{}", said.len());
}
