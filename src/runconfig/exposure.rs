//! What should not be shared with a run configuration: credentials, and paths of somebody's home.
//!
//! Findings name a place and never a value. This is a net with holes: what it finds is worth a
//! look, what it does not find may be a secret all the same.

use std::fmt;

use serde_json::Value;

use super::document::Document;
use super::secret_shape::{has_token, is_secret_by_name, is_url_with_credential};

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

/// The same in one field, wherever it stands; a home directory is that of others.
pub(super) fn exposures_in(field: &str, value: &Value) -> Vec<Exposure> {
    let mut search = Search { home: None, found: Vec::new() };
    search.value(field, field, value);
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
pub(super) fn named(text: &str) -> Option<(&str, &str)> {
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
