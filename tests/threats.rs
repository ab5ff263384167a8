//! Hostile registries: wrong content, endless bodies, paths and terminal escapes.
//! `protocol-notes/security.md` names the threat of each test.

use crate::support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use support::pki::{Authority, Pair};
use support::stub_registry::{Reply, Request, Response, StubRegistry, Then, status};
use support::{User, own_address, sha256};

const STDIO: &[u8] = include_bytes!("../fixtures/runconfigs/stdio.json");
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const MIB: u64 = 1024 * 1024;

fn layer(content: &[u8]) -> Value {
    json!({
        "mediaType": "application/vnd.toolhive.runconfig.v1+json",
        "digest": sha256(content), "size": content.len(),
    })
}

fn manifest(layer: &Value) -> Value {
    json!({
        "schemaVersion": 2, "mediaType": MANIFEST,
        "artifactType": "application/vnd.toolhive.runconfig",
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json", "digest": sha256(b"{}"), "size": 2,
        },
        "layers": [layer],
    })
}

fn ok(body: impl AsRef<[u8]>) -> Response {
    status(200).body(body)
}

/// A registry with one manifest, whose blobs `blob` answers.
fn registry(
    manifest: String,
    blob: impl Fn(&Request) -> Response + Send + Sync + 'static,
) -> StubRegistry {
    StubRegistry::start(move |received| {
        if received.target.contains("/manifests/") {
            status(200).with("content-type", MANIFEST).body(&manifest)
        } else {
            blob(received)
        }
    })
}

/// A server that answers each request with this head, and then with zeros for as long as the client
/// reads.
fn endless(head: &'static str) -> StubRegistry {
    StubRegistry::start(move |_| {
        let head = format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n");
        Reply::Raw(head.into_bytes(), Then::Repeat(vec![b'0'; 64 * 1024], Duration::ZERO))
    })
}

#[test]
fn endless_body_is_read_to_the_limit() {
    // The buffers of a connection's sockets hold bytes that the client does not read.
    let buffered = 24 * MIB;
    for (head, code, limit) in [
        ("200 OK\r\ncontent-type: application/vnd.oci.image.manifest.v1+json", 9, 4 * MIB),
        ("404 Not Found", 3, MIB),
        // A temporary error, requested four times.
        ("500 Internal Server Error\r\ncontent-type: application/json", 11, 4 * MIB + 3 * buffered),
        ("401 Unauthorized\r\nwww-authenticate: Basic realm=\"a\"", 9, MIB),
        ("302 Found\r\nlocation: /v2/a/manifests/v1", 6, 10 * (MIB + buffered)),
    ] {
        let registry = endless(head);
        let ran = User::new().thv(&["pull", &registry.reference("a:v1")]);
        assert_eq!(ran.code(), code, "{head}: {}", ran.stderr());
        let sent = registry.sent();
        assert!(sent <= limit + buffered, "{head}: {sent} bytes");
    }
}

#[test]
fn endless_token_is_read_to_the_limit() {
    let tokens = endless("200 OK\r\ncontent-type: application/json");
    let realm = format!("Bearer realm=\"{}\"", tokens.url("/token"));
    let registry = StubRegistry::start(move |_| status(401).with("www-authenticate", &realm));
    let ran = User::new().thv(&["pull", &registry.reference("a:v1")]);
    assert!(matches!(ran.code(), 4 | 6 | 9), "{}", ran.stderr());
    assert!(tokens.sent() <= 25 * MIB);
}

#[test]
fn endless_blob_is_read_to_its_declared_size() {
    let storage = endless("200 OK");
    let location = storage.url("/blob");
    let registry = registry(manifest(&layer(STDIO)).to_string(), move |_| {
        status(307).with("location", &location)
    });
    User::new()
        .thv(&["pull", &registry.reference("a:v1")])
        .fails(8, &format!("expected {} bytes", STDIO.len()));
    assert!(storage.sent() <= 8 * MIB);
}

