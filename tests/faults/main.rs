//! What registries and networks do wrong, case by case, against the program and the example `blob`:
//! each case says how it ends. Whatever happens, it ends in time and in little memory, nothing
//! half-written is left, a tag that could not be pushed names what it named before, and the login
//! stays with the registry.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![allow(clippy::too_many_lines, reason = "tables")]

mod blobs;
mod connections;
mod lists;
mod manifests;
mod pushes;
#[path = "../support/mod.rs"]
mod support;
mod uploads;
mod waits;

use std::io::Read as _;
use std::ops::Range;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::faulty::{Asked, Fault, Faulty, Rule, answer};
use support::server::Server;
use support::{Registry, User, example, sha256, transcript};
use thv_oci::audit::{TranscriptReader, check};

pub(crate) const STDIO: &[u8] = include_bytes!("../../fixtures/runconfigs/stdio.json");
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const MIB: usize = 1024 * 1024;
const PASSWORD: &str = "FAKE-password-of-faults";
/// What Basic sends of it.
const BASIC: &str = "bWU6RkFLRS1wYXNzd29yZC1vZi1mYXVsdHM=";
/// How long a case may take; a case that hangs is what this is for.
const TIME_LIMIT: Duration = Duration::from_secs(100);
/// How much memory a program may write to, in KiB, its threads' stacks included.
const MEMORY_LIMIT: u32 = 64 * 1024;
/// How many cases run at the same time.
const AT_ONCE: usize = 12;
/// Every time.
pub(crate) const ALWAYS: Range<usize> = 0..usize::MAX;
/// The first time alone.
pub(crate) const ONCE: Range<usize> = 0..1;

/// What is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    Push,
    Pull,
    PullByDigest,
    Import,
    Tags,
    BlobPush,
    BlobStream,
    BlobPull,
}

/// What else has to hold.
type Check = Box<dyn Fn(&Ended<'_>) + Send + Sync>;

/// One behaviour, and how the program ends with it.
pub(crate) struct Case {
    name: &'static str,
    does: Does,
    options: Vec<&'static str>,
    rules: Vec<Rule>,
    /// Exit code and part of the message; success otherwise.
    fails: Option<(i32, &'static str)>,
    login: bool,
    check: Option<Check>,
}

/// What a case left.
pub(crate) struct Ended<'a> {
    pub(crate) layer: &'a Faulty,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) exchanges: Vec<Value>,
}

impl Ended<'_> {
    /// The bodies' sizes of the requests with this method.
    pub(crate) fn sizes(&self, method: &str) -> Vec<usize> {
        let asked = self.layer.asked();
        asked.iter().filter(|asked| asked.method == method).map(|asked| asked.body.len()).collect()
    }
}

impl Case {
    pub(crate) fn new(does: Does, name: &'static str) -> Self {
        let (options, rules) = (Vec::new(), Vec::new());
        Self { name, does, options, rules, fails: None, login: true, check: None }
    }

    /// For the requests `METHOD part`, so many times.
    pub(crate) fn on(mut self, times: Range<usize>, requests: &'static str, fault: Fault) -> Self {
        let (method, part) = requests.split_once(' ').unwrap();
        self.rules.push(Rule::new(method, part, times, fault));
        self
    }

    pub(crate) fn with(mut self, options: &[&'static str]) -> Self {
        self.options.extend(options);
        self
    }

    pub(crate) const fn fails(mut self, code: i32, text: &'static str) -> Self {
        self.fails = Some((code, text));
        self
    }

    /// Without a login: the registry's own challenges are what the case is about.
    pub(crate) const fn anonymous(mut self) -> Self {
        self.login = false;
        self
    }

    pub(crate) fn then(mut self, check: impl Fn(&Ended<'_>) + Send + Sync + 'static) -> Self {
        self.check = Some(Box::new(check));
        self
    }
}

/// An answer that takes the place of the registry's.
pub(crate) fn says(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Fault {
    Fault::Raw(answer(status, headers, body))
}

/// A refusal in the specification's form.
pub(crate) fn refuses(status: u16, code: &str) -> Fault {
    let body = json!({ "errors": [{ "code": code, "message": "because" }] }).to_string();
    says(status, &[("content-type", "application/json")], body)
}

/// Bytes as they stand on the wire.
pub(crate) fn raw(bytes: impl AsRef<[u8]>) -> Fault {
    Fault::Raw(bytes.as_ref().to_vec())
}

/// The registry's answer with another header field; an empty value leaves it out.
pub(crate) fn header(name: &'static str, value: impl Into<String>) -> Fault {
    let value = value.into();
    Fault::Change(std::sync::Arc::new(move |answer| answer.set(name, &value)))
}

/// An answer that is made for each request.
pub(crate) fn replies(reply: impl Fn(&Asked) -> Vec<u8> + Send + Sync + 'static) -> Fault {
    Fault::Reply(std::sync::Arc::new(reply))
}

/// A host that no credential may reach. It answers everything with 200 and the configuration.
pub(crate) fn elsewhere() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        Server::start(|_| (200, Vec::new(), String::from_utf8(STDIO.to_vec()).unwrap()))
    })
}

