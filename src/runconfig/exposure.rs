//! What should not be shared with a run configuration: credentials, and paths of somebody's home.
//!
//! Findings name a place and never a value. This is a net with holes: what it finds is worth a
//! look, what it does not find may be a secret all the same.

use std::collections::HashMap;
use std::fmt;

use serde_json::Value;

use super::document::Document;

/// How well-known tokens begin, and how long they are at least.
const TOKENS: &[(&str, usize)] = &[
    ("ghp_", 36),
    ("gho_", 36),
    ("ghu_", 36),
    ("ghs_", 36),
    ("ghr_", 36),
    ("github_pat_", 40),
    ("glpat-", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("xoxa-", 20),
    ("xapp-", 20),
    ("sk-ant-", 20),
    ("sk-proj-", 20),
    ("sk-", 32),
    ("sk_live_", 20),
    ("rk_live_", 20),
    ("AKIA", 20),
    ("ASIA", 20),
    ("AIza", 39),
    ("ya29.", 20),
    ("npm_", 36),
    ("pypi-", 20),
    ("hf_", 30),
    ("dckr_pat_", 20),
    ("glsa_", 20),
    ("lin_api_", 20),
    ("ntn_", 20),
    ("SG.", 40),
    ("dop_v1_", 40),
    ("eyJhbGci", 40),
];
/// Words in names whose values are secret, whatever they look like.
const SECRET_WORDS: [&str; 5] = ["password", "passwd", "passphrase", "passcode", "secret"];
/// Whole names, or last words of names, whose values are secret too.
const SECRET_ENDS: [&str; 2] = ["pass", "pwd"];
/// What stands in front of a credential in a header.
const SCHEMES: [&str; 3] = ["bearer ", "basic ", "token "];
/// Words in names whose values are secret where they look random.
const TOKEN_WORDS: [&str; 5] = ["token", "key", "credential", "auth", "cookie"];
/// Last words of names that only point at a secret, or are none.
const HARMLESS_ENDS: [&str; 15] = [
    "file",
    "path",
    "url",
    "uri",
    "id",
    "name",
    "endpoint",
    "public_key",
    "ref",
    "expiry",
    "method",
    "env_var",
    "length",
    "limit",
    "version",
];
/// Bits of information in each character of a value that looks random.
const ENTROPY: f64 = 3.0;

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A value of a well-known form.
    Token,
    /// A private key.
    PrivateKey,
    /// A value under a name that holds secrets.
    Named,
    /// A URL with a password, or a secret parameter.
    Url,
    /// A path below somebody's home directory.
    HomePath,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "looks like an access token",
            Self::PrivateKey => "is a private key",
            Self::Named => "looks like a secret by its name",
            Self::Url => "is a URL with a credential in it",
            Self::HomePath => "is a path in a home directory",
        })
    }
}

/// Something that should not be shared.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exposure {
    /// Where it stands, such as `env_vars.API_TOKEN` or `cmd_args.2`.
    pub path: String,
    /// What it is.
    pub kind: Kind,
}

/// Everything in `document` that should not be shared; `home` is the user's own home directory.
#[must_use]
pub fn exposures(document: &Document, home: Option<&str>) -> Vec<Exposure> {
    let mut search = Search { home, found: Vec::new() };
    for (name, value) in &document.fields() {
        // Secrets are references already.
        if name != "secrets" {
            search.value(name, name, value);
        }
    }
    search.found
}

struct Search<'a> {
    home: Option<&'a str>,
    found: Vec<Exposure>,
}

impl Search<'_> {
    fn value(&mut self, path: &str, name: &str, value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    self.value(&format!("{path}.{name}"), name, value);
                }
            }
            Value::Array(items) => {
                // A flag's value may be the argument behind it.
                let mut flag = "";
                for (index, item) in items.iter().enumerate() {
                    self.value(&format!("{path}.{index}"), flag, item);
                    flag = item.as_str().filter(|text| text.starts_with('-')).unwrap_or_default();
                }
            }
            Value::String(text) => {
                let named = named(text).and_then(|(name, value)| self.judge(name, value));
                let own = match mount_source(path, text) {
                    Some(source) => self.judge(name, source),
                    None => self.judge(name, text),
                };
                if let Some(kind) = own.or(named) {
                    self.found.push(Exposure { path: path.to_owned(), kind });
                }
            }
            _ => {}
        }
    }

    fn judge(&self, name: &str, text: &str) -> Option<Kind> {
        if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
            Some(Kind::PrivateKey)
        } else if has_token(text) {
            Some(Kind::Token)
        } else if is_url_with_credential(text) {
            Some(Kind::Url)
        } else if is_secret_by_name(name, text) {
            Some(Kind::Named)
        } else if self.is_in_a_home(text) {
            Some(Kind::HomePath)
        } else {
            None
        }
    }

    fn is_in_a_home(&self, text: &str) -> bool {
        let is_at = |part: &str, start: &str| {
            part.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let in_a_home = |part: &str| {
            // As in file:///home/me.
            let part = part.strip_prefix("//").unwrap_or(part);
            let own = self.home.is_some_and(|home| home.len() > 1 && is_at(part, home));
            let named = ["/home/", "/Users/"].iter().any(|start| part.starts_with(start));
            own || named || is_at(part, "/root") || is_at(part, "~")
        };
        text.split(['=', ':', ',']).any(in_a_home)
            || text.to_ascii_lowercase().contains(r":\users\")
    }
}

/// The name and the value in `--name=value`, `NAME=value` and `Name: value`.
fn named(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once(['=', ':'])?;
    let legal = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    (!name.is_empty() && name.chars().all(legal)).then_some((name, value.trim_start()))
}

/// The side of a mount that is on this machine: what is in the container is nobody's home.
fn mount_source<'a>(path: &str, text: &'a str) -> Option<&'a str> {
    let lists = ["volumes.", "permission_profile.read.", "permission_profile.write."];
    let is_mount = lists.iter().any(|list| path.starts_with(list));
    is_mount
        .then(|| text.strip_suffix(":ro").unwrap_or(text))
        .map(|mount| mount.rsplit_once(':').map_or(mount, |(source, _)| source))
}

