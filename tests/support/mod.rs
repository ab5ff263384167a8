//! Shared by the tests: registries, users who run the program, and what a run printed.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

/// Makes two tests of each scenario: against the embedded registry, and against `docker-registry`.
#[allow(unused_macros, reason = "not every test file has scenarios for both")]
macro_rules! against_both_registries {
    ($($scenario:ident),+ $(,)?) => {
        mod embedded {
            $(#[test] fn $scenario() { super::$scenario(&super::Registry::embedded()); })+
        }
        mod docker {
            $(
                #[test]
                #[ignore = "needs Debian's docker-registry; tests/run.sh installs it"]
                fn $scenario() { super::$scenario(&super::Registry::docker()); }
            )+
        }
    };
}

pub mod delay;
pub mod http;
pub mod pki;
pub mod podman;
pub mod recorded;
pub mod schema;
pub mod service;
pub mod stub_registry;
pub mod terminal;
pub mod token_server;
pub mod tour;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Once;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use http::Request;
pub use http::Response;
use serde_json::Value;
use tempfile::TempDir;

/// A wait as long as this is a hang, however busy the machine is.
pub const HANG: Duration = Duration::from_secs(900);

/// Waits until a condition holds, which `happens` checks again and again.
#[track_caller]
pub fn until(mut happens: impl FnMut() -> bool) {
    let start = Instant::now();
    while !happens() {
        assert!(start.elapsed() < HANG, "it never happened");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A registry process on loopback. It ends with this value.
pub struct Registry {
    pub address: SocketAddr,
    process: Child,
    files: TempDir,
}

impl Registry {
    /// This program's own development registry, in memory.
    pub fn embedded() -> Self {
        Self::serve(&[])
    }

    /// This program's own development registry, in a directory.
    pub fn embedded_in(dir: &Path) -> Self {
        Self::serve(&["--dir", dir.to_str().unwrap()])
    }

    fn serve(options: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_thv"))
            .args(["registry", "serve", "--listen", "127.0.0.1:0", "--json"])
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let address = said["address"].as_str().unwrap().parse().unwrap();
        Self { address, process, files: tempfile::tempdir().unwrap() }
    }

    /// Debian's `docker-registry`, the reference implementation.
    pub fn docker() -> Self {
        Self::docker_with(own_address(), "", "")
    }

    /// The same at `address`, with further lines of configuration: for its `http` section, and for
    /// sections of their own.
    pub fn docker_with(address: SocketAddr, http: &str, sections: &str) -> Self {
        let files = tempfile::tempdir().unwrap();
        let config = files.path().join("config.yml");
        let root = files.path().join("data");
        let settings = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem: {{rootdirectory: {}}}\n  \
             delete: {{enabled: true}}\nhttp:\n  addr: \"{address}\"\n{http}{sections}",
            root.display()
        );
        std::fs::write(&config, settings).unwrap();
        let mut registry = Self { address, process: serve_docker(&config), files };
        registry.wait();
        registry
    }

    /// Ends `docker-registry` at once, and starts it anew with what it kept.
    pub fn restart(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.process = serve_docker(&self.files.path().join("config.yml"));
        self.wait();
    }

    /// Where `docker-registry` keeps its configuration and, in `data`, its content.
    pub fn files(&self) -> &Path {
        self.files.path()
    }

    /// Waits until the registry answers.
    fn wait(&mut self) {
        until(|| {
            assert!(self.process.try_wait().unwrap().is_none(), "the registry ended");
            TcpStream::connect(self.address).is_ok()
        });
    }

    /// The most memory that the registry has taken so far, in bytes (Linux).
    pub fn peak_memory(&self) -> u64 {
        peak_memory(self.process.id())
    }

    /// A reference into this registry.
    pub fn reference(&self, rest: &str) -> String {
        format!("{}/{rest}", self.address)
    }

    /// Sends a request by plain HTTP.
    pub fn http(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        http::send(self.address, request(method, path, headers, body)).unwrap()
    }

    /// Sends a body of undeclared length, in two chunks.
    pub fn http_stream(&self, method: &str, path: &str, body: &[u8]) -> Response {
        let headers = [("content-type", "application/octet-stream")];
        http::send_in_chunks(self.address, request(method, path, &headers, body)).unwrap()
    }

    /// Uploads a blob by plain HTTP.
    pub fn put_blob(&self, repository: &str, content: &[u8]) -> String {
        let digest = sha256(content);
        let start = self.http("POST", &format!("/v2/{repository}/blobs/uploads/"), &[], b"");
        let location = start.header("location").unwrap();
        let path = location.split_once("/v2/").map(|(_, path)| path).unwrap();
        let separator = if path.contains('?') { '&' } else { '?' };
        let path = format!("/v2/{path}{separator}digest={digest}");
        let done =
            self.http("PUT", &path, &[("content-type", "application/octet-stream")], content);
        assert_eq!(done.status, 201);
        digest
    }

    /// Puts a manifest by plain HTTP.
    pub fn put_manifest(&self, repository: &str, tag: &str, media_type: &str, manifest: &Value) {
        let path = format!("/v2/{repository}/manifests/{tag}");
        let content = manifest.to_string();
        let done = self.http("PUT", &path, &[("content-type", media_type)], content.as_bytes());
        assert_eq!(done.status, 201, "{}", String::from_utf8_lossy(&done.body));
    }
}

fn serve_docker(config: &Path) -> Child {
    Command::new("docker-registry")
        .arg("serve")
        .arg(config)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("docker-registry is installed by tests/run.sh")
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Request {
    let headers =
        headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    let (method, target) = (method.to_owned(), path.to_owned());
    Request { method, target, headers: headers.collect(), body: body.to_vec() }
}

/// A loopback address that no other test of this or another process uses: Linux answers to all of
/// 127.0.0.0/8.
pub fn own_address() -> SocketAddr {
    static COUNTER: AtomicU16 = AtomicU16::new(20_000);
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    let ip = Ipv4Addr::new(127, 128 | high, middle, low);
    (ip, COUNTER.fetch_add(1, Ordering::Relaxed)).into()
}

/// The most memory that a process has taken so far, in bytes (Linux).
pub fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}

/// A free port of 127.0.0.1. The system gives none of this range to a program that asks for any.
pub fn free_address() -> SocketAddr {
    static COUNTER: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + u16::try_from(std::process::id() % 1_000).unwrap() * 10;
    loop {
        let port = first + COUNTER.fetch_add(1, Ordering::Relaxed) % 10_000;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

/// `sha256:` and the hex digest, by the system's own `sha256sum`.
pub fn sha256(content: &[u8]) -> String {
    digest("sha256", content)
}

/// The digest under `algorithm`, by the system's own program for it.
pub fn digest(algorithm: &str, content: &[u8]) -> String {
    let mut process = Command::new(format!("{algorithm}sum"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(content).unwrap();
    let output = process.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    format!("{algorithm}:{}", text.split_whitespace().next().unwrap())
}

/// The program of an example, built as this test was.
pub fn example(name: &str) -> PathBuf {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        // `cargo test` builds examples, `cargo test --test` does not.
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--locked", "--offline", "--examples"]);
        build.current_dir(env!("CARGO_MANIFEST_DIR"));
        // With the variables that cargo sets for this test, it would build other crates again.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                build.env_remove(&*name);
            }
        }
        assert!(build.status().unwrap().success());
    });
    Path::new(env!("CARGO_BIN_EXE_thv")).with_file_name("examples").join(name)
}

/// A user with a home of their own, who runs `thv`.
pub struct User {
    home: TempDir,
}

impl User {
    pub fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    /// A path in the user's home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file into the user's home.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Writes a program into the user's home.
    #[cfg(unix)]
    pub fn program(&self, name: &str, script: &str) -> PathBuf {
        // Another process writes it: a process that a test starts meanwhile would inherit the open file, and
        // the system refuses to run a file that somebody writes to.
        let (draft, path) = (self.file(&format!("{name}.draft"), script), self.path(name));
        assert!(Command::new("cp").args([&draft, &path]).status().unwrap().success());
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, mode).unwrap();
        path
    }

    /// A file of the state store.
    pub fn stored(&self, name: &str) -> PathBuf {
        self.path(&format!("state/toolhive/runconfigs/{name}.json"))
    }

    /// The program, with nothing of the tests' own environment.
    pub fn command(&self) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_thv"))
    }

    /// Another program, with nothing of the tests' own environment.
    pub fn command_of(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(self.transcript().map(|path| ("THV_WIRE_LOG", path)))
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.home.path())
            .env("XDG_STATE_HOME", self.path("state"))
            .current_dir(self.home.path());
        command
    }

    /// Where `tests/run.sh` wants every transcript of the suite, to search them for secrets.
    fn transcript(&self) -> Option<PathBuf> {
        let home = self.home.path().file_name().unwrap().to_str().unwrap();
        let dir = PathBuf::from(std::env::var_os("TEST_TRANSCRIPTS")?);
        Some(dir.join(format!("{home}.jsonl")))
    }

    /// Runs the program.
    pub fn thv<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Ran {
        Ran(self.command().args(arguments).stdin(Stdio::null()).output().unwrap())
    }

    /// Runs the program with standard input.
    pub fn thv_with_input(&self, arguments: &[&str], input: &[u8]) -> Ran {
        self.thv_with_input_and(arguments, input, &[])
    }

    /// Runs the program with standard input and further variables.
    pub fn thv_with_input_and(
        &self,
        arguments: &[&str],
        input: &[u8],
        variables: &[(&str, &str)],
    ) -> Ran {
        let mut process = self
            .command()
            .args(arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that fails early does not read its input.
        let _ = process.stdin.take().unwrap().write_all(input);
        Ran(process.wait_with_output().unwrap())
    }
}

