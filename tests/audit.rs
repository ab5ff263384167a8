//! `thv wire`: show, check, replay, proxy and export.

use crate::support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};
use support::http::{self, Request, status};
use support::recorded::{self, EPOCH};
use support::service::Service;
use support::stub_registry::StubRegistry;
use support::token_server::{PASSWORD, Rules, TokenServer, USER};
use support::{Registry, User, own_address, transcript};
use thv_oci::oci::auth::Access;
use thv_oci::oci::{Client, Descriptor, Reference};
use thv_oci::wire::Settings;

const STDIO: &[u8] = include_bytes!("../fixtures/runconfigs/stdio.json");

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

fn exchange(name: &str) -> String {
    recorded::path(name).to_str().unwrap().to_owned()
}

fn replay(user: &User, transcript: &str) -> Service {
    let mut command = user.command();
    command.args(["wire", "replay", transcript, "--listen", "127.0.0.1:0"]);
    Service::start(command)
}

#[test]
fn show_prints_one_line_per_exchange_and_the_requested_details() {
    let user = User::new();
    let shown = user.thv(&["wire", "show", &exchange("pull-with-token")]).ok().stdout();
    let lines: Vec<_> = shown.lines().collect();
    assert_eq!(lines.len(), 1 + transcript(&fixture("exchanges/pull-with-token.jsonl")).len());
    for (line, parts) in lines[1..].iter().zip([
        &["manifest, get", "GET", "/v2/configs/a/manifests/v1", "401"][..],
        &["token", "GET", "/token?", "200"],
        &["manifest, get", "GET", "/v2/configs/a/manifests/v1", "200"],
    ]) {
        assert!(parts.iter().all(|part| line.contains(part)), "{line}");
    }
    assert!(!shown.contains("www-authenticate") && !shown.contains('\u{1b}'), "{shown}");
    let all = ["wire", "show", &exchange("pull-with-token"), "--headers", "--bodies"];
    let all = user.thv(&all).ok().stdout();
    assert!(all.contains("www-authenticate: Bearer realm="), "{all}");
    assert!(all.contains("authorization: Bearer <redacted len="), "{all}");
    assert!(all.contains("\"schemaVersion\":2"), "{all}");
}

#[test]
fn truncated_last_line_of_a_transcript_is_ignored() {
    let user = User::new();
    let text = std::fs::read(exchange("first-push")).unwrap();
    let lines = text.split_inclusive(|byte| *byte == b'\n').count();
    let cut = user.file("cut.txt", &text[..text.len() - 10]);
    let shown = user.thv(&["wire", "show", cut.to_str().unwrap()]).ok();
    assert_eq!(shown.stdout().lines().count(), lines);
    let checked = user.thv(&["wire", "check", cut.to_str().unwrap()]).ok();
    assert!(checked.stderr().contains("the last line is cut short"), "{}", checked.stderr());

    let broken = user.file("broken.txt", b"{}\n");
    user.thv(&["wire", "check", broken.to_str().unwrap()]).fails(19, "line 1");
    user.thv(&["wire", "show", "missing.jsonl"]).fails(19, "missing.jsonl");
}

#[test]
fn findings_name_line_and_rule() {
    let user = User::new();
    let path = fixture("wire-check/digest-header.jsonl");
    let found = user.thv(&["wire", "check", path.to_str().unwrap(), "--json"]);
    assert_eq!(found.code(), 14);
    let finding = &found.json()["findings"][0];
    assert_eq!(finding["rule"], "digest-header");
    assert_eq!(finding["severity"], "finding");
    assert!(finding["line"].as_u64().unwrap() > 0);
    let said = user.thv(&["wire", "check", path.to_str().unwrap()]).fails(14, "one rule is broken");
    assert!(said.stdout().contains("finding digest-header:"), "{}", said.stdout());
}

/// Obligation 33.
#[test]
fn own_traffic_breaks_no_rule() {
    let user = User::new();
    for entry in std::fs::read_dir(fixture("exchanges")).unwrap() {
        let path = entry.unwrap().path();
        let said = user.thv(&["wire", "check", path.to_str().unwrap(), "--json"]).ok();
        assert_eq!(said.json()["findings"], json!([]), "{}", path.display());
    }
}

#[test]
fn replayed_transcript_serves_pull_and_push() {
    let user = User::new();
    user.file("config.json", STDIO);
    let pulled = replay(&user, &exchange("pull"));
    let reference = pulled.reference("configs/my-server:v1");
    assert_eq!(user.thv(&["pull", &reference]).ok().0.stdout, STDIO);
    assert_eq!(pulled.stop().trim(), "0 exchanges not requested");

    // The artifact's time is that of the recorded run, and with it every digest.
    let pushed = replay(&user, &exchange("first-push"));
    let reference = pushed.reference("configs/my-server:v1");
    let push = ["push", "config.json", &reference];
    user.thv_with_input_and(&push, b"", &[("SOURCE_DATE_EPOCH", EPOCH)]).ok();
    assert_eq!(pushed.stop().trim(), "0 exchanges not requested");
}