fn has_token(text: &str) -> bool {
    let token_character = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    text.split(|c| !token_character(c)).any(|word| {
        // A JSON Web Token is three parts, the first two of them JSON.
        let is_jwt = word.starts_with("eyJ") && word.len() >= 40 && word.contains(".eyJ");
        is_jwt
            || TOKENS.iter().any(|(start, length)| word.starts_with(start) && word.len() >= *length)
    })
}

fn is_url_with_credential(text: &str) -> bool {
    text.split_whitespace().filter(|word| word.contains("://")).any(|word| {
        let Ok(url) = url::Url::parse(word) else { return false };
        url.password().is_some_and(|password| !is_placeholder(password))
            || url.query_pairs().any(|(name, value)| is_secret_by_name(&name, &value))
    })
}

fn is_secret_by_name(name: &str, value: &str) -> bool {
    let name = name.trim_start_matches('-').replace('-', "_").to_ascii_lowercase();
    let lower = value.to_ascii_lowercase();
    let value = match SCHEMES.iter().find(|scheme| lower.starts_with(**scheme)) {
        Some(scheme) => value.get(scheme.len()..).unwrap_or_default(),
        None => value,
    };
    if HARMLESS_ENDS.iter().any(|end| name.ends_with(end)) || is_placeholder(value) {
        return false;
    }
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let last = name.rsplit('_').next().unwrap_or_default();
    if has(&SECRET_WORDS) || SECRET_ENDS.contains(&last) {
        return true;
    }
    // No prose, no number: these names are of much that is no secret.
    let is_plain = value.contains(' ') || value.chars().all(|c| c.is_ascii_digit() || c == '.');
    has(&TOKEN_WORDS) && !is_plain && value.len() >= 12 && entropy(value) >= ENTROPY
}

/// Values that are no secret under any name: empty, a switch, something to be filled in, a path, a
/// reference to a secret.
fn is_placeholder(value: &str) -> bool {
    let word = value.to_ascii_lowercase();
    let variable = value.strip_prefix('$').is_some_and(|name| {
        name.starts_with(['{', '(']) || name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    });
    value.is_empty()
        || variable
        || ["true", "false", "none", "null", "changeme", "redacted"].contains(&word.as_str())
        || value.chars().all(|c| "*.xX".contains(c))
        || value.starts_with(['<', '{', '/', '%'])
        || value.contains(",target=")
}

