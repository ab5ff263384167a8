//! Blobs of a GiB and many pushes at once, against Debian's `docker-registry`, over connections that
//! are cut in the middle.

use crate::support;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use support::stub_registry::{Fault, Rule, StubRegistry};
use support::{Ran, Registry, User, example, own_address, transcript, until};

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;
/// The most memory of the example `blob`, in bytes: a build for release stays below 12 MiB, one for
/// tests is larger itself.
const MEMORY_LIMIT: u64 = 24 * MIB;

/// A proxy before a registry that cuts the connection after every so many bytes, so many times.
struct CuttingProxy {
    address: SocketAddr,
    cuts: Arc<AtomicUsize>,
}

impl CuttingProxy {
    fn start(upstream: SocketAddr, every: u64, times: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (passed, cuts) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&cuts);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                // A registry that is down is one that closes.
                let Ok(server) = TcpStream::connect(upstream) else { continue };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let (passed, cuts) = (Arc::clone(&passed), Arc::clone(&counted));
                    std::thread::spawn(move || {
                        pass(
                            &from,
                            &to,
                            || {
                                let cut = cuts.load(Ordering::Relaxed);
                                let now = passed.fetch_add(0, Ordering::Relaxed);
                                cut < times && now >= every * (cut as u64 + 1) && {
                                    cuts.fetch_add(1, Ordering::Relaxed);
                                    true
                                }
                            },
                            &passed,
                        );
                        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
                    });
                }
            }
        });
        Self { address, cuts }
    }
}

/// Passes bytes on until one end closes or it is time to cut.
fn pass(mut from: &TcpStream, mut to: &TcpStream, is_time: impl Fn() -> bool, passed: &AtomicU64) {
    let mut buffer = vec![0; 256 * 1024];
    while let Ok(size @ 1..) = from.read(&mut buffer) {
        passed.fetch_add(size as u64, Ordering::Relaxed);
        if is_time() || to.write_all(&buffer[..size]).is_err() {
            return;
        }
    }
}

/// A file in which each MiB begins with another number, and its digest.
fn large_file(user: &User, size: u64) -> (PathBuf, String) {
    let path = user.file("large", "");
    let file = File::options().write(true).open(&path).unwrap();
    file.set_len(size).unwrap();
    for at in (0..size).step_by(1 << 20) {
        file.write_all_at(&at.to_le_bytes(), at).unwrap();
    }
    let digest = digest_of("sha256", &path);
    (path, digest)
}

