//! Logins, and TLS, against Debian's `docker-registry` and what `skopeo` stores.

use crate::support;

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use support::pki::{Authority, Pair};
use support::{Ran, Registry, User, own_address, transcript};

const STDIO: &[u8] = include_bytes!("../fixtures/runconfigs/stdio.json");
const PASSWORD: &str = "FAKE-password-7f3a";

/// A registry that knows one user, `me`.
fn with_password(files: &Path) -> Registry {
    with_password_at(own_address(), files, "")
}

fn with_password_at(address: std::net::SocketAddr, files: &Path, http: &str) -> Registry {
    let htpasswd = files.join("htpasswd");
    let made = Command::new("htpasswd").args(["-nbB", "me", PASSWORD]).output().unwrap();
    std::fs::write(&htpasswd, made.stdout).unwrap();
    let auth = format!("auth:\n  htpasswd: {{realm: test, path: {}}}\n", htpasswd.display());
    Registry::docker_with(address, http, &auth)
}

fn log_in(user: &User, registry: &str, password: &str, more: &[&str]) -> Ran {
    let login = ["login", registry, "--username", "me", "--password-stdin"];
    user.thv_with_input(&[&login[..], more].concat(), format!("{password}\n").as_bytes())
}

fn config_of(user: &User) -> Value {
    serde_json::from_slice(&std::fs::read(user.path(".docker/config.json")).unwrap()).unwrap()
}

#[test]
#[ignore = "needs Debian's docker-registry and apache2-utils; tests/run.sh installs them"]
fn login_is_checked_stored_used_and_removed() {
    let user = User::new();
    let registry = with_password(&user.path(""));
    let name = registry.address.to_string();
    let reference = registry.reference("configs/a:v1");
    user.file("config.json", STDIO);
    let elsewhere =
        json!({ "auths": { "other.example": { "auth": "b3RoZXI6RkFLRQ==" } }, "x": [1] });
    user.file(".docker/config.json", elsewhere.to_string());

    user.thv(&["push", "config.json", &reference])
        .fails(4, &format!("hint: log in with `thv login {name}`"));
    log_in(&user, &name, "wrong", &[]).fails(4, "did not accept the login");
    assert_eq!(config_of(&user), elsewhere, "nothing is stored that was not accepted");

    let said = log_in(&user, &name, PASSWORD, &["--json"]).ok();
    assert_eq!(said.json()["stored"], user.path(".docker/config.json").display().to_string());
    let stored = config_of(&user);
    assert_eq!(stored["auths"]["other.example"], elsewhere["auths"]["other.example"]);
    assert_eq!(stored["x"], elsewhere["x"]);
    assert!(stored["auths"][&name]["auth"].is_string());

    let log = user.path("wire.jsonl");
    let wire = ["--wire-log", log.to_str().unwrap()];
    user.thv(&[&["push", "config.json", &reference][..], &wire].concat()).ok();
    assert_eq!(user.thv(&[&["pull", &reference][..], &wire].concat()).ok().0.stdout, STDIO);
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(text.contains("Basic <redacted len="), "{text}");
    let encoded = stored["auths"][&name]["auth"].as_str().unwrap();
    assert!(!text.contains(PASSWORD) && !text.contains(encoded));

    assert_eq!(user.thv(&["logout", &name, "--json"]).ok().json()["status"], "removed");
    assert_eq!(config_of(&user), elsewhere);
    assert_eq!(user.thv(&["logout", &name, "--json"]).ok().json()["status"], "absent");
    user.thv(&["pull", &reference]).fails(4, "wants a login");
}

#[test]
#[ignore = "needs Debian's docker-registry and apache2-utils; tests/run.sh installs them"]
fn password_as_an_argument_gets_a_warning() {
    let user = User::new();
    let registry = with_password(&user.path(""));
    let name = registry.address.to_string();
    let login = ["login", &name, "--username", "me"];
    let warned = user.thv(&[&login[..], &["--password", PASSWORD]].concat()).ok();
    assert!(warned.stderr().contains("others can see --password"), "{}", warned.stderr());
    assert!(!warned.stderr().contains(PASSWORD) && !warned.stdout().contains(PASSWORD));
    user.thv(&login).fails(2, "--password-stdin");
    user.thv_with_input(&[&login[..], &["--password-stdin"]].concat(), b"\n").fails(2, "empty");

    let open = Registry::docker();
    let unchecked = log_in(&user, &open.address.to_string(), PASSWORD, &[]).ok();
    assert!(unchecked.stderr().contains("was not checked"), "{}", unchecked.stderr());
}

