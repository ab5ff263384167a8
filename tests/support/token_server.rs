//! A token server that signs real tokens, for `docker-registry`'s `auth: token`.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::pki::{Authority, Pair, openssl};
use super::stub_registry::{Request, Response, StubRegistry, status};

pub const USER: &str = "me";
pub const PASSWORD: &str = "FAKE-password-91bc";
pub const REFRESH_TOKEN: &str = "FAKE-refresh-55ad";
pub const SERVICE: &str = "test-service";
const ISSUER: &str = "test-issuer";

/// How the server answers; part of it can change while it runs.
pub struct Rules {
    /// Seconds that a token lasts, as the answer says.
    pub expires_in: AtomicU64,
    /// Every token that was issued.
    pub given: Mutex<Vec<String>>,
    /// The last token for each list of what it allows.
    pub known: Mutex<HashMap<Vec<Value>, String>>,
    /// Whether GET is answered with 405.
    pub post_only: bool,
    /// Whether the same scopes get the same token, which costs no signature then.
    pub remembers: bool,
    /// Whether the answer has `access_token` instead of `token`.
    pub oauth_answer: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            expires_in: AtomicU64::new(300),
            given: Mutex::default(),
            known: Mutex::default(),
            post_only: false,
            remembers: false,
            oauth_answer: false,
        }
    }
}

pub struct TokenServer {
    pub server: StubRegistry,
    pub rules: Arc<Rules>,
    certificate: std::path::PathBuf,
}

impl TokenServer {
    pub fn start(dir: &Path, rules: Rules) -> Self {
        let signer = Authority::rsa(&dir.join("tokens")).pair;
        let certificate = signer.cert.clone();
        let rules = Arc::new(rules);
        let known = Arc::clone(&rules);
        let server = StubRegistry::start(move |received| answer(received, &known, &signer));
        Self { server, rules, certificate }
    }

    /// The lines of `docker-registry`'s configuration that name this server.
    pub fn auth(&self) -> String {
        self.auth_at(&self.server.url("/token"))
    }

    /// The same, with the server reached at `realm`.
    pub fn auth_at(&self, realm: &str) -> String {
        format!(
            "auth:\n  token:\n    realm: {realm}\n    service: {SERVICE}\n    issuer: {ISSUER}\n    \
             rootcertbundle: {}\n",
            self.certificate.display()
        )
    }
}

/// Anonymous may pull, the user may do everything.
fn answer(received: &Request, rules: &Rules, signer: &Pair) -> Response {
    let basic = format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")));
    let one = |name| received.parameters(name).into_iter().next().unwrap_or_default();
    let trusted = match (received.method.as_str(), received.header("authorization")) {
        ("GET", _) if rules.post_only => return status(405),
        ("GET", None) => false,
        ("GET", Some(value)) if value == basic => true,
        ("POST", None) if one("grant_type") == "refresh_token" => {
            one("refresh_token") == REFRESH_TOKEN
        }
        ("POST", None) if one("username") == USER && one("password") == PASSWORD => true,
        _ => return status(401).body(r#"{"details":"incorrect username or password"}"#),
    };
    assert_eq!(one("service"), SERVICE);
    let scopes = received.parameters("scope").join(" ");
    let access: Vec<Value> = scopes
        .split_whitespace()
        .map(|scope| {
            let parts: Vec<_> = scope.splitn(3, ':').collect();
            let actions: Vec<_> =
                parts[2].split(',').filter(|action| trusted || *action == "pull").collect();
            json!({ "type": parts[0], "name": parts[1], "actions": actions })
        })
        .collect();
    let known = rules.known.lock().unwrap().get(&access).cloned();
    let token = known.filter(|_| rules.remembers).unwrap_or_else(|| sign(&access, signer));
    rules.known.lock().unwrap().insert(access, token.clone());
    rules.given.lock().unwrap().push(token.clone());
    let field = if rules.oauth_answer { "access_token" } else { "token" };
    let expires_in = rules.expires_in.load(Ordering::Relaxed);
    status(200).body(json!({ field: token, "expires_in": expires_in }).to_string())
}

fn sign(access: &[Value], signer: &Pair) -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let pem = std::fs::read_to_string(&signer.cert).unwrap();
    let der: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let header = json!({ "typ": "JWT", "alg": "RS256", "x5c": [der] });
    let claims = json!({
        "iss": ISSUER, "sub": USER, "aud": SERVICE, "iat": now - 5, "nbf": now - 5,
        "exp": now + 3600, "jti": COUNTER.fetch_add(1, Ordering::Relaxed).to_string(),
        "access": access,
    });
    let encode = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let payload = format!("{}.{}", encode(&header), encode(&claims));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &payload).unwrap();
    let key = signer.key.to_str().unwrap();
    let signature = openssl(&["dgst", "-sha256", "-sign", key, file.path().to_str().unwrap()]);
    format!("{payload}.{}", URL_SAFE_NO_PAD.encode(signature))
}
