//! The errors that people meet most, each made here and shown word for word in
//! `protocol-notes/errors.md`.
//!
//! Each says what failed (the command, the step, the place), why (the status, the registry's own
//! code and message), and what to try next where that is known.

use crate::support;

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;
use support::pki::{Authority, Pair};
use support::stub_registry::{Request, Response, StubRegistry, status};
use support::tour::Tour;
use support::{Registry, own_address, sha256};

/// Whether an error has a hint, or its text already says what to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Hint,
    InText,
}
use Next::{Hint, InText};

/// A heading; when it happens, the exit code, the third part, the command line.
enum Entry {
    Section(&'static str),
    Case(&'static str, i32, Next, &'static str),
}
use Entry::{Case, Section};

const ENTRIES: &[Entry] = &[
    Section("The command line"),
    Case("a command that does not exist", 2, InText, "thv help publish"),
    Case("a name that could be a file or a reference", 2, InText, "thv import my-config"),
    Case(
        "a reference with upper-case letters",
        2,
        InText,
        "thv push config.json localhost:5055/Configs/a:v1",
    ),
    Case(
        "a URL in place of a reference",
        2,
        InText,
        "thv pull https://localhost:5055/configs/a:v1",
    ),
    Case("a registry without a repository", 2, InText, "thv push config.json localhost:5055"),
    Case(
        "a push with its arguments the other way round",
        2,
        InText,
        "thv push localhost:5055/configs/a:v1 config.json",
    ),
    Case(
        "an image in place of a run configuration",
        19,
        Hint,
        "thv push ghcr.io/example/files:1.2 localhost:5055/configs/a:v1",
    ),
    Case("a file in place of a workload", 3, Hint, "thv export config.json localhost:5055/a:v1"),
    Case(
        "a push to a digest",
        2,
        InText,
        "thv push config.json localhost:5055/a@sha256:\
         44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    ),
    Case(
        "a login without a terminal and without --password-stdin",
        2,
        InText,
        "thv login localhost:5055 --username me",
    ),
    Case("--json for a pull to standard output", 2, InText, "thv pull localhost:5055/a:v1 --json"),
    Section("Files and workloads"),
    Case("a missing file", 19, InText, "thv push missing.json localhost:5055/configs/a:v1"),
    Case("a missing workload", 3, Hint, "thv export nobody ./nobody.json"),
    Case("a file that is not JSON", 12, InText, "thv import ./broken.json"),
    Case("a trailing comma", 12, InText, "thv import ./comma.json"),
    Case("a field of the wrong type", 12, InText, "thv import ./wrong-type.json"),
    Case("a configuration without an image", 12, InText, "thv import ./nothing.json"),
    Case(
        "a different configuration with the same name",
        13,
        Hint,
        "thv import ./files.json --name my-server",
    ),
    Case(
        "a value that looks like a secret",
        18,
        Hint,
        "thv push with-key.json localhost:5055/configs/files:v1",
    ),
    Section("Logins"),
    Case("a registry that needs a login", 4, Hint, "thv pull localhost:5056/private/a:v1"),
    Case(
        "a login that is not accepted",
        4,
        Hint,
        "thv login localhost:5056 -u me --password-stdin < password.txt",
    ),
    Case(
        "a password that is not accepted",
        4,
        Hint,
        "thv pull localhost:5056/private/a:v1 -u me --password-stdin < password.txt",
    ),
    Case("a user without access", 5, Hint, "thv pull localhost:5056/denied/a:v1"),
    Case("a token server that refuses", 5, Hint, "thv pull localhost:5056/token/a:v1"),
    Case("a 401 without a challenge", 4, InText, "thv pull localhost:5056/silent/a:v1"),
    Case("a token server that thv refuses", 4, InText, "thv pull localhost:5056/realm/a:v1"),
    Case(
        "a credential helper that is not installed",
        4,
        Hint,
        "thv pull localhost:5056/private/a:v1 --registry-config helper.json",
    ),
    Case(
        "a broken file of credentials",
        4,
        Hint,
        "thv pull localhost:5056/private/a:v1 --registry-config broken.json",
    ),
    Case(
        "a credential that cannot be stored",
        4,
        Hint,
        "thv login localhost:5055 -qu me --password-stdin --registry-config config.json/new < password.txt",
    ),
    Section("The network"),
    Case("a port where nothing listens", 6, Hint, "thv pull 127.0.0.1:5057/configs/a:v1"),
    Case("a host name that does not exist", 6, Hint, "thv pull registry.invalid/configs/a:v1"),
    Case(
        "a proxy where nothing listens",
        6,
        Hint,
        "HTTPS_PROXY=http://localhost:5057 thv pull registry.example.com/configs/a:v1",
    ),
    Case(
        "an unsupported kind of proxy",
        6,
        Hint,
        "ALL_PROXY=socks5://localhost:5057 thv pull registry.example.com/configs/a:v1",
    ),
    Case("endless redirects", 6, InText, "thv pull localhost:5056/circle/a:v1"),
    Section("TLS"),
    Case(
        "a certificate of an unknown authority",
        7,
        Hint,
        "thv pull localhost:5443/configs/a:v1 --ca-file other/ca.crt",
    ),
    Case(
        "a certificate for another name",
        7,
        Hint,
        "thv pull localhost:5444/configs/a:v1 --ca-file pki/ca.crt",
    ),
    Case(
        "a certificate that has expired",
        7,
        Hint,
        "thv pull localhost:5445/configs/a:v1 --ca-file pki/ca.crt",
    ),
    Case(
        "plain http where TLS was expected",
        7,
        Hint,
        "thv pull localhost:5055/configs/a:v1 --ca-file pki/ca.crt",
    ),
    Case("TLS where plain http was expected", 11, Hint, "thv pull localhost:5443/configs/a:v1"),
    Section("What the registry has"),
    Case("no such repository", 3, Hint, "thv pull localhost:5056/nowhere/a:v1"),
    Case("no such tag", 3, Hint, "thv pull localhost:5055/configs/files:v9"),
    Case("too many requests", 11, Hint, "thv pull localhost:5056/limited/a:v1"),
    Case("a registry that fails", 11, Hint, "thv pull localhost:5056/failing/a:v1"),
    Case("a push that is refused", 11, InText, "thv push config.json localhost:5056/readonly/a:v1"),
    Case("a container image", 10, Hint, "thv pull localhost:5056/image/a:v1"),
    Case("another artifact", 10, InText, "thv pull localhost:5056/chart/a:v1"),
    Case("content that does not match its digest", 8, Hint, "thv pull localhost:5056/swapped/a:v1"),
    Case(
        "an artifact whose layer is no run configuration",
        12,
        InText,
        "thv pull localhost:5056/text/a:v1",
    ),
    Section("Runs"),
    Case("a source that only ToolHive can run", 2, InText, "thv run uvx://mcp-server-fetch"),
    Case("fields that are not supported", 15, Hint, "thv run ./my-server.json --dry-run"),
    Case("a missing secret", 15, InText, "thv run ./secret.json --engine podman"),
    Case("a mount whose source does not exist", 15, Hint, "thv run ./mount.json"),
    Case("no agreement to run", 16, Hint, "thv run localhost:5055/configs/server:v1"),
    Case("no container engine", 17, InText, "PATH=bin thv run ./server.json"),
    Section("Comparing and auditing"),
    Case(
        "two configurations that differ",
        1,
        InText,
        "thv diff files.json more.json --quiet > /dev/null",
    ),
    Case("traffic that breaks a rule", 14, Hint, "thv wire check swapped.jsonl > /dev/null"),
    Case("a file that is not a transcript", 19, InText, "thv wire show config.json > /dev/null"),
    Case("an address in use", 19, Hint, "thv registry serve --listen 127.0.0.1:5056"),
];

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn refused(refusal: u16, code: &str, message: &str) -> Response {
    let body = json!({ "errors": [{ "code": code, "message": message }] });
    status(refusal).with("content-type", "application/json").body(body.to_string())
}

fn challenged(challenge: &str) -> Response {
    refused(401, "UNAUTHORIZED", "authentication required").with("www-authenticate", challenge)
}

fn manifest(body: &serde_json::Value) -> Response {
    status(200).with("content-type", MANIFEST).body(body.to_string())
}

/// A manifest with one layer.
fn artifact(artifact_type: Option<&str>, config: &str, layer: &str, content: &[u8]) -> Response {
    use base64::Engine as _;
    let data = base64::engine::general_purpose::STANDARD.encode(content);
    let mut body = json!({
        "schemaVersion": 2, "mediaType": MANIFEST,
        "config": { "mediaType": config, "size": 2, "digest":
            "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" },
        "layers": [{ "mediaType": layer, "size": content.len(), "digest": sha256(content),
            "data": data }],
    });
    if let Some(artifact_type) = artifact_type {
        body["artifactType"] = artifact_type.into();
    }
    manifest(&body)
}

/// A registry in which each repository has a different fault.
fn answer(received: &Request) -> Response {
    let empty = "application/vnd.oci.empty.v1+json";
    let run_config = "application/vnd.toolhive.runconfig";
    let layer = "application/vnd.toolhive.runconfig.v1+json";
    let host = received.header("host").unwrap().to_owned();
    let path = received.target.split('?').next().unwrap();
    match path.trim_start_matches("/v2/").split('/').next().unwrap() {
        "private" | "" => challenged("Basic realm=\"registry\""),
        "denied" => refused(403, "DENIED", "requested access to the resource is denied"),
        "token" if path.ends_with("/token") => refused(403, "DENIED", "the account is locked"),
        "token" => {
            challenged(&format!("Bearer realm=\"http://{host}/v2/token/token\",service=\"r\""))
        }
        "silent" => status(401),
        "realm" => challenged("Bearer realm=\"http://user@auth.example/token\",service=\"r\""),
        "circle" => status(307).with("location", &received.target),
        "nowhere" => refused(404, "NAME_UNKNOWN", "repository name not known to registry"),
        "limited" => refused(429, "TOOMANYREQUESTS", "pull rate limit exceeded"),
        "failing" => status(503).body("<html>upstream is away</html>"),
        // The repository already has one blob, so it is always the other one that is refused.
        "readonly" if received.method == "HEAD" && path.contains(":44136fa") => {
            status(200).body("{}")
        }
        "readonly" if matches!(received.method.as_str(), "GET" | "HEAD") => {
            refused(404, "NAME_UNKNOWN", "")
        }
        "readonly" => refused(405, "UNSUPPORTED", "the registry is read-only"),
        "image" => artifact(
            None,
            "application/vnd.oci.image.config.v1+json",
            "application/vnd.oci.image.layer.v1.tar+gzip",
            b"layer",
        ),
        "chart" => artifact(Some("application/vnd.example.chart"), empty, "text/plain", b"chart"),
        "text" => artifact(Some(run_config), empty, layer, b"hello"),
        "swapped" => artifact(Some(run_config), empty, layer, b"{}")
            .with("docker-content-digest", sha256(b"other bytes")),
        other => panic!("{other} is no repository of this registry"),
    }
}

/// The registries and files that the command lines name.
struct World {
    tour: Tour,
    faulty: StubRegistry,
    secure: Vec<Registry>,
    /// An address at which nothing listens.
    silent: String,
}

impl World {
    fn new() -> Self {
        let tour = Tour::new();
        let user = &tour.user;
        let stdio = include_bytes!("../fixtures/runconfigs/stdio.json");
        user.file("my-server.json", stdio);
        user.file("comma.json", "{\n  \"image\": \"x:1\",\n}\n");
        user.file("broken.json", "{\n  \"image\": x\n}\n");
        user.file("wrong-type.json", "{\n  \"image\": \"x:1\",\n  \"port\": \"80\"\n}\n");
        user.file("nothing.json", "{ \"name\": \"n\" }\n");
        user.file("helper.json", r#"{ "credsStore": "absent" }"#);
        let server = json!({ "image": "x:1", "name": "server", "transport": "stdio" });
        user.file("server.json", server.to_string());
        let with = |field: &str, value: serde_json::Value| {
            let mut config = server.clone();
            config[field] = value;
            config.to_string()
        };
        user.file("secret.json", with("secrets", json!(["api-key,target=API_KEY"])));
        user.file("mount.json", with("volumes", json!(["/no/place:/data"])));
        tour.run("thv push server.json localhost:5055/configs/server:v1");
        let authority = Authority::new(&user.path("pki"));
        Authority::new(&user.path("other"));
        let secure = [("right", true, 30), ("name", false, 30), ("expired", true, -1)];
        let secure = secure.map(|(file, named, days)| {
            let address = own_address();
            let name = format!("IP:{}", address.ip());
            let name = if named { &name } else { "DNS:registry.example.com" };
            let Pair { cert, key } = authority.issue(file, name, days);
            let tls =
                format!("  tls: {{certificate: {}, key: {}}}\n", cert.display(), key.display());
            Registry::docker_with(address, &tls, "")
        });
        let faulty = StubRegistry::start(answer);
        let world = Self { tour, faulty, secure: secure.into(), silent: own_address().to_string() };
        world.shown("thv pull localhost:5056/swapped/a:v1 --wire-log swapped.jsonl");
        world
    }

    /// Printed addresses, and the real ones.
    fn addresses(&self) -> Vec<(String, String)> {
        let secure = self.secure.iter().zip(5443..);
        let mut all: Vec<_> = secure
            .map(|(registry, port)| (format!("localhost:{port}"), registry.address.to_string()))
            .collect();
        all.push(("localhost:5056".to_owned(), self.faulty.address.to_string()));
        all.push(("localhost:5057".to_owned(), self.silent.clone()));
        all
    }

    /// What is printed to standard error, with the printed addresses, and the exit code.
    fn shown(&self, line: &str) -> (String, i32) {
        let mut real = line.replace("127.0.0.1:505", "localhost:505");
        for (printed, address) in self.addresses() {
            real = real.replace(&printed, &address);
        }
        let ran = self.tour.run(&real);
        assert_eq!(ran.stdout(), "", "{line}");
        let mut shown = self.tour.printed(&ran.stderr());
        for (printed, address) in self.addresses() {
            shown = shown.replace(&address, &printed);
            let (host, _) = address.rsplit_once(':').unwrap();
            shown = shown.replace(&format!("\"{host}\""), "\"localhost\"");
        }
        // A resolver that reaches no name server has another reason.
        shown = shown.replace("Temporary failure in name resolution", "Name or service not known");
        if line.contains("127.0.0.1:") {
            shown = shown.replace("localhost:", "127.0.0.1:");
        }
        (shown, ran.code())
    }
}

const HEAD: &str = "\
# Errors

<!-- made by tests/errors.rs; `just pages` makes it again -->

The errors that users meet most often. Each says what failed (the command, the step, the place), why (the status, and the
registry's own code and message with control characters escaped) and, if that is known, what to try next. A test produced
each error on this page. [Exit codes](cli/help-exit-codes.md) are stable; texts may change.

The error is one line and the hint another, of any length; the terminal wraps them. A path or a URL can therefore be
copied whole, and a log has one line for each. Only an error about several things has a line for each of them.
";

#[test]
#[ignore = "needs Debian's docker-registry and openssl; tests/run.sh installs them"]
fn common_errors_say_what_failed_why_and_what_to_try_next() {
    let world = World::new();
    let mut page = HEAD.to_owned();
    let mut count = 0;
    for entry in ENTRIES {
        let Case(when, code, next, line) = entry else {
            let Section(title) = entry else { unreachable!() };
            write!(page, "\n## {title}\n").unwrap();
            continue;
        };
        count += 1;
        let (shown, found) = world.shown(line);
        assert_eq!(found, *code, "{when}: {shown}");
        let what = shown.lines().find(|line| line.starts_with("thv ")).unwrap_or(&shown);
        let command: Vec<_> = line.split("thv ").nth(1).unwrap().split(' ').collect();
        assert!(what.starts_with(&format!("thv {}", command[0])), "{when}: {shown}");
        let hints = shown.lines().filter(|line| line.starts_with("hint: ")).count();
        assert_eq!(hints, usize::from(*next == Hint), "{when}: {shown}");
        assert!(!shown.contains("FAKE"), "{when}: {shown}");
        write!(page, "\n**{count}. {when}** (exit code {code})\n\n").unwrap();
        write!(page, "<!-- run by tests/errors.rs -->\n```console\n$ {line}\n{shown}```\n")
            .unwrap();
    }
    assert!(count >= 30, "{count} errors");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol-notes/errors.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let current = std::fs::read_to_string(&path).unwrap();
    for (number, (current, anew)) in current.lines().zip(page.lines()).enumerate() {
        assert_eq!(current, anew, "line {}: `just pages` makes errors.md again", number + 1);
    }
    assert!(current == page, "errors.md is not current: `just pages`");
}