#[test]
fn impossible_size_is_refused_before_the_blob_is_requested() {
    for (size, message) in [
        ("4611686018427387904", "larger than 4194304"),
        ("9223372036854775807", "larger than 4194304"),
        ("9223372036854775808", "not the JSON of a manifest"),
        ("-1", "not the JSON of a manifest"),
    ] {
        let size: Value = serde_json::from_str(size).unwrap();
        let mut layer = layer(STDIO);
        layer["size"] = size.clone();
        let registry = registry(manifest(&layer).to_string(), |_| ok(""));
        User::new().thv(&["pull", &registry.reference("a:v1")]).fails(10, message);
        assert_eq!(registry.received().len(), 1, "{size}");
    }
}

#[test]
fn digest_that_is_a_path_is_refused_before_the_blob_is_requested() {
    for digest in ["sha256:../../x", "../../token", "sha256:ABCDEF", "md5:d41d8cd98f00b204e9800998"]
    {
        let mut layer = layer(STDIO);
        layer["digest"] = json!(digest);
        let registry = registry(manifest(&layer).to_string(), |_| ok(""));
        User::new().thv(&["pull", &registry.reference("a:v1")]).fails(10, "not the JSON");
        assert_eq!(registry.received().len(), 1, "{digest}");
    }
}

#[test]
fn urls_of_a_layer_are_never_requested() {
    let elsewhere = StubRegistry::start(|_| ok(STDIO));
    let mut layer = layer(STDIO);
    layer["urls"] = json!([elsewhere.url("/blob")]);
    let registry = registry(manifest(&layer).to_string(), |_| status(404));
    User::new().thv(&["pull", &registry.reference("a:v1")]).fails(3, "not found");
    assert_eq!(elsewhere.received().len(), 0);
}

#[test]
fn ambiguous_manifest_is_refused() {
    let mut both = manifest(&layer(STDIO));
    both["manifests"] = json!([]);
    let mut index = manifest(&layer(STDIO));
    index["mediaType"] = json!("application/vnd.oci.image.index.v1+json");
    let twice = manifest(&layer(STDIO)).to_string().replacen('{', "{\"layers\":[],", 1);
    for document in [both.to_string(), index.to_string(), twice] {
        let registry = registry(document, |_| ok(STDIO));
        User::new().thv(&["pull", &registry.reference("a:v1")]).fails(10, "manifest");
        assert_eq!(registry.received().len(), 1);
    }
}

#[test]
fn mismatched_content_leaves_the_file_unchanged() {
    let same_length = " ".repeat(STDIO.len());
    for body in [same_length, "short".to_owned(), " ".repeat(STDIO.len() + 1), String::new()] {
        let registry = registry(manifest(&layer(STDIO)).to_string(), move |_| ok(&body));
        let user = User::new();
        let pull = ["pull", &registry.reference("a:v1"), "-o", "out.json"];
        user.thv(&pull).fails(8, "expected");
        assert!(!user.path("out.json").exists());
        user.file("out.json", "before");
        user.thv(&pull).fails(8, "expected");
        assert_eq!(std::fs::read(user.path("out.json")).unwrap(), b"before");
        user.thv(&["import", &registry.reference("a:v1")]).fails(8, "expected");
        assert!(!user.path("state").exists());
        let names = std::fs::read_dir(user.path("")).unwrap().count();
        assert_eq!(names, 1, "nothing half-written is left");
    }
}

#[test]
fn body_is_never_decoded() {
    // A decoded body would have another digest and no size limit.
    let registry = registry(manifest(&layer(STDIO)).to_string(), |_| {
        status(200).with("content-encoding", "gzip").body(STDIO)
    });
    let pulled = User::new().thv(&["pull", &registry.reference("a:v1")]).ok();
    assert_eq!(pulled.0.stdout, STDIO);
    assert!(registry.received().iter().all(|r| r.header("accept-encoding").is_none()));
}

