//! The library as a dependency: which crates it needs, what its examples do, and which futures are
//! `Send`.

use crate::support;

use std::collections::BTreeSet;
use std::future::{Future, pending};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use base64::Engine as _;
use serde_json::Value;
use support::stub_registry::{Request, StubRegistry, status};
use support::{Ran, Registry, User, sha256};
use thv_oci::embedded_registry::{EmbeddedRegistry, Storage};
use thv_oci::oci::auth::{Access, Credential, Keychain, Secret};
use thv_oci::oci::{
    Algorithm, BlobReader, Client, Descriptor, Digest, Manifest, MediaType, Reference, Repository,
    Tag, TagOrDigest, TagQuery,
};
use thv_oci::run::{self, Agreed, Checked, Prepared, ProcessSignals, RunObserver, RunRequest};
use thv_oci::runconfig::{self, Collection, Document, PushError, PushOptions, WorkloadName};
use thv_oci::state::{Agreements, StateStore};
use thv_oci::wire::{BodySource, Exchange, MemoryRecorder, Recorder, Settings};

/// The most crates that the client alone may bring, itself included, besides those of
/// `www-authenticate`.
const CRATES: usize = 100;

fn cargo(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments);
    let ran = command.args(["--offline", "--locked"]).stderr(Stdio::inherit()).output().unwrap();
    assert!(ran.status.success(), "cargo {arguments:?}");
    String::from_utf8(ran.stdout).unwrap()
}

/// The crates of a tree, each with its version.
fn crates(tree: &str) -> BTreeSet<String> {
    let named = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    tree.lines().map(named).collect()
}

#[test]
#[cfg(target_os = "linux")]
fn client_alone_has_few_dependencies() {
    let tree = ["tree", "--edges", "normal", "--prefix", "none"];
    let client = cargo(&[&tree[..], &["--no-default-features", "--format", "{p} [{f}]"]].concat());
    let own = client.lines().next().unwrap();
    assert!(own.starts_with("thv-oci ") && own.ends_with(" []"), "no feature is on: {own}");
    let all = crates(&client);
    let legacy = crates(&cargo(&[&tree[..], &["--package", "www-authenticate"]].concat()));
    let counted: Vec<_> = all.difference(&legacy).collect();
    assert!(counted.len() <= CRATES, "{} crates: {counted:#?}", counted.len());
    for program in ["clap", "clap_complete", "rustix", "rpassword", "aws-lc-rs", "openssl", "h2"] {
        let found = all.iter().find(|name| name.split(' ').next() == Some(program));
        assert_eq!(found, None, "the client alone needs no {program}");
    }
}

/// Runs an example of `tests/examples/`.
fn example(user: &User, name: &str, arguments: &[&str]) -> Ran {
    let mut command = user.command_of(support::example(name).to_str().unwrap());
    command.env("VAULT_PASSWORD", "FAKE-vault").args(arguments).stdin(Stdio::null());
    Ran(command.output().unwrap())
}

const CONFIG: &[u8] = include_bytes!("../fixtures/runconfigs/stdio.json");

