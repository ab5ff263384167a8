//! A credential is sent to its own origin only, whatever a registry answers.

use std::sync::{Arc, OnceLock};

use crate::support;

use serde_json::json;
use support::pki::{Authority, Pair};
use support::stub_registry::{Request, Response, StubRegistry, status};
use support::{Registry, User, own_address, sha256, transcript};

const STDIO: &[u8] = include_bytes!("../fixtures/runconfigs/stdio.json");
const PASSWORD: &str = "FAKE-password-c0de";

/// A user whose only login is for `server`.
fn user_of(server: &StubRegistry) -> User {
    let user = User::new();
    user.file("config.json", STDIO);
    let entry = json!({ "username": "me", "password": PASSWORD });
    let auths = json!({ "auths": { server.address.to_string(): entry } });
    user.file(".docker/config.json", auths.to_string());
    user
}

/// A registry that wants a login by Basic, and then answers as `answer` says.
fn basic(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> StubRegistry {
    StubRegistry::start(move |received| match received.header("authorization") {
        None => status(401).with("www-authenticate", "Basic realm=\"x\""),
        Some(_) => answer(received),
    })
}

/// A manifest whose layer has to be fetched.
fn manifest() -> String {
    json!({
        "schemaVersion": 2, "artifactType": "application/vnd.toolhive.runconfig",
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json", "digest": sha256(b"{}"), "size": 2,
        },
        "layers": [{
            "mediaType": "application/vnd.toolhive.runconfig.v1+json", "digest": sha256(STDIO),
            "size": STDIO.len(),
        }],
    })
    .to_string()
}

fn none_has_a_credential(server: &StubRegistry) -> bool {
    server.received().iter().all(|received| received.header("authorization").is_none())
}

