//! The user, files and registry of the examples in help and pages: command lines run as printed.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};

use super::{Ran, Registry, User, own_address};

const STDIO: &[u8] = include_bytes!("../../fixtures/runconfigs/stdio.json");
/// A configuration that a container engine can run.
const FILES: &str = include_str!("../../fixtures/tour/files.json");
/// The same with more permissions.
const MORE: &str = include_str!("../../fixtures/tour/more.json");
/// One that should not be shared.
const WITH_KEY: &str = include_str!("../../fixtures/tour/with-key.json");
/// 2026-11-24T13:41:15Z, when everything here is made.
const EPOCH: &str = "1795527675";
/// Commands that go on until they are told to end.
const SERVICES: [&str; 3] = ["thv registry serve", "thv wire replay", "thv wire proxy"];

/// A user with the files and the registry that the examples name.
pub struct Tour {
    pub user: User,
    registry: Registry,
    second: SocketAddr,
}

impl Tour {
    /// The user, the files, and a registry with `configs/files:v1`.
    pub fn new() -> Self {
        let (user, registry) = (User::new(), Registry::embedded());
        std::fs::create_dir(user.path("bin")).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_thv"), user.path("bin/thv")).unwrap();
        user.file("state/toolhive/runconfigs/my-server.json", STDIO);
        user.file("config.json", STDIO);
        user.file("files.json", FILES);
        user.file("more.json", MORE);
        user.file("with-key.json", WITH_KEY);
        user.file("password.txt", "FAKE-password\n");
        let tour = Self { user, registry, second: own_address() };
        tour.run("thv push files.json localhost:5055/configs/files:v1 --wire-log wire.jsonl");
        tour
    }

    /// The same, with `configs/my-server:v1` and every workload in the registry.
    pub fn with_all() -> Self {
        let tour = Self::new();
        tour.run("thv push config.json localhost:5055/configs/my-server:v1");
        tour.run("thv export --all localhost:5055/workloads");
        tour
    }

    /// A command line with the addresses that it gets in this test.
    fn real(&self, line: &str) -> String {
        let line = if line == "thv registry serve" {
            "thv registry serve --listen 127.0.0.1:5056".to_owned()
        } else {
            line.to_owned()
        };
        line.replace("localhost:5055", &self.registry.address.to_string())
            .replace("127.0.0.1:5055", &self.registry.address.to_string())
            .replace("127.0.0.1:5056", &self.second.to_string())
    }

    /// Output as it would be with the printed addresses, in the home of a user `me`.
    pub fn printed(&self, output: &str) -> String {
        with_one_time(output)
            .replace(&self.registry.address.to_string(), "localhost:5055")
            .replace(&self.second.to_string(), "127.0.0.1:5055")
            .replace(&self.user.path("").display().to_string(), "/home/me/")
            .replace("/home/me/state/", "/home/me/.local/state/")
    }

    fn shell(&self, line: &str) -> Command {
        let path = std::env::var("PATH").unwrap();
        let mut shell = self.user.command_of("sh");
        shell
            .args(["-c", &self.real(line)])
            .env("PATH", format!("{}:{path}", self.user.path("bin").display()))
            .env("SOURCE_DATE_EPOCH", EPOCH)
            .env("COLUMNS", "80")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        shell
    }

    /// Runs a command line. One that serves is told to end once it said where.
    pub fn run(&self, line: &str) -> Ran {
        if SERVICES.iter().any(|service| line.starts_with(service)) {
            return self.serve(line);
        }
        Ran(self.shell(line).output().unwrap())
    }

    fn serve(&self, line: &str) -> Ran {
        let mut process = self.shell(&format!("exec {line}")).spawn().unwrap();
        let mut reader = BufReader::new(process.stdout.take().unwrap());
        let mut stdout = String::new();
        reader.read_line(&mut stdout).unwrap();
        let id = process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        reader.read_to_string(&mut stdout).unwrap();
        let ended = process.wait_with_output().unwrap();
        Ran(Output { stdout: stdout.into_bytes(), ..ended })
    }

    /// What a command line prints, as a terminal shows it: standard output, then standard error.
    pub fn shown(&self, line: &str) -> String {
        let ran = self.run(line);
        self.printed(&(ran.stdout() + &ran.stderr()))
    }
}

/// Output in which every exchange took as long as any other.
fn with_one_time(output: &str) -> String {
    let timed = |line: &str| match line.split_once(" ms  /") {
        Some((before, path)) => {
            let before = before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
            format!("{:<63} {:>7} ms  /{path}", before.trim_end(), "1.0")
        }
        None => line.to_owned(),
    };
    output.split_inclusive('\n').map(timed).collect()
}

/// Every command, the program itself first, by the words that are typed for it.
pub fn commands() -> Vec<Vec<String>> {
    fn below(command: &clap::Command, path: &[String], all: &mut Vec<Vec<String>>) {
        all.push(path.to_vec());
        for next in command.get_subcommands() {
            let name = next.get_name().to_owned();
            below(next, &[path, &[name]].concat(), all);
        }
    }
    let mut all = Vec::new();
    below(&thv_oci::cli::command(), &["thv".to_owned()], &mut all);
    all
}

/// The commands that do something, not those that only have others below them.
pub fn leaf_commands() -> Vec<Vec<String>> {
    let all = commands();
    let has_others = |path: &Vec<String>| {
        all.iter().any(|other| other.len() > path.len() && other.starts_with(path))
    };
    all.iter().filter(|path| !has_others(path)).cloned().collect()
}

/// The help of a command, as it is shown in 80 columns.
pub fn help(path: &[String]) -> String {
    let user = User::new();
    let arguments = path[1..].iter().map(String::as_str).chain(["--help"]);
    let ran = user.command().args(arguments).env("COLUMNS", "80").output().unwrap();
    let text = Ran(ran).ok().stdout();
    // Lines that are only indented would be cut by an editor.
    text.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

/// The examples that a command's help shows, one line each.
pub fn examples(path: &[String]) -> Vec<String> {
    let help = help(path);
    let (_, shown) = help.split_once("Examples:\n").unwrap_or_default();
    let joined = shown.replace("\\\n", "");
    let lines = joined.lines().take_while(|line| line.starts_with("  "));
    lines.map(|line| line.trim().to_owned()).collect()
}