/// Bits of information in each byte, by how often each value occurs.
#[expect(clippy::cast_precision_loss, reason = "a text has fewer bytes than a float has bits")]
fn entropy(text: &str) -> f64 {
    let mut counts: HashMap<u8, usize> = HashMap::new();
    text.bytes().for_each(|byte| *counts.entry(byte).or_default() += 1);
    let length = text.len() as f64;
    let share = |count: &usize| *count as f64 / length;
    -counts.values().map(|count| share(count) * share(count).log2()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(fields: &str) -> Vec<(String, Kind)> {
        let text = format!(r#"{{"image":"x:1","name":"n",{fields}}}"#);
        let document = Document::parse(text.into_bytes()).unwrap();
        let found = exposures(&document, Some("/users/me"));
        found.into_iter().map(|found| (found.path, found.kind)).collect()
    }

    #[test]
    fn what_should_not_be_shared_is_found_by_its_place() {
        let token = format!("ghp_{}", "a1B2".repeat(9));
        for (fields, path, kind) in [
            (format!(r#""env_vars":{{"X":"{token}"}}"#), "env_vars.X", Kind::Token),
            (format!(r#""cmd_args":["a","--x={token}"]"#), "cmd_args.1", Kind::Token),
            (format!(r#""cmd_args":["Bearer {token}"]"#), "cmd_args.0", Kind::Token),
            (
                r#""env_vars":{"K":"-----BEGIN RSA PRIVATE KEY-----\nabc"}"#.to_owned(),
                "env_vars.K",
                Kind::PrivateKey,
            ),
            (
                r#""env_vars":{"DB_PASSWORD":"hunter2"}"#.to_owned(),
                "env_vars.DB_PASSWORD",
                Kind::Named,
            ),
            (
                r#""env_vars":{"API_KEY":"9f8a7c6e5d4b3a21"}"#.to_owned(),
                "env_vars.API_KEY",
                Kind::Named,
            ),
            (r#""cmd_args":["--token","9f8a7c6e5d4b3a21"]"#.to_owned(), "cmd_args.1", Kind::Named),
            (r#""cmd_args":["--api-key=9f8a7c6e5d4b3a21"]"#.to_owned(), "cmd_args.0", Kind::Named),
            (
                r#""remote_auth_config":{"client_secret":"abc"}"#.to_owned(),
                "remote_auth_config.client_secret",
                Kind::Named,
            ),
            (
                r#""env_vars":{"DATABASE":"postgres://me:pass@db/x"}"#.to_owned(),
                "env_vars.DATABASE",
                Kind::Url,
            ),
            (
                r#""cmd_args":["https://x.example/?api_key=9f8a7c6e5d4b3a21"]"#.to_owned(),
                "cmd_args.0",
                Kind::Url,
            ),
            (r#""volumes":["/home/me/x:/x"]"#.to_owned(), "volumes.0", Kind::HomePath),
            (
                r#""permission_profile":{"read":["/srv","/users/me/x:/x"]}"#.to_owned(),
                "permission_profile.read.1",
                Kind::HomePath,
            ),
            (
                r#""env_vars":{"DB_PASSWORD":"correct horse battery"}"#.to_owned(),
                "env_vars.DB_PASSWORD",
                Kind::Named,
            ),
            (r#""env_vars":{"PASSWORD":"$ecret"}"#.to_owned(), "env_vars.PASSWORD", Kind::Named),
            (r#""env_vars":{"PASSWORD":"493817"}"#.to_owned(), "env_vars.PASSWORD", Kind::Named),
            (r#""env_vars":{"DB_PASS":"hunter2"}"#.to_owned(), "env_vars.DB_PASS", Kind::Named),
            (
                r#""cmd_args":["--header","Authorization: Bearer 9f8a7c6e5d4b3a21"]"#.to_owned(),
                "cmd_args.1",
                Kind::Named,
            ),
            (
                r#""cmd_args":["-e","API_KEY=9f8a7c6e5d4b3a21"]"#.to_owned(),
                "cmd_args.1",
                Kind::Named,
            ),
            (
                format!(r#""env_vars":{{"X":"eyJ0eXAi.eyJ{}.x"}}"#, "a1B2".repeat(9)),
                "env_vars.X",
                Kind::Token,
            ),
            (r#""volumes":["/users/me:/x:ro"]"#.to_owned(), "volumes.0", Kind::HomePath),
            (r#""cmd_args":["file:///home/me/x"]"#.to_owned(), "cmd_args.0", Kind::HomePath),
            (r#""env_file_dir":"~/env""#.to_owned(), "env_file_dir", Kind::HomePath),
            (
                r#""unknown":{"a":[{"password":"b1"}]}"#.to_owned(),
                "unknown.a.0.password",
                Kind::Named,
            ),
        ] {
            assert_eq!(found(&fields), [(path.to_owned(), kind)], "{fields}");
        }
    }

    #[test]
    fn what_may_be_shared_is_not_found() {
        for fields in [
            r#""env_vars":{"LOG_LEVEL":"debug","MCP_TRANSPORT":"stdio","TOKEN_LIMIT":"4096"}"#,
            r#""env_vars":{"API_KEY":"","PASSWORD":"${DB_PASSWORD}","TOKEN":"<your token>"}"#,
            r#""env_vars":{"TOKEN_FILE":"9f8a7c6e5d4b3a21","KEY_ID":"9f8a7c6e5d4b3a21"}"#,
            r#""env_vars":{"PASSWORD_FILE":"/run/secrets/x","AUTH":"true","KEYBOARD":"qwertz"}"#,
            r#""secrets":["token,target=API_TOKEN"],"volumes":["/srv/data:/data"]"#,
            r#""remote_auth_config":{"client_secret":"OAUTH_CLIENT_SECRET_x,target=oauth_secret"}"#,
            r#""remote_auth_config":{"cached_secret_expiry":"0001-01-01T00:00:00Z"}"#,
            r#""cmd_args":["--url","https://x.example/?page=2","git@example.com:a/b"]"#,
            r#""volumes":["/srv/data:/home/node/data","/srv/cache:/root/.cache:ro"]"#,
            r#""env_vars":{"PASSWORD_MIN_LENGTH":"12","PASSWORD":"$DB_PASSWORD","NOTE":"a: b"}"#,
            r#""cmd_args":["--project=a&b","sk-learn","eyJ"]"#,
        ] {
            assert_eq!(found(fields), [], "{fields}");
        }
    }
}