/// Obligation 61, 62.
#[test]
fn blob_redirect_to_another_port_gets_no_credential() {
    let storage = StubRegistry::start(|_| status(200).body(STDIO));
    let elsewhere = storage.url("/blob?X-Amz-Signature=FAKE-signature");
    let registry = basic(move |received| {
        if received.target.contains("/blobs/") {
            return status(307).with("location", &elsewhere);
        }
        status(200).body(manifest())
    });
    let user = user_of(&registry);
    let log = user.path("wire.jsonl");
    let pull = ["pull", &registry.reference("a:v1"), "--wire-log", log.to_str().unwrap()];
    assert_eq!(user.thv(&pull).ok().0.stdout, STDIO);
    assert_eq!(storage.received().len(), 1);
    assert!(none_has_a_credential(&storage));
    assert_eq!(storage.received()[0].header("referer"), None);
    // Each hop is a separate exchange, and the transcript does not contain the signature.
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(!text.contains("FAKE-signature") && !text.contains(PASSWORD), "{text}");
    let statuses: Vec<_> =
        transcript(&log).iter().map(|e| e["response"]["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [401, 200, 307, 200]);
}

#[test]
fn upload_location_at_another_port_gets_no_credential() {
    let storage = StubRegistry::start(|_| status(201));
    let elsewhere = storage.url("/upload");
    let registry = basic(move |received| match received.method.as_str() {
        "POST" => status(202).with("location", &elsewhere),
        "PUT" => status(201),
        _ => status(404),
    });
    let user = user_of(&registry);
    user.thv(&["push", "config.json", &registry.reference("a:v1")]).ok();
    assert_eq!(storage.received().len(), 2);
    assert!(none_has_a_credential(&storage));
}

#[test]
fn challenge_of_a_redirect_target_is_refused() {
    let tokens = StubRegistry::start(|_| status(200).body(json!({ "token": "x" }).to_string()));
    let realm = tokens.url("/token");
    let storage = StubRegistry::start(move |_| {
        status(401).with("www-authenticate", format!("Bearer realm=\"{realm}\""))
    });
    let elsewhere = storage.url("/blob");
    let registry = basic(move |received| {
        if received.target.contains("/blobs/") {
            return status(307).with("location", &elsewhere);
        }
        status(200).body(manifest())
    });
    user_of(&registry)
        .thv(&["pull", &registry.reference("a:v1")])
        .fails(4, "no credential is sent there");
    assert!(none_has_a_credential(&storage));
    assert_eq!(tokens.received().len(), 0);
}

/// A registry as [`basic`] makes it, with a host that it leads to. The host gets the registry's address, and
/// leads back to the registry.
fn basic_and_foreign(
    answer: impl Fn(&Request, &str) -> Response + Send + Sync + 'static,
    foreign: impl Fn(&Request, &str) -> Response + Send + Sync + 'static,
) -> (StubRegistry, StubRegistry) {
    let back = Arc::new(OnceLock::<String>::new());
    let registry_url = Arc::clone(&back);
    let other = StubRegistry::start(move |received| foreign(received, back.get().unwrap()));
    let elsewhere = other.url("");
    let registry = basic(move |received| answer(received, &elsewhere));
    registry_url.set(registry.url("")).unwrap();
    (registry, other)
}

/// Returns the methods of the requests at `target`. None may have a credential.
fn methods_without_login(server: &StubRegistry, target: &str) -> Vec<String> {
    let mut methods = Vec::new();
    for received in server.received() {
        if received.target.starts_with(target) {
            assert_eq!(received.header("authorization"), None, "{}", received.method);
            methods.push(received.method.clone());
        }
    }
    methods
}

#[test]
fn foreign_upload_host_leads_to_no_request_with_a_login() {
    let (registry, other) = basic_and_foreign(
        |received, other| match received.method.as_str() {
            "POST" => status(202).with("location", format!("{other}/upload")),
            _ => status(404),
        },
        |received, registry| match received.method.as_str() {
            // The client asks how much has arrived, and is told where the upload goes on.
            "PUT" => status(503),
            _ => status(204)
                .with("location", format!("{registry}/v2/victim/chosen"))
                .with("range", "0-0"),
        },
    );
    let user = user_of(&registry);
    user.thv(&["push", "config.json", &registry.reference("a:v1")])
        .fails(4, "no credential is sent there");
    assert!(none_has_a_credential(&other));
    let mut methods = methods_without_login(&registry, "/v2/victim");
    methods.sort_unstable();
    methods.dedup();
    assert_eq!(methods, ["DELETE", "PUT"]);
}

#[test]
fn foreign_host_redirects_to_no_request_with_a_login() {
    for (method, step) in [("GET", "/manifests/"), ("GET", "/blobs/"), ("PUT", "/v2/a/upload")] {
        let (registry, other) = basic_and_foreign(
            move |received, other| match received.method.as_str() {
                _ if received.target.contains(step) => {
                    status(307).with("location", format!("{other}/x"))
                }
                "POST" => status(202).with("location", "/v2/a/upload"),
                "GET" if received.target.contains("/manifests/") => status(200).body(manifest()),
                _ => status(404),
            },
            |_, registry| status(307).with("location", format!("{registry}/v2/victim/chosen")),
        );
        let user = user_of(&registry);
        let reference = registry.reference("a:v1");
        let arguments = match method {
            "GET" => ["pull", &reference, "-o", "pulled.json"].to_vec(),
            _ => ["push", "config.json", &reference].to_vec(),
        };
        user.thv(&arguments).fails(4, "no credential is sent there");
        assert!(none_has_a_credential(&other));
        let mut methods = methods_without_login(&registry, "/v2/victim");
        methods.dedup();
        assert!(methods.starts_with(&[method.to_owned()]), "{step}: {methods:?}");
    }
}

#[test]
fn page_of_a_foreign_host_leads_to_no_request_with_a_login() {
    for link in ["/v2/victim/chosen", "{registry}/v2/victim/chosen"] {
        let (registry, other) = basic_and_foreign(
            |_, other| status(307).with("location", format!("{other}/tags")),
            move |received, registry| {
                let link = link.replace("{registry}", registry);
                let page = status(200).body(json!({ "name": "a", "tags": ["x"] }).to_string());
                match received.target.as_str() {
                    "/tags" => page.with("link", format!("<{link}>; rel=\"next\"")),
                    _ => page,
                }
            },
        );
        let listed = user_of(&registry).thv(&["tags", &registry.reference("a")]);
        if link.starts_with('/') {
            listed.ok();
            assert_eq!(methods_without_login(&other, "/v2/victim"), ["GET"]);
        } else {
            listed.fails(11, "at another host");
        }
        assert!(none_has_a_credential(&other));
        assert_eq!(methods_without_login(&registry, "/v2/victim").len(), 0, "{link}");
    }
}

#[test]
fn login_is_sent_to_its_own_registry_only() {
    let mine = basic(|_| status(404));
    let other = basic(|_| status(404));
    let user = user_of(&mine);
    user.thv(&["pull", &other.reference("a:v1")]).fails(4, "wants a login");
    assert!(none_has_a_credential(&other));
    user.thv(&["pull", &mine.reference("a:v1")]).fails(3, "not found");
}

#[test]
fn token_server_on_plain_http_gets_no_password() {
    // 192.0.2.0/24 is reserved for examples (RFC 5737); no request may reach it.
    let registry = StubRegistry::start(|_| {
        let challenge = "Bearer realm=\"http://192.0.2.1/token\"".to_owned();
        status(401).with("www-authenticate", challenge)
    });
    let user = user_of(&registry);
    let log = user.path("wire.jsonl");
    let pull = ["pull", &registry.reference("a:v1"), "--wire-log", log.to_str().unwrap()];
    user.thv(&pull).fails(4, "is not https");
    assert_eq!(transcript(&log).len(), 1);
}

#[test]
#[ignore = "needs Debian's docker-registry and openssl; tests/run.sh installs them"]
fn tls_registry_may_not_name_a_plain_http_token_server() {
    let tokens = StubRegistry::start(|_| status(200).body(json!({ "token": "x" }).to_string()));
    let user = User::new();
    let authority = Authority::new(&user.path("pki"));
    let address = own_address();
    let Pair { cert, key } = authority.issue("server", &format!("IP:{}", address.ip()), 30);
    let http = format!("  tls:\n    certificate: {}\n    key: {}\n", cert.display(), key.display());
    let auth = format!(
        "auth:\n  token:\n    realm: {}\n    service: s\n    issuer: i\n    rootcertbundle: {}\n",
        tokens.url("/token"),
        cert.display()
    );
    let registry = Registry::docker_with(address, &http, &auth);
    let ca = authority.pair.cert.to_str().unwrap();
    user.thv(&["pull", &registry.reference("a:v1"), "--ca-file", ca]).fails(4, "is not https");
    assert_eq!(tokens.received().len(), 0);
}

#[test]
fn redirects_have_a_limit() {
    let registry = StubRegistry::start(|received| status(307).with("location", &received.target));
    let user = User::new();
    user.thv(&["pull", &registry.reference("a:v1")]).fails(6, "too many redirects");
    assert_eq!(registry.received().len(), 11);

    for location in ["file:///etc/passwd", "ftp://a.example/", "http://"] {
        let registry = StubRegistry::start(move |_| status(302).with("location", location));
        user.thv(&["pull", &registry.reference("a:v1")]).fails(6, "has no usable Location");
    }
}

#[test]
fn redirect_does_not_change_the_method_of_an_upload() {
    let registry = StubRegistry::start(|received| match received.method.as_str() {
        "POST" => status(302).with("location", "/elsewhere"),
        _ => status(404),
    });
    let user = User::new();
    user.file("config.json", STDIO);
    user.thv(&["push", "config.json", &registry.reference("a:v1")])
        .fails(6, "would change the method of the request");
    assert!(registry.received().iter().all(|received| received.target != "/elsewhere"));
}

#[test]
fn proxy_credential_is_recorded_and_redacted() {
    let proxy = StubRegistry::start(|_| status(403));
    let user = User::new();
    let address = proxy.url("").replace("http://", "http://me:FAKE-proxy-77aa@");
    let log = user.path("proxied.jsonl");
    let arguments = ["pull", "registry.example.com/a:v1", "--plain-http", "--wire-log"];
    let arguments = [&arguments[..], &[log.to_str().unwrap()]].concat();
    let variables = [("HTTP_PROXY", &*address), ("http_proxy", &*address)];
    user.thv_with_input_and(&arguments, b"", &variables).fails(5, "403");
    let sent = proxy.received().remove(0);
    let sent = sent.header("proxy-authorization").unwrap().to_owned();
    assert!(sent.starts_with("Basic "), "{sent}");
    let recorded = support::transcript(&log);
    let headers = recorded[0]["request"]["headers"].as_array().unwrap();
    let shown = headers.iter().find(|header| header[0] == "proxy-authorization").unwrap();
    let expected = format!("Basic <redacted len={} id=", sent.len() - "Basic ".len());
    assert!(shown[1].as_str().unwrap().starts_with(&expected), "{shown}");
}

#[test]
fn proxy_is_used_except_for_loopback() {
    let proxy = StubRegistry::start(|_| status(404));
    let registry = StubRegistry::start(|_| status(404));
    let user = User::new();
    let address = proxy.url("");
    let variables = [("HTTP_PROXY", &*address), ("http_proxy", &*address)];
    let pull = |reference: &str, more: &[(&str, &str)]| {
        let arguments = ["pull", reference, "--plain-http"];
        user.thv_with_input_and(&arguments, b"", &[&variables[..], more].concat())
    };
    pull("registry.example.com/a:v1", &[]).fails(3, "not found");
    let targets: Vec<_> = proxy.received().into_iter().map(|received| received.target).collect();
    assert_eq!(targets[0], "http://registry.example.com/v2/a/manifests/v1");

    pull(&registry.reference("a:v1"), &[]).fails(3, "not found");
    pull("registry.invalid/a:v1", &[("NO_PROXY", "registry.invalid")]).fails(6, "not be resolved");
    assert_eq!((registry.received().len(), proxy.received().len()), (1, 1));
}

/// A proxy for plain http that answers for every host: with `realm` as token server, with a token, and
/// with 404 for a request that carries the token.
fn proxy_with_realm(realm: &'static str) -> StubRegistry {
    StubRegistry::start(move |received| {
        if received.target.contains("/token") {
            status(200).body(json!({ "token": "FAKE-token-11fe" }).to_string())
        } else if received.header("authorization").is_some() {
            status(404)
        } else {
            status(401).with("www-authenticate", format!("Bearer realm=\"{realm}\""))
        }
    })
}

fn pull_through(proxy: &StubRegistry, reference: &str) -> support::Ran {
    // The proxy's own name leads to an internal address, as in many companies.
    let address = format!("http://localhost:{}", proxy.address.port());
    let variables = [("HTTP_PROXY", &*address), ("http_proxy", &*address)];
    User::new().thv_with_input_and(&["pull", reference, "--plain-http"], b"", &variables)
}

#[test]
fn registry_behind_a_proxy_may_not_name_an_internal_token_server() {
    for realm in ["http://10.0.0.1/token", "http://169.254.169.254/token", "http://[fd00::1]/token"]
    {
        let proxy = proxy_with_realm(realm);
        pull_through(&proxy, "registry.example/a:v1").fails(4, "internal address");
        let targets: Vec<_> = proxy.received().into_iter().map(|sent| sent.target).collect();
        assert_eq!(targets, ["http://registry.example/v2/a/manifests/v1"], "{realm}");
    }
}

#[test]
fn registry_behind_a_proxy_may_name_a_public_token_server() {
    let proxy = proxy_with_realm("http://auth.example/token");
    pull_through(&proxy, "registry.example/a:v1").fails(3, "not found");
    let targets: Vec<_> = proxy.received().into_iter().map(|sent| sent.target).collect();
    assert!(targets[1].starts_with("http://auth.example/token?"), "{targets:?}");
    assert_eq!(targets.len(), 3);
}

#[test]
fn internal_registry_behind_a_proxy_may_name_an_internal_token_server() {
    let proxy = proxy_with_realm("http://10.0.0.1/token");
    pull_through(&proxy, "10.0.0.2:5000/a:v1").fails(3, "not found");
    assert!(proxy.received()[1].target.starts_with("http://10.0.0.1/token?"));
}

/// Addresses that no public registry may lead to.
const INTERNAL: &[&str] = &[
    "127.0.0.1:1",
    "localhost:1",
    "a.localhost:1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "192.0.0.8",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0:1",
    "0x7f.1:1",
    "2130706433:1",
    "[::1]:1",
    "[::]:1",
    "[fe80::1]",
    "[fec0::1]",
    "[fd00::1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:0:10.0.0.1]",
    "[64:ff9b::a00:1]",
    "[2002:a00:1::]",
];

/// A user of the registry `registry.example` or `10.0.0.2`, which is behind a proxy for plain http. It
/// leads to `location` where a request's method and URL are `step`.
fn led_through_a_proxy(
    arguments: &[&str],
    step: (&'static str, &'static str),
    location: &str,
) -> (support::Ran, Vec<String>) {
    let location = location.to_owned();
    let proxy = StubRegistry::start(move |received| {
        let (method, target) = (received.method.as_str(), received.target.as_str());
        let leads = method == step.0 && target.contains(step.1);
        match method {
            "POST" if leads => status(202).with("location", &location),
            "GET" if leads && step.1 == "tags" => status(200)
                .with("link", format!("<{location}>; rel=\"next\""))
                .body(json!({ "name": "a", "tags": [] }).to_string()),
            _ if leads => status(307).with("location", &location),
            "POST" => status(202).with("location", "/v2/a/upload"),
            "PUT" => status(201),
            "GET" if target.contains("/manifests/") => status(200).body(manifest()),
            _ => status(404),
        }
    });
    let user = User::new();
    user.file("config.json", STDIO);
    // The proxy's own name leads to an internal address, as in many companies.
    let address = format!("http://localhost:{}", proxy.address.port());
    let variables = [("HTTP_PROXY", &*address), ("http_proxy", &*address)];
    let ran = user.thv_with_input_and(&[arguments, &["--plain-http"]].concat(), b"", &variables);
    (ran, proxy.received().into_iter().map(|sent| sent.target).collect())
}

#[test]
fn public_registry_may_not_lead_to_an_internal_address() {
    let of_registry = |targets: &[String]| {
        targets.iter().all(|target| target.starts_with("http://registry.example/"))
    };
    let pull = ["pull", "registry.example/a:v1", "-o", "pulled.json"];
    for host in INTERNAL {
        let location = format!("http://{host}/x");
        let (ran, targets) = led_through_a_proxy(&pull, ("GET", "/manifests/"), &location);
        ran.fails(6, "internal address");
        assert!(of_registry(&targets) && targets.len() == 1, "{host}: {targets:?}");
    }
    let push = ["push", "config.json", "registry.example/a:v1"];
    for (arguments, step) in [
        (&pull[..], ("GET", "/blobs/")),
        (&push[..], ("HEAD", "/blobs/")),
        (&push[..], ("POST", "/blobs/uploads/")),
        (&push[..], ("PUT", "/upload")),
        (&push[..], ("PUT", "/manifests/")),
    ] {
        let (ran, targets) = led_through_a_proxy(arguments, step, "http://10.0.0.1/x");
        assert!(of_registry(&targets), "{step:?} {targets:?}");
        ran.fails(6, "internal address");
    }
    let tags = ["tags", "registry.example/a"];
    let (ran, targets) = led_through_a_proxy(&tags, ("GET", "tags"), "http://10.0.0.1/x");
    assert!(of_registry(&targets), "{targets:?}");
    ran.fails(11, "at another host");
}

#[test]
fn internal_registry_may_lead_to_an_internal_address() {
    for (arguments, step) in [
        (["pull", "10.0.0.2:5000/a:v1", "-o", "pulled.json"], ("GET", "/blobs/")),
        (["push", "config.json", "10.0.0.2:5000/a:v1", "--quiet"], ("POST", "/blobs/uploads/")),
    ] {
        let (_, targets) = led_through_a_proxy(&arguments, step, "http://10.0.0.1/x");
        assert!(
            targets.iter().any(|target| target.starts_with("http://10.0.0.1/x")),
            "{targets:?}"
        );
    }
}
