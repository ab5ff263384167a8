//! Faults of registries and networks. Each test runs the program, or the example `blob`, against a stub
//! before a real registry, and states how the command ends. Every case also checks that the command
//! needs little memory, leaves no partial file, does not move a tag that it could not push, and sends
//! the login to its registry only.

mod blobs;
mod connections;
mod lists;
mod manifests;
mod pushes;
use crate::support;
mod uploads;
mod waits;

use std::ops::Range;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};
use support::stub_registry::{Fault, Response, Rule, StubRegistry, status};
use support::{Ran, Registry, User, example, sha256, transcript};
use tempfile::TempDir;
use thv_oci::audit::{TranscriptReader, check};

pub(crate) const STDIO: &[u8] = include_bytes!("../../fixtures/runconfigs/stdio.json");
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const MIB: usize = 1024 * 1024;
const PASSWORD: &str = "FAKE-password-of-faults";
/// The user name and the password, as Basic sends them.
const BASIC: &str = "bWU6RkFLRS1wYXNzd29yZC1vZi1mYXVsdHM=";
/// How much memory a program may write to, in KiB, its threads' stacks included.
const MEMORY_LIMIT: u32 = 64 * 1024;
/// Every time.
pub(crate) const ALWAYS: Range<usize> = 0..usize::MAX;
/// The first time alone.
pub(crate) const ONCE: Range<usize> = 0..1;
/// Gives up on a silent connection soon, and tries again so often that a busy machine, on which good
/// connections are silent too, does not use up the retries.
pub(crate) const IDLE_AND_PATIENT: &[&str] = &["--retries", "50", "--timeout", "idle=2"];

/// The command that a case runs.
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

/// A further check of a case.
type Check = Box<dyn Fn(&Ended<'_>)>;

/// A command against a registry that misbehaves, and how the command ends.
pub(crate) struct Case {
    does: Does,
    options: Vec<&'static str>,
    rules: Vec<Rule>,
    /// Exit code and part of the message; success otherwise.
    fails: Option<(i32, &'static str)>,
    login: bool,
    check: Option<Check>,
}

/// The stub, the output and the transcript of a command that has ended.
pub(crate) struct Ended<'a> {
    pub(crate) stub: &'a StubRegistry,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) exchanges: Vec<Value>,
}

impl Ended<'_> {
    /// The bodies' sizes of the requests with this method.
    pub(crate) fn sizes(&self, method: &str) -> Vec<usize> {
        let received = self.stub.received();
        let of_method = received.iter().filter(|request| request.method == method);
        of_method.map(|request| request.body.len()).collect()
    }

    /// How many exchanges were given up because the connection was silent.
    pub(crate) fn timeouts(&self) -> usize {
        self.exchanges.iter().filter(|exchange| exchange["error"]["kind"] == "timeout").count()
    }
}

impl Case {
    pub(crate) fn new(does: Does) -> Self {
        let (options, rules) = (Vec::new(), Vec::new());
        Self { does, options, rules, fails: None, login: true, check: None }
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

    pub(crate) fn then(mut self, check: impl Fn(&Ended<'_>) + 'static) -> Self {
        self.check = Some(Box::new(check));
        self
    }
}

/// A response with these header fields.
pub(crate) fn response(code: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Response {
    let fields = headers.iter();
    fields.fold(status(code), |response, (name, value)| response.with(name, value)).body(body)
}

/// Answers in place of the registry.
pub(crate) fn responds(code: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Fault {
    Fault::always(response(code, headers, body))
}

/// Answers with an error in the specification's form.
pub(crate) fn refuses(code: u16, error: &str) -> Fault {
    let body = json!({ "errors": [{ "code": error, "message": "because" }] }).to_string();
    responds(code, &[("content-type", "application/json")], body)
}

/// Sends bytes as they are, and closes the connection.
pub(crate) fn raw(bytes: impl AsRef<[u8]>) -> Fault {
    Fault::raw(bytes)
}

/// The registry's answer with another header field; an empty value leaves it out.
pub(crate) fn header(name: &'static str, value: impl Into<String>) -> Fault {
    let value = value.into();
    Fault::change(move |response| response.set(name, &value))
}

/// A host that no credential may reach. It answers everything with 200 and the configuration.
pub(crate) fn elsewhere() -> &'static StubRegistry {
    static STUB: OnceLock<StubRegistry> = OnceLock::new();
    STUB.get_or_init(|| StubRegistry::start(|_| status(200).body(STDIO)))
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

/// The manifest under the tag before a push.
fn earlier() -> Value {
    json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] })
}

/// A registry with what a case needs: the configuration and its manifest `a:v1`, or the blob.
pub(crate) struct Prepared {
    registry: Registry,
    files: TempDir,
}

impl Prepared {
    pub(crate) fn new(does: Does) -> Self {
        let files = tempfile::tempdir().unwrap();
        let registry = Registry::embedded_in(&files.path().join("registry"));
        match does {
            Does::BlobPull => {
                registry.put_blob("a", blob());
            }
            Does::BlobPush | Does::BlobStream => {
                std::fs::write(files.path().join("blob"), blob()).unwrap();
            }
            Does::Push => registry.put_manifest("own", "v1", INDEX, &earlier()),
            Does::Pull | Does::PullByDigest | Does::Import | Does::Tags => {
                registry.put_blob("a", STDIO);
                registry.put_blob("a", b"{}");
                let manifest = serde_json::from_str(manifest()).unwrap();
                registry.put_manifest("a", "v1", MANIFEST, &manifest);
            }
        }
        Self { registry, files }
    }

    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.registry.address
    }