#[test]
fn examples_do_what_they_document() {
    let (user, registry) = (User::new(), Registry::embedded());
    let reference = registry.reference("configs/a:v1");
    user.file("config.json", CONFIG);
    user.thv(&["push", "config.json", &reference]).ok();
    assert_eq!(example(&user, "pull", &[&reference]).ok().0.stdout, CONFIG);

    let chart = registry.reference("charts/a:v1");
    user.file("chart.tgz", b"chart");
    let push = [&*chart, "application/vnd.example.chart", "chart.tgz", "application/gzip"];
    let pushed = example(&user, "push", &push).ok().stdout();
    let accept = [("accept", "application/vnd.oci.image.manifest.v1+json")];
    let stored = registry.http("GET", "/v2/charts/a/manifests/v1", &accept, b"");
    assert_eq!(pushed.trim(), sha256(&stored.body));
    let manifest: Value = serde_json::from_slice(&stored.body).unwrap();
    assert_eq!(manifest["artifactType"], "application/vnd.example.chart");
    assert_eq!(manifest["layers"][0]["digest"], sha256(b"chart"));

    let tags = example(&user, "without_macros", &[&reference]).ok().stdout();
    assert_eq!(tags, "v1\n");
    let nothing = registry.reference("nothing");
    let said = example(&user, "without_macros", &[&nothing]).ok().stdout();
    assert_eq!(said, "no such repository\n");

    // A registry with the same manifest, which wants a login.
    let found = registry.http("GET", "/v2/configs/a/manifests/v1", &accept, b"");
    let manifest = String::from_utf8(found.body).unwrap();
    let login = base64::engine::general_purpose::STANDARD.encode("me:FAKE-vault");
    let private = StubRegistry::start(move |received: &Request| {
        if received.header("authorization") == Some(&format!("Basic {login}")) {
            return status(200).with("content-type", accept[0].1).body(&manifest);
        }
        status(401).with("www-authenticate", "Basic realm=\"r\"")
    });
    let said = example(&user, "own_parts", &[&private.reference("configs/a:v1")]).ok().stdout();
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[..2], ["GET pull: manifest, get 401", "GET pull: manifest, get 200"]);
    assert!(lines[2].starts_with("sha256:") && lines.len() == 3, "{said}");
}

/// Says when an exchange with `method` has ended.
struct Bell {
    method: &'static str,
    rung: tokio::sync::Notify,
    kept: MemoryRecorder,
}

impl Recorder for Bell {
    fn record(&self, exchange: &Exchange) -> io::Result<()> {
        if exchange.request.method == self.method {
            self.rung.notify_one();
        }
        self.kept.record(exchange)
    }
}

#[test]
fn dropped_endless_upload_is_cancelled() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let registry = Registry::embedded();
    let reference: Reference = registry.reference("blobs/a").parse().unwrap();
    let kept = MemoryRecorder::default();
    let bell = Arc::new(Bell { method: "PATCH", rung: tokio::sync::Notify::new(), kept });
    let mut settings = Settings::default();
    settings.recorder = Some(Arc::clone(&bell) as Arc<dyn Recorder>);
    runtime.block_on(async {
        let client = Client::new(settings);
        let repository =
            client.repository(reference.registry(), reference.repository(), Access::Push);
        // A stream without end.
        let reader = tokio::io::repeat(7);
        let octets = MediaType::from_static("application/octet-stream");
        tokio::select! {
            pushed = repository.push_stream(octets, reader, Algorithm::Sha256) => {
                panic!("there is no end: {pushed:?}")
            }
            () = bell.rung.notified() => {}
        }
        client.settle().await;
    });
    let exchanges = bell.kept.exchanges();
    let last = exchanges.last().unwrap();
    assert_eq!(last.request.method, "DELETE");
    assert_eq!(last.response.as_ref().unwrap().status, 204);
}

fn is_send<T: Future + Send>(_: T) {}
const fn is_shared<T: Send + Sync>() {}

#[test]
fn client_types_are_send_and_sync() {
    is_shared::<Client>();
    is_shared::<Repository>();
    is_shared::<Collection>();
    is_shared::<Keychain>();
    is_shared::<thv_oci::oci::Error>();
    is_shared::<runconfig::PullError>();
}

/// What the methods of the client take.
struct Values<'a> {
    digest: &'a Digest,
    target: &'a TagOrDigest,
    tag: &'a Tag,
    blob: &'a Descriptor,
    manifest: &'a Manifest,
    source: Arc<dyn BodySource>,
    reference: &'a Reference,
    credential: Credential,
    secret: &'a Secret,
}

