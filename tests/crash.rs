//! `kill -9` of commands that write files: each file has its whole old or its whole new content.
#![cfg(unix)]

use crate::support;

use std::hash::{BuildHasher as _, RandomState};
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;
use support::stub_registry::{StubRegistry, status};
use support::{Registry, User};

/// How often each command is killed.
const KILLS: usize = 60;
/// Makes files so large that writing them takes a while.
const PADDING: usize = 128 * 1024;

/// A command that turns one file's old content into the new.
struct Command<'a> {
    user: &'a User,
    arguments: &'a [&'a str],
    input: &'a str,
    file: PathBuf,
    old: Vec<u8>,
}

impl Command<'_> {
    fn reset(&self) {
        std::fs::create_dir_all(self.file.parent().unwrap()).unwrap();
        std::fs::write(&self.file, &self.old).unwrap();
    }

    /// Runs it whole, and returns what it wrote and how long that took.
    fn run(&self) -> (Vec<u8>, Duration) {
        let start = Instant::now();
        self.user.thv_with_input(self.arguments, self.input.as_bytes()).ok();
        (std::fs::read(&self.file).unwrap(), start.elapsed())
    }

    /// Runs it for `time` at most. Returns true if it was killed.
    fn run_for(&self, time: Duration) -> bool {
        let mut process = self
            .user
            .command()
            .args(self.arguments)
            // A line of the suite's own transcript is not to be cut short.
            .env_remove("THV_WIRE_LOG")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let _ = process.stdin.take().unwrap().write_all(self.input.as_bytes());
        std::thread::sleep(time);
        process.kill().unwrap();
        process.wait().unwrap().signal().is_some()
    }

    /// Kills the command repeatedly, and lets it run to its end after each kill.
    fn survives(&self) {
        self.reset();
        let (new, mut normal) = self.run();
        assert_ne!(new, self.old);
        for _ in 0..3 {
            self.reset();
            normal = normal.min(self.run().1);
        }
        let mut delays = Delays::new();
        let mut killed = 0;
        let mut renewed = 0;
        for kill in 0..KILLS {
            self.reset();
            // The first is killed at once, so that one is killed on the busiest machine.
            let delay = if kill == 0 { Duration::ZERO } else { delays.up_to(normal) };
            killed += usize::from(self.run_for(delay));
            let found = std::fs::read(&self.file).unwrap();
            assert!(found == self.old || found == new, "{} bytes after {delay:?}", found.len());
            renewed += usize::from(found == new);
            assert_eq!(self.run().0, new, "after {delay:?}");
        }
        println!("{killed} of {KILLS} were killed; {renewed} had written their file");
        assert!(killed > 0);
    }
}

/// Random delays. `CRASH_SEED` repeats those of another run.
struct Delays(u64);

impl Delays {
    fn new() -> Self {
        let seed = std::env::var("CRASH_SEED").map_or_else(
            |_| RandomState::new().hash_one(std::process::id()),
            |seed| seed.parse().unwrap(),
        );
        println!("CRASH_SEED={seed}");
        Self(seed)
    }

    fn up_to(&mut self, longest: Duration) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        longest.mul_f64(f64::from(u32::try_from(self.0 >> 32).unwrap()) / f64::from(u32::MAX))
    }
}

fn document(image: &str) -> Vec<u8> {
    let padding = "x".repeat(PADDING);
    json!({ "image": image, "name": "my-server", "padding": padding }).to_string().into()
}

#[test]
fn killed_import_leaves_the_old_or_the_new_configuration() {
    let user = User::new();
    user.file("new.json", document("new"));
    let arguments = &["import", "new.json", "--force"];
    let file = user.stored("my-server");
    let old = document("old");
    Command { user: &user, arguments, input: "", file, old }.survives();
    let listed = user.thv(&["list", "--json"]).ok().json();
    assert_eq!(listed.as_array().map_or(0, Vec::len), 1, "what was left is no workload: {listed}");
}

#[test]
fn killed_export_leaves_the_old_or_the_new_file() {
    let user = User::new();
    let stored = user.stored("my-server");
    std::fs::create_dir_all(stored.parent().unwrap()).unwrap();
    std::fs::write(stored, document("new")).unwrap();
    let arguments = &["export", "my-server", "./out.json"];
    let file = user.path("out.json");
    Command { user: &user, arguments, input: "", file, old: document("old") }.survives();
}

#[test]
fn killed_pull_leaves_the_old_or_the_new_file() {
    let user = User::new();
    let registry = Registry::embedded();
    let reference = registry.reference("configs/a:v1");
    user.file("new.json", document("new"));
    user.thv(&["push", "new.json", &reference]).ok();
    let arguments = &["pull", &reference, "-o", "out.json"];
    let file = user.path("out.json");
    Command { user: &user, arguments, input: "", file, old: document("old") }.survives();
}

#[test]
fn killed_login_leaves_the_old_or_the_new_credentials() {
    let user = User::new();
    let server = StubRegistry::start(|request| match request.header("authorization") {
        Some(_) => status(200),
        None => status(401).with("www-authenticate", "Basic realm=\"a\""),
    });
    let registry = server.address.to_string();
    let arguments = &["login", &registry, "--username", "me", "--password-stdin"];
    let old = json!({
        "auths": { "other.example": { "auth": "b3RoZXI6RkFLRQ==" } }, "x": "x".repeat(PADDING),
    });
    let file = user.path(".docker/config.json");
    let input = "FAKE-password-11d7\n";
    Command { user: &user, arguments, input, file, old: old.to_string().into() }.survives();
}