/// The content of the blob: 9 MiB in which no part is like another.
pub(crate) fn blob() -> &'static [u8] {
    static BLOB: OnceLock<Vec<u8>> = OnceLock::new();
    BLOB.get_or_init(|| {
        let mut state = 1_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        };
        std::iter::repeat_with(&mut next).take(9 * MIB / 8).flatten().collect()
    })
}

pub(crate) fn blob_digest() -> &'static str {
    static DIGEST: OnceLock<String> = OnceLock::new();
    DIGEST.get_or_init(|| sha256(blob()))
}

/// The manifest whose layer has to be fetched.
pub(crate) fn manifest() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "artifactType": "application/vnd.toolhive.runconfig",
            "config": {
                "mediaType": "application/vnd.oci.empty.v1+json", "digest": sha256(b"{}"), "size": 2,
            },
            "layers": [{
                "mediaType": "application/vnd.toolhive.runconfig.v1+json",
                "digest": sha256(STDIO), "size": STDIO.len(),
            }],
        })
        .to_string()
    })
}

/// What stands under a tag before it is pushed to.
fn earlier() -> Value {
    json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] })
}

/// Runs every case, many at the same time.
pub(crate) fn run(cases: Vec<Case>) {
    run_before(|_| cases);
}

/// The same before a registry that is known.
pub(crate) fn run_before(cases: impl FnOnce(&Registry) -> Vec<Case>) {
    let (files, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = files.path().join("blob");
    std::fs::write(&file, blob()).unwrap();
    let registry = Registry::embedded_in(&kept.path().join("registry"));
    registry.put_blob("a", STDIO);
    registry.put_blob("a", b"{}");
    registry.put_blob("a", blob());
    registry.put_manifest("a", "v1", MANIFEST, &serde_json::from_str(manifest()).unwrap());

    let cases = cases(&registry);
    let next = AtomicUsize::new(0);
    let failed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let start = Instant::now();
                    let run = || case.run(&registry, &file);
                    let run = std::panic::AssertUnwindSafe(run);
                    if std::panic::catch_unwind(run).is_err() {
                        failed.lock().unwrap().push(case.name);
                    }
                    if std::env::var_os("SHOW").is_some() {
                        println!("{:6} ms  {}", start.elapsed().as_millis(), case.name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{failed:#?}");
    let leaked = |received: &support::server::Received| received.header("authorization").is_some();
    assert!(!elsewhere().received().iter().any(leaked));
}

impl Case {
    fn run(&self, registry: &Registry, file: &Path) {
        static COUNTER: AtomicUsize = AtomicUsize::new(0);
        let name = self.name;
        let own = format!("own{}", COUNTER.fetch_add(1, Ordering::Relaxed));
        let layer = Faulty::start(registry.address, self.rules.clone(), self.login);
        let user = User::new();
        let entry = json!({ "username": "me", "password": PASSWORD });
        let auths = json!({ "auths": { layer.address.to_string(): entry } });
        user.file(".docker/config.json", auths.to_string());
        user.file("config.json", STDIO);
        user.file("out", "before");
        if self.does == Does::Push {
            registry.put_manifest(&own, "v1", INDEX, &earlier());
        }

        let mut process = self.command(&user, &layer, &own, file).spawn().unwrap();
        let code = wait(&mut process, name);
        let read = |source: &mut dyn std::io::Read| {
            let mut text = String::new();
            source.read_to_string(&mut text).unwrap();
            text
        };
        let stdout = read(process.stdout.as_mut().unwrap());
        let stderr = read(process.stderr.as_mut().unwrap());
        let log = user.path("wire.jsonl");
        let ended = Ended { layer: &layer, stdout, stderr, exchanges: transcript(&log) };
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let context = format!("{name}\n{}{}\n{text}", ended.stdout, ended.stderr);

        if let Some((expected, message)) = self.fails {
            assert_eq!(code, Some(expected), "{context}");
            assert!(ended.stderr.contains(message), "{context}");
        } else {
            assert_eq!(code, Some(0), "{context}");
            let findings = check(&TranscriptReader::open(&log).unwrap().read().unwrap());
            assert_eq!(findings, [], "{context}");
        }
        for secret in [PASSWORD, BASIC] {
            assert!(!context.contains(secret), "{context}");
        }
        self.check_content(registry, &user, &own, &context);
        if let Some(check) = &self.check {
            check(&ended);
        }
    }

    fn command(&self, user: &User, layer: &Faulty, own: &str, file: &Path) -> Command {
        let address = layer.address;
        let (digest, file) = (blob_digest(), file.to_str().unwrap());
        let size = blob().len().to_string();
        let tagged = format!("{address}/a:v1");
        let by_digest = format!("{address}/a@{}", sha256(manifest().as_bytes()));
        let target = format!("{address}/{own}");
        let target_tag = format!("{target}:v1");
        let source = format!("{address}/a@{digest}");
        let repository = format!("{address}/a");
        let arguments: Vec<&str> = match self.does {
            Does::Push => vec!["push", "config.json", &target_tag],
            Does::Pull => vec!["pull", &tagged, "-o", "out"],
            Does::PullByDigest => vec!["pull", &by_digest, "-o", "out"],
            Does::Import => vec!["import", &tagged],
            Does::Tags => vec!["tags", &repository],
            Does::BlobPush => vec!["push", file, &target],
            Does::BlobStream => vec!["push", "-", &target],
            Does::BlobPull => vec!["pull", &source, &size, "out"],
        };
        // The shell sets the limit, and is replaced by the program then.
        let mut command = user.command_of("sh");
        command.args(["-c", &format!("ulimit -d {MEMORY_LIMIT} && exec \"$0\" \"$@\"")]);
        let is_blob = matches!(self.does, Does::BlobPush | Does::BlobStream | Does::BlobPull);
        if is_blob {
            command.arg(example("blob"));
            for option in self.options.windows(2).filter(|pair| pair[0] == "--timeout") {
                let seconds = option[1].strip_prefix("idle=").unwrap();
                command.env("BLOB_IDLE_SECONDS", seconds);
            }
        } else {
            command.arg(env!("CARGO_BIN_EXE_thv"));
        }
        let input = match self.does {
            Does::BlobStream => Stdio::from(std::fs::File::open(file).unwrap()),
            _ => Stdio::null(),
        };
        command.args(arguments);
        if !is_blob {
            command.args(&self.options);
        }
        command.env("THV_WIRE_LOG", "wire.jsonl").stdin(input);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What has to be there now is there, and nothing else.
    fn check_content(&self, registry: &Registry, user: &User, own: &str, context: &str) {
        let worked = self.fails.is_none();
        let out = std::fs::read(user.path("out")).unwrap();
        let stored = std::fs::read(user.stored("my-server")).ok();
        let mut names: Vec<_> = std::fs::read_dir(user.path(""))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "wire.jsonl")
            .collect();
        names.sort();
        let state = (worked && self.does == Does::Import).then_some("state");
        let expected = [".docker", "config.json", "out"].into_iter().chain(state);
        assert!(names.iter().map(String::as_str).eq(expected), "{names:?} {context}");
        match self.does {
            Does::Pull | Does::PullByDigest if worked => assert!(out == STDIO, "{context}"),
            Does::BlobPull if worked => assert!(out == blob(), "{context}"),
            _ => assert!(out == b"before", "{context}"),
        }
        match self.does {
            Does::Import if worked => assert!(stored.as_deref() == Some(STDIO), "{context}"),
            _ => assert!(stored.is_none(), "{context}"),
        }
        match self.does {
            Does::Push => {
                let now = registry.http("GET", &format!("/v2/{own}/manifests/v1"), &[], b"");
                assert_eq!(now.body != earlier().to_string().as_bytes(), worked, "{context}");
            }
            Does::BlobPush | Does::BlobStream if worked => {
                let digest = blob_digest();
                let found = registry.http("HEAD", &format!("/v2/{own}/blobs/{digest}"), &[], b"");
                assert_eq!(found.status, 200, "{context}");
            }
            _ => {}
        }
    }
}

/// Waits for the exit code; none where a signal ended it.
fn wait(process: &mut Child, name: &str) -> Option<i32> {
    let start = Instant::now();
    loop {
        if let Some(status) = process.try_wait().unwrap() {
            return status.code();
        }
        if start.elapsed() > TIME_LIMIT {
            process.kill().unwrap();
            let mut said = String::new();
            process.stderr.as_mut().unwrap().read_to_string(&mut said).unwrap();
            panic!("{name}: not done in time\n{said}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