#[test]
fn replay_answers_for_its_token_server() {
    let user = User::new();
    let replayed = replay(&user, &exchange("pull-with-token"));
    let reference = replayed.reference("configs/a:v1");
    let login = ["pull", &reference, "--username", USER, "--password-stdin"];
    let pulled = user.thv_with_input(&login, PASSWORD.as_bytes()).ok();
    assert_eq!(pulled.0.stdout, STDIO);
    assert_eq!(replayed.stop().trim(), "0 exchanges not requested");
}

#[test]
fn replay_reports_requests_that_are_not_in_the_transcript() {
    let user = User::new();
    let replayed = replay(&user, &exchange("pull"));
    user.thv(&["pull", &replayed.reference("configs/other:v1")]).fails(11, "501");
    let said = replayed.stop();
    assert!(said.contains("not in the transcript: GET /v2/configs/other/manifests/v1"), "{said}");
    assert!(said.contains("1 exchange not requested"), "{said}");
}

#[test]
fn proxy_requires_a_transcript() {
    let user = User::new();
    let proxy = ["wire", "proxy", "--listen", "127.0.0.1:0", "--upstream", "http://127.0.0.1:1"];
    let ran = user.command().args(proxy).env_remove("THV_WIRE_LOG").output().unwrap();
    support::Ran(ran).fails(2, "--wire-log");
}

#[test]
fn follow_shows_a_growing_transcript() {
    let user = User::new();
    let line = std::fs::read(exchange("pull")).unwrap();
    let log = user.file("growing.jsonl", &line);
    let mut command = user.command();
    command.args(["wire", "show", "--follow", log.to_str().unwrap()]).stdout(Stdio::piped());
    let mut process = command.spawn().unwrap();
    let mut shown = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut next = || shown.next().unwrap().unwrap();
    assert!(next().contains("OPERATION"));
    assert!(next().contains("manifest, get"));
    // An incomplete line is not shown until it is complete.
    let (first, second) = line.split_at(line.len() / 2);
    let mut file = std::fs::OpenOptions::new().append(true).open(&log).unwrap();
    file.write_all(first).unwrap();
    file.write_all(second).unwrap();
    assert!(next().contains("manifest, get"));
    process.kill().unwrap();
    process.wait().unwrap();
}

#[test]
fn proxy_does_not_hold_a_large_blob_in_memory() {
    const SIZE: usize = 48 << 20;
    let user = User::new();
    let registry = Registry::embedded_in(&user.path("registry"));
    let mut command = user.command();
    command
        .args(["wire", "proxy", "--listen", "127.0.0.1:0", "--wire-log", "large.jsonl"])
        .args(["--upstream", &format!("http://{}", registry.address)]);
    let proxy = Service::start(command);
    let reference: Reference = proxy.reference("large").parse().unwrap();
    let content = vec![7; SIZE];
    let blob = Descriptor::of("application/octet-stream".parse().unwrap(), &content);
    let passed = async {
        let client = Client::new(Settings::default());
        let repository =
            client.repository(reference.registry(), reference.repository(), Access::Push);
        repository.push_blob(&blob, content.into()).await.unwrap();
        repository.blob(&blob, SIZE as u64).await.unwrap()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(passed).len(), SIZE);
    let peak = proxy.peak_memory();
    assert!(peak < SIZE as u64 * 2 / 3, "{peak} bytes");
    assert_eq!(proxy.stop(), "");
    user.thv(&["wire", "check", "large.jsonl"]).ok();
}

