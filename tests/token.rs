//! Bearer tokens: Debian's `docker-registry` with a token server that signs real ones.

use crate::support;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use serde_json::json;
use support::recorded::{EPOCH, assert_recorded};
use support::stub_registry::{Request, Response, StubRegistry, status};
use support::token_server::{PASSWORD, REFRESH_TOKEN, Rules, TokenServer, USER};
use support::{Registry, User, own_address};

const STDIO: &[u8] = include_bytes!("../fixtures/runconfigs/stdio.json");

struct World {
    user: User,
    tokens: TokenServer,
    registry: Registry,
}

impl World {
    fn new(rules: Rules) -> Self {
        let user = User::new();
        user.file("config.json", STDIO);
        let tokens = TokenServer::start(&user.path(""), rules);
        let registry = Registry::docker_with(own_address(), "", &tokens.auth());
        Self { user, tokens, registry }
    }

    fn log_in(&self, entry: &serde_json::Value) {
        let auths = json!({ "auths": { self.registry.address.to_string(): entry } });
        self.user.file(".docker/config.json", auths.to_string());
    }

    fn log_in_with_password(&self) {
        self.log_in(&json!({ "username": USER, "password": PASSWORD }));
    }

    fn reference(&self) -> String {
        self.registry.reference("configs/a:v1")
    }

    fn push(&self) -> support::Ran {
        let push = ["push", "config.json", &self.reference(), "--wire-log", "wire.jsonl"];
        self.user.thv_with_input_and(&push, b"", &[("SOURCE_DATE_EPOCH", EPOCH)])
    }
}

#[test]
#[ignore = "needs Debian's docker-registry and openssl; tests/run.sh installs them"]
fn push_with_a_password_requests_one_token_and_no_secret_is_recorded() {
    let world = World::new(Rules::default());
    world.log_in_with_password();
    world.push().ok();
    let asked = world.tokens.server.received();
    assert_eq!(asked.len(), 1, "requests under way at the same time share one token");
    assert_eq!(asked[0].method, "GET");
    assert_eq!(asked[0].parameters("scope"), ["repository:configs/a:pull,push"]);
    assert_eq!(asked[0].parameters("account"), [USER]);

    let recorded = std::fs::read_to_string(world.user.path("wire.jsonl")).unwrap();
    let secrets = world.tokens.rules.given.lock().unwrap().clone();
    for secret in secrets.iter().map(String::as_str).chain([PASSWORD]) {
        assert!(!recorded.contains(secret));
    }
    assert!(recorded.contains("Bearer <redacted len="));

    let reference = world.reference();
    world.user.thv(&["pull", &reference, "--wire-log", "pull.jsonl"]).ok();
    assert_recorded("pull-with-token", &world.user.path("pull.jsonl"));
}

#[test]
#[ignore = "needs Debian's docker-registry and openssl; tests/run.sh installs them"]
fn anonymous_pull_gets_a_token_without_a_login() {
    let world = World::new(Rules::default());
    world.log_in_with_password();
    world.push().ok();
    let stranger = User::new();
    assert_eq!(stranger.thv(&["pull", &world.reference()]).ok().0.stdout, STDIO);
    let asked = world.tokens.server.received().pop().unwrap();
    assert_eq!(asked.header("authorization"), None);
    assert_eq!(asked.parameters("scope"), ["repository:configs/a:pull"]);
    // An anonymous token does not allow a push; a second refusal is final.
    stranger.file("config.json", STDIO);
    let other = world.registry.reference("configs/b:v1");
    stranger.thv(&["push", "config.json", &other]).fails(4, "wants a login");
}

