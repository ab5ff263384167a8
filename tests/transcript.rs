//! The transcript against the bytes that really were on the wire.

use crate::support;

use std::collections::{HashMap, HashSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use support::pki::Authority;
use support::recorded::{EPOCH, assert_recorded};
use support::stub_registry::StubRegistry;
use support::token_server::{PASSWORD, Rules, TokenServer, USER};
use support::{Registry, User, own_address, transcript};

const STDIO: &[u8] = include_bytes!("../fixtures/runconfigs/stdio.json");

/// What a client sent on one connection.
type Sent = Arc<Mutex<Vec<u8>>>;

/// A request line with its header block, and the client's address on the connection.
type Head = (String, String);

/// A proxy on TCP level before a registry, which keeps every byte that the client sent, connection
/// by connection.
struct Tap {
    address: SocketAddr,
    captured: Arc<Mutex<Vec<(SocketAddr, Sent)>>>,
}

impl Tap {
    fn before(registry: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let captured = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::clone(&captured);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, bytes) = (client.unwrap(), Arc::new(Mutex::new(Vec::new())));
                let from = client.peer_addr().unwrap();
                connections.lock().unwrap().push((from, Arc::clone(&bytes)));
                pass(client, TcpStream::connect(registry).unwrap(), bytes);
            }
        });
        Self { address, captured }
    }

    /// Every request line and header block that came since the last time, in no particular order.
    fn heads(&self) -> Vec<Head> {
        let mut heads = Vec::new();
        for (from, connection) in self.captured.lock().unwrap().drain(..) {
            let bytes = connection.lock().unwrap();
            let mut rest = &bytes[..];
            while let Some(end) = rest.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = String::from_utf8(rest[..end + 4].to_vec()).unwrap();
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "))
                    .map_or(0, |length| length.parse::<usize>().unwrap());
                rest = &rest[end + 4 + length..];
                heads.push((head, from.to_string()));
            }
            assert!(rest.is_empty(), "bytes beyond the requests: {rest:?}");
        }
        heads
    }
}

/// Copies both directions, and keeps what the client sent.
fn pass(mut client: TcpStream, mut registry: TcpStream, kept: Sent) {
    let (mut from_registry, mut to_client) =
        (registry.try_clone().unwrap(), client.try_clone().unwrap());
    std::thread::spawn(move || std::io::copy(&mut from_registry, &mut to_client));
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(size @ 1..) = client.read(&mut buffer) {
            kept.lock().unwrap().extend_from_slice(&buffer[..size]);
            if registry.write_all(&buffer[..size]).is_err() {
                return;
            }
        }
    });
}

/// The request line and header block of a recorded request.
fn rebuilt(exchange: &Value) -> String {
    let request = &exchange["request"];
    let url = request["url"].as_str().unwrap();
    let path = url.splitn(4, '/').nth(3).unwrap();
    let mut head = format!(
        "{} /{path} {}\r\n",
        request["method"].as_str().unwrap(),
        request["version"].as_str().unwrap()
    );
    for header in request["headers"].as_array().unwrap() {
        let (name, value) = (header[0].as_str().unwrap(), header[1].as_str().unwrap());
        head.extend([name, ": ", value, "\r\n"]);
    }
    format!("{head}\r\n")
}

/// Holds the recorded requests of one run against those that came, each on its connection: none
/// missing, none extra. A redacted value has its length, and one fingerprint stands for one value.
fn assert_exact(recorded: &[Value], mut came: Vec<Head>) {
    let mut secrets = HashMap::new();
    for exchange in recorded {
        let pattern = rebuilt(exchange);
        let on = &exchange["peer"]["local_addr"];
        let found =
            came.iter().position(|(head, from)| on == from && hides(&pattern, head, &mut secrets));
        came.swap_remove(found.unwrap_or_else(|| panic!("not sent: {pattern}\n{came:#?}")));
    }
    assert!(came.is_empty(), "not recorded: {came:#?}");
    let values: HashSet<_> = secrets.values().collect();
    assert_eq!(values.len(), secrets.len(), "one value has two fingerprints");
}

/// Whether `head` is `pattern` with each redacted value in its place.
fn hides(pattern: &str, head: &str, secrets: &mut HashMap<String, String>) -> bool {
    let mut known = secrets.clone();
    let (mut pattern, mut head) = (pattern, head);
    while let Some((before, mark)) = pattern.split_once("<redacted len=") {
        let (length, rest) = mark.split_once(" id=").unwrap();
        let (id, rest) = rest.split_once('>').unwrap();
        let Some(from_value) = head.strip_prefix(before) else { return false };
        let Some((value, after)) = from_value.split_at_checked(length.parse().unwrap()) else {
            return false;
        };
        if known.entry(id.to_owned()).or_insert_with(|| value.to_owned()) != value {
            return false;
        }
        (pattern, head) = (rest, after);
    }
    let same = pattern == head;
    if same {
        *secrets = known;
    }
    same
}