#[test]
fn workload_name_is_never_used_as_a_path() {
    for name in ["../../evil", "/etc/evil", "a/../../evil", "..", "", "a\u{0}b"] {
        let content = json!({ "image": "x", "name": name, "base_name": name }).to_string();
        let served = content.clone();
        let registry =
            registry(manifest(&layer(content.as_bytes())).to_string(), move |_| ok(&served));
        let user = User::new();
        let ran = user.thv(&["import", &registry.reference("a:v1")]);
        assert!(matches!(ran.code(), 2 | 12), "{name:?}: {}", ran.stderr());
        assert!(!user.path("state").exists(), "{name:?}");
        assert!(!user.path("../evil.json").exists());
    }
}

/// Characters that steer a terminal.
const STEERING: &str = "\u{1b}]0;title\u{7}\u{9b}31m\u{202e}gnp\u{2066}\r\u{8}";

fn steers_nothing(text: &str) {
    let steering = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    };
    assert!(!text.contains(steering), "{text:?}");
}

#[test]
fn error_text_of_a_registry_is_made_printable() {
    let body = json!({ "errors": [{ "code": STEERING, "message": STEERING }] }).to_string();
    let plain = format!("<html>{STEERING}</html>");
    let realm = format!(
        "Bearer realm=\"https://a.example/{}\"",
        STEERING.replace(['\r', '\u{7}', '\u{8}', '\u{1b}'], "")
    );
    for response in [
        status(403).body(&body),
        status(500).body(plain),
        status(400).body(body),
        status(401).with("www-authenticate", realm),
        status(200).with("content-type", "text/\u{9b}31m"),
        status(200).with("docker-content-digest", "sha256:\u{202e}").body("{}"),
    ] {
        let registry = StubRegistry::start(move |_| response.clone());
        let ran = User::new().thv(&["pull", &registry.reference("a:v1")]);
        assert_ne!(ran.code(), 0);
        steers_nothing(&ran.stderr());
        steers_nothing(&ran.stdout());
    }
}

#[test]
fn artifact_content_is_made_printable() {
    let content = json!({
        "image": format!("x{STEERING}"), "name": "n", "cmd_args": [STEERING],
        "env_vars": { STEERING: STEERING },
    });
    let content = content.to_string();
    let mut manifest = manifest(&layer(content.as_bytes()));
    manifest["annotations"] = json!({ "org.example.note": STEERING, STEERING: "x" });
    let registry = registry(manifest.to_string(), move |_| ok(&content));
    let user = User::new();
    for arguments in [&["inspect"][..], &["inspect", "--json"]] {
        let reference = registry.reference("a:v1");
        let ran = user.thv(&[arguments, &[&*reference]].concat()).ok();
        steers_nothing(&ran.stderr());
        if arguments.len() == 1 {
            steers_nothing(&ran.stdout());
        }
    }
    user.thv(&["import", &registry.reference("a:v1")]).ok();
    steers_nothing(&user.thv(&["list"]).ok().stdout());
}

#[test]
fn deeply_nested_document_is_an_error() {
    let deep = "[".repeat(100_000);
    for (code, field, exit_code) in [(200, "config", 10), (500, "errors", 11), (404, "errors", 3)] {
        let body = format!("{{\"{field}\":{deep}");
        let response = status(code).with("content-type", MANIFEST).body(body);
        let registry = StubRegistry::start(move |_| response.clone());
        User::new().thv(&["pull", &registry.reference("a:v1")]).fails(exit_code, "");
    }
    let content = format!("{{\"image\":\"x\",\"name\":{deep}");
    let served = content.clone();
    let registry = registry(manifest(&layer(content.as_bytes())).to_string(), move |_| ok(&served));
    User::new().thv(&["import", &registry.reference("a:v1")]).fails(12, "");
}

#[test]
fn failed_tls_is_not_retried_in_plain_http() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let first_bytes: Arc<std::sync::Mutex<Vec<u8>>> = Arc::default();
    let kept = Arc::clone(&first_bytes);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut byte = [0];
            let _ = stream.read(&mut byte);
            kept.lock().unwrap().push(byte[0]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
        }
    });
    let user = User::new();
    // A certificate of an authority that is asked for makes even loopback speak TLS.
    let ca = user.file("ca.pem", CERTIFICATE);
    let pull = ["pull", &format!("{address}/a:v1"), "--ca-file", ca.to_str().unwrap()];
    let ran = user.thv(&pull);
    assert!(matches!(ran.code(), 6 | 7), "{}", ran.stderr());
    let first_bytes = first_bytes.lock().unwrap();
    // 22 begins a TLS handshake; a letter would begin a request.
    assert!(!first_bytes.is_empty() && first_bytes.iter().all(|byte| *byte == 22));
}