#[test]
#[ignore = "needs Debian's docker-registry and openssl; tests/run.sh installs them"]
fn token_is_posted_for_with_a_refresh_token_or_after_405() {
    let world = World::new(Rules { oauth_answer: true, ..Rules::default() });
    world.log_in(&json!({ "identitytoken": REFRESH_TOKEN }));
    world.push().ok();
    let asked = world.tokens.server.received();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].method.as_str(), asked[0].header("authorization")), ("POST", None));
    assert_eq!(asked[0].parameters("scope"), ["repository:configs/a:pull,push"]);

    let posting = World::new(Rules { post_only: true, ..Rules::default() });
    posting.log_in_with_password();
    posting.push().ok();
    for world in [world, posting] {
        let recorded = std::fs::read_to_string(world.user.path("wire.jsonl")).unwrap();
        assert!(!recorded.contains(REFRESH_TOKEN) && !recorded.contains(PASSWORD));
    }
}

#[test]
#[ignore = "needs Debian's docker-registry and openssl; tests/run.sh installs them"]
fn login_checks_the_password_with_the_token_server() {
    let world = World::new(Rules::default());
    let name = world.registry.address.to_string();
    let login = ["login", &name, "--username", USER, "--password-stdin"];
    world.user.thv_with_input(&login, b"wrong").fails(4, "incorrect username or password");
    assert!(!world.user.path(".docker").exists());
    world.user.thv_with_input(&login, PASSWORD.as_bytes()).ok();
    world.push().ok();
    world.log_in(&json!({ "registrytoken": "FAKE-not-a-token" }));
    world.push().fails(4, "did not accept the login");
}

/// A registry whose tokens are `token-1`, `token-2`, …, and which accepts those that `valid` accepts.
fn counting(
    expires_in: f64,
    valid: impl Fn(usize, &Request) -> bool + Send + Sync + 'static,
) -> StubRegistry {
    let tokens = AtomicUsize::new(0);
    let address = std::sync::OnceLock::<String>::new();
    StubRegistry::start(move |received| {
        let host = address.get_or_init(|| received.header("host").unwrap().to_owned());
        if received.target.starts_with("/token") {
            let token = tokens.fetch_add(1, Ordering::Relaxed) + 1;
            let body = json!({ "token": format!("token-{token}"), "expires_in": expires_in });
            return status(200).body(body.to_string());
        }
        let sent = received.header("authorization").and_then(|value| value.rsplit_once('-'));
        let sent: usize = sent.map_or(0, |(_, number)| number.parse().unwrap());
        if sent == 0 || !valid(sent, received) {
            let challenge = format!("Bearer realm=\"http://{host}/token\",service=\"s\"");
            return status(401).with("www-authenticate", challenge);
        }
        match (received.method.as_str(), received.target.as_str()) {
            ("POST" | "PUT", _) => status(201),
            _ => status(404),
        }
    })
}

#[test]
fn expired_token_is_renewed_before_it_is_sent() {
    // A token of a fraction of a second is used for none of the requests that follow.
    let server = counting(0.000_001, |_, _| true);
    let user = User::new();
    user.file("config.json", STDIO);
    user.thv(&["push", "config.json", &server.reference("a:v1")]).ok();
    let received = server.received();
    let tokens = received.iter().filter(|r| r.target.starts_with("/token")).count();
    let put = received.last().unwrap();
    assert_eq!(put.method, "PUT");
    assert_eq!(put.header("authorization"), Some(&*format!("Bearer token-{tokens}")));
    let refused = received
        .iter()
        .filter(|r| r.target.starts_with("/v2") && r.header("authorization").is_none());
    assert!(refused.count() <= 3, "only what was sent before the first challenge");
}

#[test]
fn rejected_token_is_replaced_once() {
    // The first token does for all but the last request.
    let server = counting(300.0, |token, received| token > 1 || received.method != "PUT");
    let user = User::new();
    user.file("config.json", STDIO);
    user.thv(&["push", "config.json", &server.reference("a:v1")]).ok();
    let tokens = |server: &StubRegistry| {
        server.received().iter().filter(|r| r.target.starts_with("/token")).count()
    };
    assert_eq!(tokens(&server), 2);

    let never = counting(300.0, |_, _| false);
    user.thv(&["pull", &never.reference("a:v1")]).fails(4, "wants a login");
    assert_eq!(tokens(&never), 1, "a second refusal is final");
}