impl Drop for User {
    /// Keeps the transcripts that the test named itself.
    fn drop(&mut self) {
        let Some(kept) = self.transcript() else { return };
        let mut kept = std::fs::OpenOptions::new().create(true).append(true).open(kept).unwrap();
        for entry in std::fs::read_dir(self.home.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "jsonl") {
                kept.write_all(&std::fs::read(path).unwrap()).unwrap();
            }
        }
    }
}

/// The output and exit code of a run of the program.
pub struct Ran(pub Output);

impl Ran {
    pub fn code(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    pub fn stdout(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    pub fn stderr(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    /// The run, which succeeded.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code(), 0, "{}{}", self.stdout(), self.stderr());
        self
    }

    /// The run, which failed with `code`, and whose message contains `text`.
    #[track_caller]
    pub fn fails(self, code: i32, text: &str) -> Self {
        let stderr = self.stderr();
        assert_eq!(self.code(), code, "{}{stderr}", self.stdout());
        assert!(stderr.contains(text), "{stderr}");
        self
    }

    /// The one JSON value on standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.0.stdout).unwrap()
    }
}

/// The exchanges of a transcript.
pub fn transcript(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The methods of a transcript's requests.
pub fn methods(path: &Path) -> Vec<String> {
    let method = |exchange: &Value| exchange["request"]["method"].as_str().unwrap().to_owned();
    transcript(path).iter().map(method).collect()
}