#[test]
fn requests_are_recorded_as_sent() {
    let user = User::new();
    user.file("config.json", STDIO);
    let registry = Registry::embedded();
    let tap = Tap::before(registry.address);
    let log = user.path("wire.jsonl");
    let reference = format!("{}/configs/a:v1", tap.address);
    for arguments in [
        &["push", "config.json", &reference][..],
        &["push", "config.json", &reference],
        &["inspect", &reference],
        &["pull", &reference],
    ] {
        user.thv(&[arguments, &["--wire-log", log.to_str().unwrap()]].concat()).ok();
    }
    let recorded = transcript(&log);
    assert_eq!(recorded.len(), 11);
    assert_exact(&recorded, tap.heads());
}

#[test]
#[ignore = "needs Debian's docker-registry and openssl; tests/run.sh installs them"]
fn authenticated_requests_are_recorded_as_sent() {
    let user = User::new();
    user.file("config.json", STDIO);
    let tokens = TokenServer::start(&user.path(""), Rules::default());
    let token_tap = Tap::before(tokens.server.address);
    let address = support::own_address();
    let auth = tokens.auth_at(&format!("http://{}/token", token_tap.address));
    let _registry = Registry::docker_with(address, "", &auth);
    let tap = Tap::before(address);
    let reference = format!("{}/configs/a:v1", tap.address);
    let name = tap.address.to_string();
    for (arguments, attempts) in [
        (&["login", &name, "--username", USER, "--password-stdin"][..], 2),
        (&["push", "config.json", &reference], 2),
        (&["pull", &reference], 2),
    ] {
        let log = user.path(&format!("{}.jsonl", arguments[0]));
        let arguments = [arguments, &["--wire-log", log.to_str().unwrap()]].concat();
        user.thv_with_input(&arguments, PASSWORD.as_bytes()).ok();
        let recorded = transcript(&log);
        let most = recorded.iter().filter_map(|exchange| exchange["attempt"].as_u64()).max();
        assert_eq!(most, Some(attempts), "a request was sent again with a login");
        assert_exact(&recorded, [tap.heads(), token_tap.heads()].concat());
    }
}

#[test]
fn retries_are_recorded_as_sent() {
    let user = User::new();
    let asked = AtomicUsize::new(0);
    let registry = StubRegistry::start(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => (503, vec![("retry-after", "0".to_owned())], String::new()),
        1 => (429, Vec::new(), String::new()),
        _ => (403, Vec::new(), String::new()),
    });
    let tap = Tap::before(registry.address);
    let log = user.path("wire.jsonl");
    let reference = format!("{}/a:v1", tap.address);
    user.thv(&["pull", &reference, "--wire-log", log.to_str().unwrap()]).fails(5, "403");
    let recorded = transcript(&log);
    let attempts: Vec<_> = recorded.iter().map(|exchange| exchange["attempt"].as_u64()).collect();
    assert_eq!(attempts, [Some(1), Some(2), Some(3)]);
    assert_exact(&recorded, tap.heads());
}

#[test]
fn bodies_are_recorded_by_size_digest_and_text() {
    let user = User::new();
    user.file("config.json", STDIO);
    let registry = Registry::embedded();
    let log = user.path("wire.jsonl");
    let reference = registry.reference("configs/a:v1");
    user.thv(&["push", "config.json", &reference, "--wire-log", log.to_str().unwrap()]).ok();
    let exchanges = transcript(&log);
    let layer =
        exchanges.iter().find(|exchange| exchange["request"]["body"]["size"] == STDIO.len());
    let layer = layer.expect("the layer was sent");
    let digest = support::sha256(STDIO);
    assert_eq!(layer["request"]["body"]["sha256"], digest.strip_prefix("sha256:").unwrap());
    assert_eq!(layer["request"]["body"]["text"].as_str().unwrap().as_bytes(), STDIO);
    assert_eq!(layer["operation"], "push: blob upload, single request");
    assert_eq!(layer["response"]["status"], 201);
    assert_eq!(layer["peer"]["addr"], registry.address.to_string());
    let mut seen: Vec<_> = exchanges.iter().map(|exchange| exchange["seq"].as_u64()).collect();
    seen.sort();
    assert_eq!(seen, (1..=exchanges.len() as u64).map(Some).collect::<Vec<_>>());
}

#[test]
fn exchange_without_a_response_is_recorded() {
    let user = User::new();
    let log = user.path("wire.jsonl");
    let nobody = format!("{}/a:v1", support::free_address());
    user.thv(&["pull", &nobody, "--wire-log", log.to_str().unwrap()]).fails(6, "refused");
    let exchanges = transcript(&log);
    let attempts: Vec<_> = exchanges.iter().map(|exchange| exchange["attempt"].as_u64()).collect();
    assert_eq!(attempts, [Some(1), Some(2), Some(3), Some(4)]);
    assert!(exchanges.iter().all(|exchange| exchange["error"]["kind"] == "refused"));
    assert!(exchanges.iter().all(|exchange| exchange.get("response").is_none()));
}