/// `openssl s_server`, which answers with the files of a directory. It ends with this value.
struct TlsServer(std::process::Child);

impl TlsServer {
    /// Asks for a client certificate; with `must`, it wants one.
    fn start(dir: &Path, address: SocketAddr, authority: &Authority, must: bool) -> Self {
        let Pair { cert, key } = authority.issue("server", &format!("IP:{}", address.ip()), 30);
        let mut process = Command::new("openssl")
            .args(["s_server", "-HTTP", "-accept", &address.to_string()])
            .args([if must { "-Verify" } else { "-verify" }, "1", "-verify_return_error"])
            .arg("-CAfile")
            .arg(&authority.pair.cert)
            .arg("-cert")
            .arg(cert)
            .arg("-key")
            .arg(key)
            .current_dir(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(dir.join("said")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(process.stdout.as_mut().unwrap());
        while line.trim() != "ACCEPT" {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "the server ended");
        }
        Self(process)
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "needs openssl; tests/run.sh installs it"]
fn client_certificate_is_not_sent_to_a_redirect_target() {
    let user = User::new();
    let authority = Authority::new(&user.path("pki"));
    let (home, elsewhere) = (own_address(), own_address());
    let redirect =
        format!("HTTP/1.1 307 X\r\nlocation: https://{elsewhere}/x\r\ncontent-length: 0\r\n\r\n");
    user.file("home/v2/a/manifests/v1", redirect);
    user.file("elsewhere/x", "HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n");
    let first = TlsServer::start(&user.path("home"), home, &authority, true);
    let second = TlsServer::start(&user.path("elsewhere"), elsewhere, &authority, false);
    let client = authority.issue("client", "DNS:client.example", 30);
    let ca = authority.pair.cert.to_str().unwrap();
    let (cert, key) = (client.cert.to_str().unwrap(), client.key.to_str().unwrap());
    let pull = ["pull", &format!("{home}/a:v1"), "--ca-file", ca, "--cert", cert, "--key", key];
    user.thv(&pull).fails(3, "not found (status 404");
    drop((first, second));
    let said = |name: &str| std::fs::read_to_string(user.path(name)).unwrap();
    assert!(said("home/said").contains("CN = client"), "{}", said("home/said"));
    assert!(!said("elsewhere/said").contains("CN = "), "{}", said("elsewhere/said"));
}

/// The certificate of an authority that signed no other certificate.
const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----\n\
MIIBejCCASGgAwIBAgIUS8CFO0LNnDb/ANReD/Oy2ahv95QwCgYIKoZIzj0EAwIw\n\
EjEQMA4GA1UEAwwHVGVzdCBDQTAgFw0yNjExMjQyMjEzNTVaGA8yMTI2MTAzMTIy\n\
MTM1NVowEjEQMA4GA1UEAwwHVGVzdCBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEH\n\
A0IABI9NVT7tqIOmBuwltcfjBsSsSMnYGiUYBCEDWkvssdC2uUQK0sjQXHiPgrJR\n\
Q7+QOcfCc72d74HEVeFFyAcNjhWjUzBRMB0GA1UdDgQWBBRDT6OFwKKserdyfdE3\n\
DfOGF8oVqDAfBgNVHSMEGDAWgBRDT6OFwKKserdyfdE3DfOGF8oVqDAPBgNVHRMB\n\
Af8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIHO+uwBLOf+DSwhRoDSrsy9EGmgS\n\
4+0hOy8oK8iACxq/AiBXc3Kl/rwta5M+mDY16b6C/DiIohOh7hECHYUHuYF5Bg==\n\
-----END CERTIFICATE-----\n\
";