#[test]
#[ignore = "needs Debian's docker-registry, skopeo and openssl; tests/run.sh installs them"]
fn proxy_records_another_client() {
    let user = User::new();
    user.file("config.json", STDIO);
    let tokens = TokenServer::start(&user.path(""), Rules::default());
    let registry = Registry::docker_with(own_address(), "", &tokens.auth());
    let mut command = user.command();
    command
        .args(["wire", "proxy", "--listen", "127.0.0.1:0", "--wire-log", "proxied.jsonl"])
        .args(["--upstream", &format!("http://{}", registry.address)]);
    let proxy = Service::start(command);

    // An image layout to push, made with the embedded registry.
    let embedded = Registry::embedded();
    user.thv(&["push", "config.json", &embedded.reference("a:v1")]).ok();
    let layout = format!("oci:{}:v1", user.path("layout").display());
    skopeo(&user, &["copy", &format!("docker://{}", embedded.reference("a:v1")), &layout]);

    let through = format!("docker://{}", proxy.reference("configs/a:v1"));
    let login = format!("{USER}:{PASSWORD}");
    skopeo(&user, &["copy", "--dest-creds", &login, &layout, &through]);
    let back = format!("dir:{}", user.path("back").display());
    skopeo(&user, &["copy", "--src-creds", &login, &through, &back]);
    // And thv's own way through it.
    assert_eq!(user.thv(&["pull", &proxy.reference("configs/a:v1")]).ok().0.stdout, STDIO);
    assert_eq!(proxy.stop(), "");

    let log = user.path("proxied.jsonl");
    let exchanges = transcript(&log);
    let count = |method: &str, part: &str| {
        let asked = |exchange: &&Value| {
            let request = &exchange["request"];
            request["method"] == method && request["url"].as_str().unwrap().contains(part)
        };
        exchanges.iter().filter(asked).count()
    };
    assert_eq!(count("PUT", "/v2/configs/a/manifests/v1"), 1);
    assert!(count("PATCH", "/v2/configs/a/blobs/uploads/") >= 1);
    assert!(count("GET", "/v2/configs/a/blobs/") >= 1 && count("GET", "/token?") >= 2);
    assert_eq!(count("GET", "/.elsewhere/"), 0, "recorded is what the registry was asked");
    let called = |name: &str| exchanges.iter().filter(|e| e["operation"] == name).count();
    assert_eq!(called("proxy: token"), count("GET", "/token?"));
    assert_eq!(called("proxy: blob upload, chunk"), count("PATCH", ""));
    assert_eq!(called("proxy: manifest, put"), 1);
    let checked = user.thv(&["wire", "check", "proxied.jsonl"]).ok();
    assert!(checked.stdout().contains("no finding"), "{}", checked.stdout());

    let recorded = std::fs::read_to_string(&log).unwrap();
    for secret in tokens.rules.given.lock().unwrap().iter().map(String::as_str).chain([PASSWORD]) {
        assert!(!recorded.contains(secret));
    }
}

fn skopeo(user: &User, arguments: &[&str]) {
    let insecure = ["--src-tls-verify=false", "--dest-tls-verify=false"];
    let mut command = Command::new("skopeo");
    command.arg(arguments[0]).args(insecure).args(&arguments[1..]).env("HOME", user.path(""));
    let ran = command.output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
#[ignore = "needs Debian's chromium; tests/run.sh installs it"]
fn exported_page_shows_every_exchange_and_loads_nothing() {
    let user = User::new();
    let source = exchange("first-push");
    let page = user.thv(&["wire", "export", &source, "--format", "html"]).ok().stdout();
    for forbidden in ["<script", "http-equiv=\"refresh\"", "src=", "@import", "url("] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    let file = user.file("page.html", &page);
    let ran = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg(format!("--user-data-dir={}", user.path("chromium").display()))
        .arg(format!("file://{}", file.display()))
        .env("HOME", user.path(""))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&ran.stdout);
    let exchanges = transcript(Path::new(&source));
    assert_eq!(dom.matches("<details").count(), exchanges.len(), "{dom}");
    for exchange in &exchanges {
        let path = exchange["request"]["url"].as_str().unwrap().splitn(4, '/').nth(3).unwrap();
        assert!(dom.contains(&path.replace('&', "&amp;")), "{path}");
    }
}

/// The client takes the proxy for one origin, so that only the proxy can keep its credential from the
/// hosts that a registry leads to.
#[test]
fn proxy_gives_a_credential_to_the_registry_alone() {
    let registry_url = Arc::new(OnceLock::<String>::new());
    let back = Arc::clone(&registry_url);
    let foreign = StubRegistry::start(move |_| {
        status(307).with("location", format!("{}/v2/victim/chosen", back.get().unwrap()))
    });
    let elsewhere = foreign.url("/blob");
    let registry = StubRegistry::start(move |_| status(307).with("location", &elsewhere));
    registry_url.set(registry.url("")).unwrap();
    let user = User::new();
    let mut command = user.command();
    command
        .args(["wire", "proxy", "--listen", "127.0.0.1:0", "--wire-log", "proxied.jsonl"])
        .args(["--upstream", &registry.url("")]);
    let proxy = Service::start(command);
    let own_url = format!("http://{}", proxy.address);
    let ask = |target: &str| {
        let mut request =
            Request { method: "GET".into(), target: target.into(), ..Request::default() };
        request.headers.insert("authorization", "Basic bWU6RkFLRQ==".parse().unwrap());
        let answer = http::send(proxy.address, request).unwrap();
        answer.header("location").unwrap_or_default().replace(&own_url, "")
    };
    let at_foreign = ask("/v2/a/manifests/v1");
    let at_victim = ask(&at_foreign);
    ask(&at_victim);
    // As the path of a URL, this would be another host.
    ask(&format!("//{}/unnamed", foreign.address));
    assert_eq!(proxy.stop(), "");
    let credential = |server: &StubRegistry, target: &str| {
        let received = server.received();
        let found = received.iter().find(|received| received.target == target).unwrap();
        found.header("authorization").map(str::to_owned)
    };
    assert!(credential(&registry, "/v2/a/manifests/v1").is_some());
    assert_eq!(credential(&foreign, "/blob"), None);
    assert_eq!(credential(&registry, "/v2/victim/chosen"), None);
    assert!(foreign.received().iter().all(|received| received.target == "/blob"));
}