/// `tests/all_transcripts.rs` checks the records against the schema.
#[test]
fn request_that_found_no_connection_is_recorded_without_body() {
    let user = User::new();
    let file = user.file("large", vec![b'x'; 64 * 1024]);
    // Accepts one connection: the next one is refused.
    let once = TcpListener::bind(own_address()).unwrap();
    let address = once.local_addr().unwrap();
    let registry = std::thread::spawn(move || {
        let (mut client, _) = once.accept().unwrap();
        drop(once);
        let mut buffer = [0; 4096];
        assert!(client.read(&mut buffer).unwrap() > 0);
        let head = format!("HTTP/1.1 202 Accepted\r\nlocation: http://{address}/v2/a/up/1\r\n");
        let rest = "content-length: 0\r\nconnection: close\r\n\r\n";
        client.write_all(format!("{head}{rest}").as_bytes()).unwrap();
    });
    let mut command = user.command_of(support::example("blob").to_str().unwrap());
    let target = format!("{address}/a");
    command.args(["push", file.to_str().unwrap(), &target]).env("THV_WIRE_LOG", "wire.jsonl");
    support::Ran(command.output().unwrap()).fails(1, "refused");
    registry.join().unwrap();
    let exchanges = transcript(&user.path("wire.jsonl"));
    let unsent: Vec<_> = exchanges.iter().filter(|e| e["request"]["method"] == "PATCH").collect();
    assert!(!unsent.is_empty(), "{exchanges:#?}");
    assert!(unsent.iter().all(|exchange| exchange["error"]["kind"] == "refused"), "{unsent:#?}");
    assert!(unsent.iter().all(|exchange| exchange["request"].get("body").is_none()));
}

#[test]
#[ignore = "needs openssl; tests/run.sh installs it"]
fn tls_version_and_certificate_are_recorded() {
    let user = User::new();
    let authority = Authority::new(&user.path("pki"));
    let server = authority.issue("server", "IP:127.0.0.1", 30);
    let ca = authority.pair.cert.to_str().unwrap();
    let der = Command::new("openssl")
        .args(["x509", "-outform", "DER", "-in", server.cert.to_str().unwrap()])
        .output()
        .unwrap();
    let digest = support::sha256(&der.stdout);
    for (only, version) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let mut process = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-www", "-naccept", "1", only])
            .args(["-cert", server.cert.to_str().unwrap(), "-key", server.key.to_str().unwrap()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = lines.find_map(|line| Some(line.unwrap().strip_prefix("ACCEPT ")?.to_owned()));
        let log = user.path(&format!("{version}.jsonl"));
        let reference = format!("{}/a:v1", ready.unwrap());
        let pull = ["pull", &reference, "--ca-file", ca, "--retries", "0"];
        user.thv(&[&pull[..], &["--wire-log", log.to_str().unwrap()]].concat())
            .fails(10, "not the JSON of a manifest");
        process.wait().unwrap();
        let exchange = &transcript(&log)[0];
        assert_eq!(exchange["peer"]["tls_version"], version, "{exchange}");
        let recorded = exchange["peer"]["cert_sha256"].as_str().unwrap();
        assert_eq!(digest.strip_prefix("sha256:"), Some(recorded));
    }
}

#[test]
fn unwritable_transcript_fails_the_command() {
    let user = User::new();
    user.thv(&["pull", "localhost:1/a:v1", "--wire-log", "no/such/directory/wire.jsonl"])
        .fails(19, "opening the transcript");
    if std::path::Path::new("/dev/full").exists() {
        let registry = Registry::embedded();
        let reference = registry.reference("a:v1");
        user.thv(&["pull", &reference, "--wire-log", "/dev/full"])
            .fails(19, "the transcript could not be written");
    }
}

#[test]
#[ignore = "needs Debian's docker-registry; tests/run.sh installs it"]
fn recorded_exchanges_match_what_is_sent() {
    let user = User::new();
    user.file("config.json", STDIO);
    let registry = Registry::docker();
    let reference = registry.reference("configs/my-server:v1");
    for (name, arguments) in [
        ("first-push", &["push", "config.json", &reference][..]),
        ("unchanged-push", &["push", "config.json", &reference]),
        ("pull", &["pull", &reference]),
    ] {
        let log = user.path(&format!("{name}.jsonl"));
        let arguments = [arguments, &["--wire-log", log.to_str().unwrap()]].concat();
        user.thv_with_input_and(&arguments, b"", &[("SOURCE_DATE_EPOCH", EPOCH)]).ok();
        assert_recorded(name, &log);
    }
}