/// A registry whose tokens are `token-0`, `token-1`, …. It answers a request with `answer`, which gets
/// the number of the token.
fn issuing(
    answer: impl Fn(&Request, Option<u64>) -> Response + Send + Sync + 'static,
) -> StubRegistry {
    let count = AtomicU64::new(0);
    StubRegistry::start(move |received| {
        let realm = format!("http://{}/token", received.header("host").unwrap());
        if received.target.starts_with("/token") {
            let token = format!("token-{}", count.fetch_add(1, Ordering::Relaxed));
            return status(200).body(json!({ "token": token }).to_string());
        }
        let sent = received.header("authorization").and_then(|value| value.rsplit_once('-'));
        let mut response = answer(received, sent.map(|(_, number)| number.parse().unwrap()));
        if let Some(challenge) = response.header("www-authenticate") {
            let challenge = challenge.replace("REALM", &realm);
            response.set("www-authenticate", &challenge);
        }
        response
    })
}

/// A refusal with a challenge of the token server that [`issuing`] makes.
fn challenge(code: u16, more: &str) -> Response {
    status(code).with("www-authenticate", format!("Bearer realm=\"REALM\"{more}"))
}

fn tokens_asked_for(server: &StubRegistry) -> Vec<Vec<String>> {
    let received = server.received();
    let asked = received.iter().filter(|received| received.target.starts_with("/token"));
    asked.map(|received| received.parameters("scope")).collect()
}

#[test]
fn rejected_cached_token_is_refreshed() {
    let denied = r#"{"errors":[{"code":"DENIED","message":"expired"}]}"#;
    let insufficient = ",scope=\"repository:a:push\",error=\"insufficient_scope\"";
    for refusal in [
        challenge(401, ",error=\"invalid_token\""),
        challenge(403, insufficient),
        status(400).body(denied),
        status(403).body(denied),
    ] {
        let code = refusal.status;
        let server = issuing(move |received, token| match (token, received.method.as_str()) {
            (None, _) => challenge(401, ""),
            (Some(0), "POST" | "PUT") => refusal.clone(),
            (Some(_), "POST" | "PUT") => status(201),
            (Some(_), _) => status(404),
        });
        let user = User::new();
        user.file("config.json", STDIO);
        user.thv(&["push", "config.json", &server.reference("a:v1")]).ok();
        assert_eq!(tokens_asked_for(&server).len(), 2, "{code}");
    }
}

#[test]
fn additional_scope_of_a_challenge_is_requested() {
    let server = issuing(|_, token| match token {
        None => challenge(401, ""),
        Some(0) => {
            let more =
                ",scope=\"repository:a:pull registry:catalog:*\",error=\"insufficient_scope\"";
            challenge(403, more)
        }
        Some(_) => status(404),
    });
    User::new().thv(&["pull", &server.reference("a:v1")]).fails(3, "not found");
    let pull = "repository:a:pull".to_owned();
    let both = vec![pull.clone(), "registry:catalog:*".to_owned()];
    assert_eq!(tokens_asked_for(&server), [vec![pull], both]);

    // Where nothing new is named, the refusal is final.
    let never = issuing(|_, token| match token {
        None => challenge(401, ""),
        Some(_) => challenge(403, ",error=\"insufficient_scope\""),
    });
    User::new().thv(&["pull", &never.reference("a:v1")]).fails(5, "access denied");
    assert_eq!(tokens_asked_for(&never).len(), 1);
}