/// The digest of a file, by the system's own program.
fn digest_of(algorithm: &str, path: &Path) -> String {
    let output = Command::new(format!("{algorithm}sum")).arg(path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    format!("{algorithm}:{}", text.split_whitespace().next().unwrap())
}

/// The example `blob`, which takes little memory.
fn blob(user: &User, arguments: &[&str], input: Stdio) -> Ran {
    let mut process = start(user, arguments, input);
    let peak = Mutex::new(0);
    wait(&mut process, |memory| *peak.lock().unwrap() = memory);
    let peak = peak.into_inner().unwrap();
    assert!(peak > 0 && peak < MEMORY_LIMIT, "{peak} bytes");
    Ran(process.wait_with_output().unwrap())
}

fn start(user: &User, arguments: &[&str], input: Stdio) -> Child {
    let mut command = user.command_of(example("blob").to_str().unwrap());
    command.args(arguments).env("THV_WIRE_LOG", "wire.jsonl");
    command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for the end, and reports again and again how much memory was taken at most (Linux).
fn wait(process: &mut Child, report: impl Fn(u64)) {
    let status = format!("/proc/{}/status", process.id());
    until(|| {
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        if let Some(peak) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
            report(peak.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024);
        }
        process.try_wait().unwrap().is_some()
    });
}

/// The uploads that the registry keeps for a repository.
fn sessions(registry: &Registry, repository: &str) -> usize {
    let path = format!("data/docker/registry/v2/repositories/{repository}/_uploads");
    let Ok(kept) = std::fs::read_dir(registry.files().join(path)) else { return 0 };
    // A cancelled session may leave the state of its hash behind.
    kept.filter(|session| session.as_ref().unwrap().path().join("startedat").exists()).count()
}

/// How many requests with this method the user's last program sent.
fn count(user: &User, method: &str) -> usize {
    support::methods(&user.path("wire.jsonl")).iter().filter(|name| *name == method).count()
}

/// How many bytes of a blob were received, over all its parts.
fn received(user: &User) -> u64 {
    transcript(&user.path("wire.jsonl"))
        .iter()
        .filter(|exchange| exchange["operation"] == "pull: blob, get")
        .map(|exchange| exchange["response"]["body"]["size"].as_u64().unwrap_or(0))
        .sum()
}

/// Obligation 9, 58.
#[test]
#[ignore = "needs Debian's docker-registry; tests/run.sh installs it"]
fn gib_blob_is_pushed_and_pulled_over_connections_that_break() {
    let registry = Registry::docker();
    let user = User::new();
    let (file, digest) = large_file(&user, GIB);
    let (up, down) = (
        CuttingProxy::start(registry.address, 190 * MIB, 3),
        CuttingProxy::start(registry.address, 190 * MIB, 5),
    );
    let target = format!("{}/large", up.address);
    let pushed = blob(&user, &["push", file.to_str().unwrap(), &target], Stdio::null()).ok();
    assert_eq!(pushed.stdout(), format!("{digest} {GIB}\n"));
    assert_eq!(up.cuts.load(Ordering::Relaxed), 3);
    // This registry forgets an upload of which a chunk was cut, so that each begins anew.
    assert_eq!((count(&user, "POST"), count(&user, "PUT")), (4, 1));

    let source = format!("{}/large@{digest}", down.address);
    let out = user.path("out");
    let arguments = ["pull", &source, &GIB.to_string(), out.to_str().unwrap()];
    blob(&user, &arguments, Stdio::null()).ok();
    assert_eq!(down.cuts.load(Ordering::Relaxed), 5);
    assert_eq!(digest_of("sha256", &out), digest);
    assert_eq!(received(&user), GIB, "nothing is received twice");
}

#[test]
fn resumed_upload_sends_only_what_is_missing() {
    let files = tempfile::tempdir().unwrap();
    let registry = Registry::embedded_in(&files.path().join("registry"));
    let user = User::new();
    let size = 120 * MIB;
    let (file, digest) = large_file(&user, size);
    let proxy = CuttingProxy::start(registry.address, 20 * MIB, 5);
    let target = format!("{}/large", proxy.address);
    let pushed = blob(&user, &["push", file.to_str().unwrap(), &target], Stdio::null()).ok();
    assert_eq!(pushed.stdout(), format!("{digest} {size}\n"));
    assert_eq!(proxy.cuts.load(Ordering::Relaxed), 5);
    assert_eq!((count(&user, "POST"), count(&user, "PUT"), count(&user, "DELETE")), (1, 1, 0));
    assert!(count(&user, "GET") >= 5);
}

/// Obligation 24.
#[test]
#[ignore = "needs Debian's docker-registry; tests/run.sh installs it"]
fn stream_of_unknown_length_is_pushed() {
    let registry = Registry::docker();
    stream(&registry, registry.address, "stream");
    assert_eq!(sessions(&registry, "stream"), 0);
}

#[test]
fn stream_of_unknown_length_is_pushed_over_connections_that_break() {
    let files = tempfile::tempdir().unwrap();
    let registry = Registry::embedded_in(&files.path().join("registry"));
    let proxy = CuttingProxy::start(registry.address, 30 * MIB, 3);
    stream(&registry, proxy.address, "stream");
    assert_eq!(proxy.cuts.load(Ordering::Relaxed), 3);
}

/// Pushes a stream to a registry, reached by `address`.
fn stream(registry: &Registry, address: SocketAddr, repository: &str) {
    let user = User::new();
    let size = 100 * MIB + 8;
    let (file, digest) = large_file(&user, size);
    let input = Stdio::from(File::open(file).unwrap());
    let pushed = blob(&user, &["push", "-", &format!("{address}/{repository}")], input).ok();
    assert_eq!(pushed.stdout(), format!("{digest} {size}\n"));
    assert_eq!(count(&user, "POST"), 1);
    let found = registry.http("HEAD", &format!("/v2/{repository}/blobs/{digest}"), &[], b"");
    assert_eq!(found.status, 200);
}

/// Obligation 19, 69.
#[test]
fn sha512_blob_is_pushed_and_pulled() {
    let files = tempfile::tempdir().unwrap();
    let registry = Registry::embedded_in(&files.path().join("registry"));
    let user = User::new();
    let (file, _) = large_file(&user, 20 * MIB);
    let digest = digest_of("sha512", &file);
    let target = registry.reference("large");
    let arguments = ["push", file.to_str().unwrap(), &target, "sha512"];
    let pushed = blob(&user, &arguments, Stdio::null()).ok();
    assert_eq!(pushed.stdout(), format!("{digest} {}\n", 20 * MIB));
    let start = &transcript(&user.path("wire.jsonl"))[0];
    assert!(start["request"]["url"].as_str().unwrap().ends_with("?digest-algorithm=sha512"));
    let source = registry.reference(&format!("large@{digest}"));
    let size = (20 * MIB).to_string();
    blob(&user, &["pull", &source, &size, "out"], Stdio::null()).ok();
    assert_eq!(digest_of("sha512", &user.path("out")), digest);
}

#[test]
#[ignore = "needs Debian's docker-registry; tests/run.sh installs it"]
fn upload_survives_a_restart_of_the_registry() {
    let mut registry = Registry::docker_with(own_address(), "  secret: FAKE-http-secret\n", "");
    let user = User::new();
    let (file, digest) = large_file(&user, GIB);
    let target = registry.reference("restarted");
    let arguments = ["push", file.to_str().unwrap(), &target];
    let mut process = start(&user, &arguments, Stdio::null());
    let kept = registry.files().join("data/docker/registry/v2/repositories/restarted/_uploads");
    until(|| uploaded(&kept) > 100 * MIB);
    registry.restart();
    wait(&mut process, |_| {});
    let pushed = Ran(process.wait_with_output().unwrap()).ok();
    assert_eq!(pushed.stdout(), format!("{digest} {GIB}\n"));
    assert!(count(&user, "PATCH") >= 2);
}

/// Sends SIGINT, and waits for a program that gives up.
fn interrupt(user: &User, process: Child) -> Vec<serde_json::Value> {
    let id = process.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    Ran(process.wait_with_output().unwrap()).fails(1, "interrupted");
    let exchanges = transcript(&user.path("wire.jsonl"));
    let last = exchanges.last().unwrap();
    let ended = (&last["request"]["method"], &last["response"]["status"]);
    assert_eq!(ended, (&"DELETE".into(), &204.into()), "{last}");
    exchanges
}

/// Obligation 26.
#[test]
#[ignore = "needs Debian's docker-registry; tests/run.sh installs it"]
fn interrupted_upload_leaves_no_session() {
    let registry = Registry::docker();
    let user = User::new();
    let target = registry.reference("given-up");
    let mut process = start(&user, &["push", "-", &target], Stdio::piped());
    // Two chunks and then nothing: this registry can cancel a session only between two chunks.
    let mut input = process.stdin.take().unwrap();
    input.write_all(&vec![0; 8 << 20]).unwrap();
    until(|| count(&user, "PATCH") == 2);
    assert_eq!(sessions(&registry, "given-up"), 1);
    interrupt(&user, process);
    assert_eq!(sessions(&registry, "given-up"), 0);
}

/// Obligation 26.
#[test]
fn upload_interrupted_within_a_chunk_is_cancelled() {
    let files = tempfile::tempdir().unwrap();
    let registry = Registry::embedded_in(&files.path().join("registry"));
    // The registry receives more of the chunk than the buffers hold, but never all of it.
    let layer = StubRegistry::before(
        registry.address,
        vec![Rule::new("PATCH", "/uploads/", 0..1, Fault::hold(8 << 20))],
        false,
    );
    let user = User::new();
    let (file, _) = large_file(&user, 100 * MIB);
    let target = format!("{}/given-up", layer.address);
    let process = start(&user, &["push", file.to_str().unwrap(), &target], Stdio::null());
    until(|| layer.count("PATCH", "/uploads/") == 1);
    let exchanges = interrupt(&user, process);
    assert!(exchanges.iter().any(|exchange| exchange["error"]["kind"] == "cancelled"));
}

/// How many bytes there are of the uploads in a directory.
fn uploaded(directory: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(directory) else { return 0 };
    let size = |entry: std::io::Result<std::fs::DirEntry>| {
        std::fs::metadata(entry.ok()?.path().join("data")).ok().map(|data| data.len())
    };
    entries.filter_map(size).sum()
}

#[test]
#[ignore = "needs Debian's docker-registry; tests/run.sh installs it"]
fn two_hundred_parallel_pushes_to_one_repository_succeed() {
    let registry = Registry::docker();
    let user = User::new();
    let processes: Vec<_> = (0..200)
        .map(|number| {
            let content =
                format!("{{\"schema_version\":\"v0.1.0\",\"image\":\"x\",\"name\":\"n{number}\"}}");
            user.file(&format!("config{number}.json"), content);
            let target = registry.reference(&format!("many:t{number}"));
            let mut command = user.command();
            command.args(["push", &format!("config{number}.json"), &target]);
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    for process in processes {
        Ran(process.wait_with_output().unwrap()).ok();
    }
    let tags = user.thv(&["tags", &registry.reference("many")]).ok().stdout();
    assert_eq!(tags.lines().count(), 200);
    assert_eq!(sessions(&registry, "many"), 0);
    let pulled = user.thv(&["pull", &registry.reference("many:t123")]).ok();
    assert_eq!(pulled.0.stdout, std::fs::read(user.path("config123.json")).unwrap());
}