    /// The file with the blob.
    fn file(&self) -> PathBuf {
        self.files.path().join("blob")
    }
}

impl Case {
    pub(crate) fn run(self) {
        let prepared = Prepared::new(self.does);
        self.run_before(&prepared);
    }

    /// Runs the command against a stub before this registry, and holds everything that the case says
    /// and what holds for every case.
    pub(crate) fn run_before(self, prepared: &Prepared) {
        let stub = StubRegistry::before(prepared.address(), self.rules.clone(), self.login);
        let user = User::new();
        let entry = json!({ "username": "me", "password": PASSWORD });
        let auths = json!({ "auths": { stub.address.to_string(): entry } });
        user.file(".docker/config.json", auths.to_string());
        user.file("config.json", STDIO);
        user.file("out", "before");

        let ran = Ran(self.command(&user, &stub, prepared).output().unwrap());
        let log = user.path("wire.jsonl");
        let (stdout, stderr) = (ran.stdout(), ran.stderr());
        let ended = Ended { stub: &stub, stdout, stderr, exchanges: transcript(&log) };
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let context = format!("{}{}\n{text}", ended.stdout, ended.stderr);

        // None where a signal ended it.
        let code = ran.0.status.code();
        if let Some((expected, message)) = self.fails {
            assert_eq!(code, Some(expected), "{context}");
            assert!(ended.stderr.contains(message), "{context}");
        } else {
            assert_eq!(code, Some(0), "{context}");
            let mut reader = TranscriptReader::new(std::fs::File::open(&log).unwrap());
            let findings = check(&reader.read().unwrap());
            assert_eq!(findings, [], "{context}");
        }
        for secret in [PASSWORD, BASIC] {
            assert!(!context.contains(secret), "{context}");
        }
        self.check_content(&prepared.registry, &user, &context);
        if let Some(check) = &self.check {
            check(&ended);
        }
        let received = elsewhere().received();
        assert!(received.iter().all(|request| request.header("authorization").is_none()));
    }

    fn command(&self, user: &User, stub: &StubRegistry, prepared: &Prepared) -> Command {
        let (address, file) = (stub.address, prepared.file());
        let (digest, file) = (blob_digest(), file.to_str().unwrap());
        let size = blob().len().to_string();
        let tagged = format!("{address}/a:v1");
        let by_digest = format!("{address}/a@{}", sha256(manifest().as_bytes()));
        let target = format!("{address}/own");
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
            command.arg(example("blob")).env("BLOB_FIRST_DELAY_SECONDS", "0.01");
            for option in self.options.chunks(2) {
                match option {
                    ["--timeout", idle] => {
                        command.env("BLOB_IDLE_SECONDS", idle.strip_prefix("idle=").unwrap())
                    }
                    ["--retries", count] => command.env("BLOB_RETRIES", count),
                    _ => panic!("the example `blob` has no option {option:?}"),
                };
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

    /// Checks the files and the registry's content after the command.
    fn check_content(&self, registry: &Registry, user: &User, context: &str) {
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
                let now = registry.http("GET", "/v2/own/manifests/v1", &[], b"");
                assert_eq!(now.body != earlier().to_string().as_bytes(), worked, "{context}");
            }
            Does::BlobPush | Does::BlobStream if worked => {
                let digest = blob_digest();
                let found = registry.http("HEAD", &format!("/v2/own/blobs/{digest}"), &[], b"");
                assert_eq!(found.status, 200, "{context}");
            }
            _ => {}
        }
    }
}