#[test]
fn invalid_token_answer_is_an_error_without_the_secret() {
    for ((code, body), message) in [
        ((200, "{\"token\":\"FAKE-a b\"}"), "no usable token"),
        ((200, "FAKE-not-json"), "no usable token"),
        ((200, "{\"expires_in\":60}"), "no usable token"),
        ((200, "{\"token\":\"\",\"access_token\":\"FAKE-\\r\\nx: y\"}"), "no usable token"),
        ((200, "{\"token\":\"FAKE-a\",\"expires_in\":1e999}"), "no usable token"),
        ((200, "{\"token\":[[[[[[\"FAKE-a\"]]]]]]}"), "no usable token"),
        ((500, "{\"errors\":[{\"code\":\"UNKNOWN\",\"message\":\"down\"}]}"), "UNKNOWN: down"),
        ((302, ""), "the token server refused (status 302)"),
    ] {
        let server = StubRegistry::start(move |received| {
            if received.target.starts_with("/token") {
                return status(code).with("location", "/elsewhere").body(body);
            }
            let realm =
                format!("Bearer realm=\"http://{}/token\"", received.header("host").unwrap());
            status(401).with("www-authenticate", realm)
        });
        let failed = User::new().thv(&["pull", &server.reference("a:v1")]).fails(4, message);
        assert!(!failed.stderr().contains("FAKE"), "{}", failed.stderr());
        assert!(!server.received().iter().any(|r| r.target == "/elsewhere"));
    }
}

#[test]
fn unusual_token_answer_is_accepted() {
    for reply in [
        r#"{"token":"","access_token":"FAKE-token"}"#,
        r#"{"access_token":null,"token":"FAKE-token","expires_in":-1e308,"issued_at":""}"#,
        r#"{"token":"FAKE-token","expires_in":1e308,"issued_at":"9999-12-31T23:59:59Z"}"#,
    ] {
        let server = StubRegistry::start(move |received| {
            if received.target.starts_with("/token") {
                return status(200).body(reply);
            }
            if received.header("authorization") == Some("Bearer FAKE-token") {
                return status(200).body(r#"{"tags":["v1"]}"#);
            }
            let realm =
                format!("Bearer realm=\"http://{}/token\"", received.header("host").unwrap());
            status(401).with("www-authenticate", realm)
        });
        let listed = User::new().thv(&["tags", &server.reference("a")]).ok();
        assert_eq!(listed.stdout(), "v1\n");
    }
}

/// A token server that accepts a password or none, and a registry that takes its token for the requests
/// that `allows` allows.
fn with_tokens_for(allows: impl Fn(&Request) -> bool + Send + Sync + 'static) -> StubRegistry {
    let challenge = "Bearer realm=\"/token\",service=\"s\",error=\"insufficient_scope\"";
    StubRegistry::start(move |received| {
        let authorization = received.header("authorization").unwrap_or_default();
        match authorization {
            "" | "Basic bWU6RkFLRS1wdw==" if received.target.starts_with("/token") => {
                status(200).body(r#"{"token":"some"}"#)
            }
            "Bearer some" if allows(received) => status(404).body("{}"),
            _ => status(401).with("www-authenticate", challenge).body("{}"),
        }
    })
}

#[test]
fn refused_token_is_no_refused_password() {
    let pull_only = with_tokens_for(|received| !matches!(received.method.as_str(), "POST" | "PUT"));
    for server in [pull_only, with_tokens_for(|_| false)] {
        let user = User::new();
        user.file("config.json", STDIO);
        let reference = server.reference("configs/a:v1");
        let push = ["push", "config.json", &reference];
        let with_password = [&push[..], &["-u", "me", "--password-stdin"]].concat();
        let as_me = |password: &[u8]| user.thv_with_input(&with_password, password);
        let stranger = user.thv(&push).fails(4, "wants a login");
        let denied = as_me(b"FAKE-pw").fails(5, "access denied");
        for said in [stranger.stderr(), denied.stderr()] {
            assert!(!said.contains("did not accept"), "{said}");
        }
        as_me(b"wrong").fails(4, "the token server refused");
    }
}