/// Never called: that it compiles is the test.
#[expect(dead_code, reason = "checked by the compiler alone")]
fn futures_of_the_client_are_send(client: &Client, one: &Repository, values: Values<'_>) {
    let Values { digest, target, tag, blob, manifest, source, reference, .. } = values;
    let octets = || MediaType::from_static("application/octet-stream");
    is_send(one.has_blob(digest));
    is_send(one.blob(blob, 1));
    is_send(one.copy_from(one, target, target));
    is_send(one.copy_blob(one, blob));
    is_send(one.delete_manifest(digest));
    is_send(one.delete_tag(tag));
    is_send(one.delete_blob(digest));
    is_send(one.download_blob(blob, Path::new("a")));
    is_send(one.manifest(target));
    is_send(one.put_manifest(target, &MediaType::OCI_MANIFEST, Vec::new()));
    is_send(one.referrers(digest, None));
    is_send(one.push_manifest(target, manifest));
    is_send(one.tags(&TagQuery::default()));
    is_send(one.push_blob(blob, Vec::new().into()));
    is_send(one.push_source(octets(), Arc::clone(&source), 1, Algorithm::Sha256));
    is_send(one.push_described(blob, source));
    is_send(one.push_stream(octets(), tokio::io::empty(), Algorithm::Sha256));
    is_send(one.mount_blob(digest, one.name()));
    is_send(client.check_login(one.registry(), values.credential));
    is_send(client.settle());
    let keychain = Keychain::default();
    is_send(keychain.store(one.registry(), "me", values.secret));
    is_send(keychain.erase(one.registry()));
    is_send(runconfig::pull(client, reference));
}

/// Never called: that it compiles is the test.
#[expect(dead_code, reason = "checked by the compiler alone")]
fn futures_of_configurations_are_send(client: &Client, reference: &Reference, text: &Document) {
    is_send(runconfig::push(client, reference, text, &PushOptions::default()));
    let all = Collection::new(client.clone(), reference.clone());
    let load = |_: &WorkloadName| Ok::<_, PushError>(text.clone());
    is_send(all.push_each(Vec::new(), load, &PushOptions::default(), |_, _| {}));
    is_send(all.tags());
    is_send(all.pull_each(Vec::new(), |_, _| {}));
}

/// Never called: that it compiles is the test.
#[expect(dead_code, reason = "checked by the compiler alone")]
fn futures_of_downloads_are_send(mut blob: BlobReader) {
    is_send(blob.chunk());
}

/// Never called: that it compiles is the test.
#[expect(dead_code, reason = "checked by the compiler alone")]
fn futures_of_servers_are_send(address: SocketAddr, registry: EmbeddedRegistry) {
    is_send(EmbeddedRegistry::bind(address, Storage::memory()));
    is_send(registry.serve(pending()));
}

/// Never called: that it compiles is the test.
#[expect(dead_code, reason = "checked by the compiler alone")]
fn futures_of_a_run_are_send(
    (client, request): (&Client, RunRequest),
    (prepared, checked, agreed): (Prepared, Checked, Agreed),
    agreements: &Agreements,
    [server, other]: [run::Server; 2],
    (store, signals, observer): (&StateStore, &mut ProcessSignals, &dyn RunObserver),
) {
    is_send(run::fetch(client, request));
    is_send(prepared.check(store, observer));
    is_send(checked.consent(agreements));
    is_send(agreed.start(store, signals, observer));
    is_send(server.wait(signals, observer));
    is_send(other.remove());
}

#[test]
fn every_public_future_is_checked_to_be_send() {
    let interface = include_str!("../protocol-notes/api.txt");
    let asynchronous = interface.lines().filter_map(|line| line.split_once("async fn "));
    let names: Vec<_> =
        asynchronous.map(|(_, rest)| rest.split(['(', '<']).next().unwrap()).collect();
    let own = include_str!("embedding.rs").lines().map(str::trim);
    let held: Vec<_> = own.filter(|line| line.starts_with("is_send(")).collect();
    for name in &names {
        let calls = ["(", ".", ":"].map(|before| format!("{before}{name}("));
        let is_held = held.iter().any(|line| calls.iter().any(|call| line.contains(call)));
        assert!(is_held, "is the future of {name} Send?");
    }
    assert_eq!(names.len(), held.len(), "each of the same name too");
}