#[cfg(unix)]
#[test]
#[ignore = "needs Debian's docker-registry and apache2-utils; tests/run.sh installs them"]
fn stored_login_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let user = User::new();
    let registry = with_password(&user.path(""));
    log_in(&user, &registry.address.to_string(), PASSWORD, &[]).ok();
    let mode = std::fs::metadata(user.path(".docker/config.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
#[ignore = "needs Debian's docker-registry and apache2-utils; tests/run.sh installs them"]
fn login_of_the_command_line_precedes_a_stored_one() {
    let user = User::new();
    let registry = with_password(&user.path(""));
    let name = registry.address.to_string();
    let wrong = json!({ "auths": { name: { "username": "me", "password": "wrong" } } });
    user.file(".docker/config.json", wrong.to_string());
    user.file("config.json", STDIO);
    let reference = registry.reference("configs/a:v1");
    let push = ["push", "config.json", &reference];
    user.thv(&push).fails(4, "did not accept the login");
    let with_password = [&push[..], &["--username", "me", "--password-stdin"]].concat();
    user.thv_with_input(&with_password, PASSWORD.as_bytes()).ok();
    user.thv(&[&push[..], &["--username", "me"]].concat()).fails(2, "--password-stdin");
    let both = ["push", "-", &reference, "--username", "me", "--password-stdin"];
    user.thv_with_input(&both, PASSWORD.as_bytes()).fails(2, "cannot hold both");
}

#[test]
#[ignore = "needs Debian's docker-registry, apache2-utils and skopeo; tests/run.sh installs them"]
fn logins_are_shared_with_skopeo() {
    let user = User::new();
    let registry = with_password(&user.path(""));
    let name = registry.address.to_string();
    user.file("config.json", STDIO);
    let auth = user.path("run/containers/auth.json");
    std::fs::create_dir_all(auth.parent().unwrap()).unwrap();
    let skopeo = |arguments: &[&str]| {
        let ran = Command::new("skopeo").args(arguments).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    };
    let login = ["login", "--tls-verify=false", "-u", "me", "-p", PASSWORD, "--authfile"];
    skopeo(&[&login[..], &[auth.to_str().unwrap(), &name]].concat());
    let reference = registry.reference("configs/a:v1");
    let push = |variable: &str, value: &Path| {
        let mut command = user.command();
        command.args(["push", "config.json", &reference]).env(variable, value);
        Ran(command.output().unwrap()).ok();
    };
    push("REGISTRY_AUTH_FILE", &auth);
    push("XDG_RUNTIME_DIR", &user.path("run"));

    log_in(&user, &name, PASSWORD, &["--registry-config", "own.json"]).ok();
    let own = user.path("own.json");
    let image = format!("docker://{reference}");
    skopeo(&[
        "inspect",
        "--raw",
        "--tls-verify=false",
        "--authfile",
        own.to_str().unwrap(),
        &image,
    ]);
    assert!(!user.path(".docker").exists());
}

#[test]
#[ignore = "needs Debian's docker-registry and apache2-utils; tests/run.sh installs them"]
fn credential_helper_stores_and_returns_the_login() {
    let user = User::new();
    let registry = with_password(&user.path(""));
    let name = registry.address.to_string();
    user.file("config.json", STDIO);
    let reference = registry.reference("configs/a:v1");
    user.file(".docker/config.json", json!({ "credsStore": "fake" }).to_string());
    let helper = |script: &str| {
        user.program("bin/docker-credential-fake", &format!("#!/bin/sh\n{script}\n"));
    };
    let thv = |arguments: &[&str], input: &[u8]| {
        let path = format!("{}:{}", user.path("bin").display(), std::env::var("PATH").unwrap());
        user.thv_with_input_and(arguments, input, &[("PATH", &path)])
    };
    helper("cat > ../store-$1; cat \"$0.answer\" 2>/dev/null; exit 0");
    user.file("bin/docker-credential-fake.answer", "");
    helper(&format!("cat > {}/said-$1", user.path("").display()));
    let login = ["login", &name, "--username", "me", "--password-stdin", "--json"];
    let said = thv(&login, PASSWORD.as_bytes()).ok();
    assert_eq!(said.json()["stored"], "docker-credential-fake");
    let given: Value =
        serde_json::from_slice(&std::fs::read(user.path("said-store")).unwrap()).unwrap();
    assert_eq!(given, json!({ "ServerURL": name, "Username": "me", "Secret": PASSWORD }));
    assert_eq!(config_of(&user), json!({ "credsStore": "fake" }));

    let answer = json!({ "ServerURL": name, "Username": "me", "Secret": PASSWORD });
    helper(&format!("[ \"$(cat)\" = {name} ] && echo '{answer}'"));
    thv(&["push", "config.json", &reference], b"").ok();
    // Only the protocol's own message means that there is no login.
    helper("echo 'credentials not found in native keychain'; exit 1");
    thv(&["pull", &reference], b"").fails(4, "wants a login");
    helper("echo 'the keyring is locked' >&2; exit 1");
    thv(&["pull", &reference], b"")
        .fails(4, "docker-credential-fake failed: the keyring is locked");
    helper("echo '{\"Username\":1}'");
    thv(&["pull", &reference], b"").fails(4, "cannot be parsed");
    std::fs::remove_file(user.path("bin/docker-credential-fake")).unwrap();
    thv(&["pull", &reference], b"").fails(4, "docker-credential-fake cannot be run");
}

#[test]
#[ignore = "needs Debian's docker-registry and apache2-utils; tests/run.sh installs them"]
fn broken_entry_concerns_only_its_registry() {
    let user = User::new();
    let registry = with_password(&user.path(""));
    let name = registry.address.to_string();
    user.file("config.json", STDIO);
    let reference = registry.reference("configs/a:v1");
    let push = ["push", "config.json", &reference];
    let mine = json!({ "username": "me", "password": PASSWORD });
    let other = json!({ "auths": { "other.example": { "auth": "FAKE-!!" }, &name: mine } });
    user.file(".docker/config.json", other.to_string());
    user.thv(&push).ok();
    let broken = json!({ "auths": { &name: { "auth": "FAKE-!!" } } });
    user.file(".docker/config.json", broken.to_string());
    let failed = user.thv(&push).fails(4, &format!("the entry \"{name}\" cannot be read"));
    assert!(!failed.stderr().contains("FAKE-!!"));
    user.file(".docker/config.json", "{\n  \"auths\": \n}");
    user.thv(&push).fails(4, ".docker/config.json: line 3: not one JSON object");
}

#[test]
#[ignore = "needs Debian's docker-registry and openssl; tests/run.sh installs them"]
fn private_authority_is_trusted_where_it_is_configured() {
    let user = User::new();
    user.file("config.json", STDIO);
    let authority = Authority::new(&user.path("pki"));
    let (address, registry) = secure(&user, &authority, 30, None, "");
    let reference = registry.reference("configs/a:v1");
    let push = ["push", "config.json", &reference];
    let ca = authority.pair.cert.to_str().unwrap();
    user.thv(&[&push[..], &["--ca-file", ca]].concat()).ok();

    let other = Authority::new(&user.path("other"));
    let wrong = other.pair.cert.to_str().unwrap();
    user.thv(&[&push[..], &["--ca-file", wrong]].concat()).fails(7, "unknown authority");
    user.thv(&[&push[..], &["--ca-file", "config.json"]].concat()).fails(19, "no certificate");
    // Loopback gets plain http unless an option names TLS.
    user.thv(&push).fails(11, "HTTP request to an HTTPS server").fails(11, "--ca-file");
    let skipped = user.thv(&[&push[..], &["--insecure-skip-tls-verify"]].concat()).ok();
    assert!(skipped.stderr().contains("warning: certificates are not checked"));

    let certs = format!(".config/containers/certs.d/{address}/ca.crt");
    user.file(&certs, std::fs::read(ca).unwrap());
    let log = user.path("wire.jsonl");
    user.thv(&[&push[..], &["--wire-log", log.to_str().unwrap()]].concat()).ok();
    let fingerprint = &transcript(&log)[0]["peer"]["cert_sha256"];
    assert_eq!(fingerprint.as_str().unwrap().len(), 64);
}

/// A registry over https, perhaps with a login and an authority for client certificates.
fn secure(
    user: &User,
    authority: &Authority,
    days: i32,
    names: Option<&str>,
    more: &str,
) -> (std::net::SocketAddr, Registry) {
    let address = own_address();
    let own = format!("IP:{}", address.ip());
    let Pair { cert, key } = authority.issue("server", names.unwrap_or(&own), days);
    let http =
        format!("  tls:\n    certificate: {}\n    key: {}\n{more}", cert.display(), key.display());
    let _ = user;
    (address, Registry::docker_with(address, &http, ""))
}

#[test]
#[ignore = "needs Debian's docker-registry and openssl; tests/run.sh installs them"]
fn certificate_errors_name_their_cause() {
    let user = User::new();
    let authority = Authority::new(&user.path("pki"));
    let ca = authority.pair.cert.to_str().unwrap();
    for (days, names, message) in [
        (30, Some("DNS:other.example"), "the certificate is for another name"),
        (-1, None, "the certificate has expired"),
    ] {
        let (_, registry) = secure(&user, &authority, days, names, "");
        user.thv(&["pull", &registry.reference("a:v1"), "--ca-file", ca]).fails(7, message);
    }
    let plain = Registry::docker();
    user.thv(&["pull", &plain.reference("a:v1"), "--ca-file", ca])
        .fails(7, "perhaps this port speaks plain http");
}

#[test]
#[ignore = "needs Debian's docker-registry and openssl; tests/run.sh installs them"]
fn client_certificate_is_sent_to_the_registry() {
    let user = User::new();
    user.file("config.json", STDIO);
    let authority = Authority::new(&user.path("pki"));
    let ca = authority.pair.cert.to_str().unwrap();
    let clients = format!("    clientcas:\n      - {ca}\n");
    let (address, registry) = secure(&user, &authority, 30, None, &clients);
    let client = authority.issue("client", "DNS:client.example", 30);
    let reference = registry.reference("configs/a:v1");
    let push = ["push", "config.json", &reference, "--ca-file", ca];
    user.thv(&push).fails(7, "client certificate");
    let (cert, key) = (client.cert.to_str().unwrap(), client.key.to_str().unwrap());
    user.thv(&[&push[..], &["--cert", cert, "--key", key]].concat()).ok();
    user.thv(&[&push[..], &["--cert", cert]].concat()).fails(2, "--key");
    let system = ["push", "config.json", &reference, "--cert", cert, "--key", key];
    user.thv(&system).fails(7, "unknown authority");
    user.thv_with_input_and(&system, b"", &[("SSL_CERT_FILE", ca)]).ok();

    let dir = format!(".config/containers/certs.d/{address}");
    for (file, source) in [("ca.crt", ca), ("client.cert", cert), ("client.key", key)] {
        user.file(&format!("{dir}/{file}"), std::fs::read(source).unwrap());
    }
    assert_eq!(user.thv(&["pull", &reference]).ok().0.stdout, STDIO);
}

#[test]
#[ignore = "needs Debian's docker-registry and apache2-utils; tests/run.sh installs them"]
fn login_works_over_tls() {
    let user = User::new();
    user.file("config.json", STDIO);
    let authority = Authority::new(&user.path("pki"));
    let address = own_address();
    let Pair { cert, key } = authority.issue("server", &format!("IP:{}", address.ip()), 30);
    let http = format!("  tls:\n    certificate: {}\n    key: {}\n", cert.display(), key.display());
    let registry = with_password_at(address, &user.path(""), &http);
    let ca = ["--ca-file", authority.pair.cert.to_str().unwrap()];
    log_in(&user, &address.to_string(), PASSWORD, &ca).ok();
    let reference = registry.reference("configs/a:v1");
    user.thv(&[&["push", "config.json", &reference][..], &ca].concat()).ok();
    assert_eq!(user.thv(&[&["pull", &reference][..], &ca].concat()).ok().0.stdout, STDIO);
}
