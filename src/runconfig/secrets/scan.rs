//! Finds what should not be shared with a run configuration: credentials, and paths of home
//! directories.
//!
//! A finding has the path of a field and never its value. The rules miss secrets that look like
//! ordinary text.

use std::fmt;

use serde_json::Value;

use super::rules::{has_token, is_secret_by_name, is_url_with_credential};
use crate::runconfig::config::split_read_only;
use crate::runconfig::document::Document;
use crate::runconfig::fields::{Kind, ROOT, Text};

/// The kind of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExposureKind {
    /// A value of a well-known form.
    Token,
    /// A private key.
    PrivateKey,
    /// A value under a name that holds secrets.
    Named,
    /// A URL with a password, or a secret parameter.
    Url,
    /// A path below a home directory.
    HomePath,
    /// An image that only the machine has that built it. On others, its name belongs to whoever registers it.
    LocalImage,
}

impl ExposureKind {
    /// Returns true for what lets others in; false for what is only of no use, or private, elsewhere.
    pub(crate) const fn is_secret(self) -> bool {
        !matches!(self, Self::HomePath | Self::LocalImage)
    }
}

impl fmt::Display for ExposureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "looks like an access token",
            Self::PrivateKey => "is a private key",
            Self::Named => "looks like a secret by its name",
            Self::Url => "is a URL with a credential in it",
            Self::HomePath => "is a path in a home directory",
            Self::LocalImage => "names an image that only this machine has",
        })
    }
}

/// A value that should not be shared.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exposure {
    /// The path of the value, such as `env_vars.API_TOKEN` or `cmd_args.2`.
    pub path: String,
    /// What it looks like.
    pub kind: ExposureKind,
}

/// Finds everything in `document` that should not be shared; `home` is the user's home directory.
pub(crate) fn exposures(document: &Document, home: Option<&str>) -> Vec<Exposure> {
    let mut search = Search { home, found: Vec::new() };
    for (name, value) in document.fields() {
        search.value(name, name, value, ROOT.member(name));
    }
    search.found
}

pub(super) fn exposures_in(field: &str, value: &Value) -> Vec<Exposure> {
    let mut search = Search { home: None, found: Vec::new() };
    search.value(field, field, value, ROOT.member(field));
    search.found
}

struct Search<'a> {
    home: Option<&'a str>,
    found: Vec<Exposure>,
}

impl Search<'_> {
    fn value(&mut self, path: &str, name: &str, value: &Value, kind: Kind) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    self.value(&format!("{path}.{name}"), name, value, kind.member(name));
                }
            }
            Value::Array(items) => {
                // The value of a flag may be the next argument.
                let mut flag = "";
                for (index, item) in items.iter().enumerate() {
                    self.value(&format!("{path}.{index}"), flag, item, kind.element());
                    flag = item.as_str().filter(|text| text.starts_with('-')).unwrap_or_default();
                }
            }
            // A reference to a secret holds no value.
            Value::String(_) if kind == Kind::String(Text::SecretReference) => {}
            Value::String(text) => {
                let named = named(text).and_then(|(name, value)| self.judge(name, value));
                let own = match kind {
                    Kind::String(Text::Mount) => self.judge(name, mount_source(text)),
                    _ => self.judge(name, text),
                };
                if let Some(kind) = own.or(named) {
                    self.found.push(Exposure { path: path.to_owned(), kind });
                }
            }
            _ => {}
        }
    }

    fn judge(&self, name: &str, text: &str) -> Option<ExposureKind> {
        if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
            Some(ExposureKind::PrivateKey)
        } else if has_token(text) {
            Some(ExposureKind::Token)
        } else if is_url_with_credential(text) {
            Some(ExposureKind::Url)
        } else if is_secret_by_name(name, text) {
            Some(ExposureKind::Named)
        } else if self.is_in_a_home(text) {
            Some(ExposureKind::HomePath)
        } else {
            None
        }
    }

    fn is_in_a_home(&self, text: &str) -> bool {
        let is_at = |part: &str, start: &str| {
            part.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let in_a_home = |part: &str| {
            // A URL such as file:///home/me.
            let part = part.strip_prefix("//").unwrap_or(part);
            let own = self.home.is_some_and(|home| home.len() > 1 && is_at(part, home));
            let named = ["/home/", "/Users/"].iter().any(|start| part.starts_with(start));
            own || named || is_at(part, "/root") || is_at(part, "~")
        };
        text.split(['=', ':', ',']).any(in_a_home)
            || text.to_ascii_lowercase().contains(r":\users\")
    }
}

/// Splits `--name=value`, `NAME=value` and `Name: value` into the name and the value.
pub(super) fn named(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once(['=', ':'])?;
    let legal = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    (!name.is_empty() && name.chars().all(legal)).then_some((name, value.trim_start()))
}

/// Returns the path of a mount on this machine. The path in the container is not a user's home.
fn mount_source(text: &str) -> &str {
    let (mount, _) = split_read_only(text);
    mount.rsplit_once(':').map_or(mount, |(source, _)| source)
}

#[cfg(test)]
mod tests {
    use ExposureKind::{HomePath, Named, PrivateKey, Token, Url};

    use super::*;

    fn found(fields: &str) -> Vec<(String, ExposureKind)> {
        let text = format!(r#"{{"image":"x:1","name":"n",{fields}}}"#);
        let document = Document::parse(text.into_bytes()).unwrap();
        let found = exposures(&document, Some("/users/me"));
        found.into_iter().map(|found| (found.path, found.kind)).collect()
    }

    #[test]
    fn secrets_and_home_paths_are_found_with_their_paths() {
        let token = format!("ghp_{}", "a1B2".repeat(9));
        for (fields, path, kind) in [
            (format!(r#""env_vars":{{"X":"{token}"}}"#), "env_vars.X", Token),
            (format!(r#""cmd_args":["a","--x={token}"]"#), "cmd_args.1", Token),
            (format!(r#""cmd_args":["Bearer {token}"]"#), "cmd_args.0", Token),
            (
                r#""env_vars":{"K":"-----BEGIN RSA PRIVATE KEY-----\nabc"}"#.to_owned(),
                "env_vars.K",
                PrivateKey,
            ),
            (r#""env_vars":{"DB_PASSWORD":"hunter2"}"#.to_owned(), "env_vars.DB_PASSWORD", Named),
            (r#""env_vars":{"API_KEY":"9f8a7c6e5d4b3a21"}"#.to_owned(), "env_vars.API_KEY", Named),
            (r#""cmd_args":["--token","9f8a7c6e5d4b3a21"]"#.to_owned(), "cmd_args.1", Named),
            (r#""cmd_args":["--api-key=9f8a7c6e5d4b3a21"]"#.to_owned(), "cmd_args.0", Named),
            (
                r#""remote_auth_config":{"client_secret":"abc"}"#.to_owned(),
                "remote_auth_config.client_secret",
                Named,
            ),
            (
                r#""env_vars":{"DATABASE":"postgres://me:pass@db/x"}"#.to_owned(),
                "env_vars.DATABASE",
                Url,
            ),
            (
                r#""cmd_args":["https://x.example/?api_key=9f8a7c6e5d4b3a21"]"#.to_owned(),
                "cmd_args.0",
                Url,
            ),
            (r#""volumes":["/home/me/x:/x"]"#.to_owned(), "volumes.0", HomePath),
            (
                r#""permission_profile":{"read":["/srv","/users/me/x:/x"]}"#.to_owned(),
                "permission_profile.read.1",
                HomePath,
            ),
            (
                r#""env_vars":{"DB_PASSWORD":"correct horse battery"}"#.to_owned(),
                "env_vars.DB_PASSWORD",
                Named,
            ),
            (r#""env_vars":{"PASSWORD":"$ecret"}"#.to_owned(), "env_vars.PASSWORD", Named),
            (r#""env_vars":{"PASSWORD":"493817"}"#.to_owned(), "env_vars.PASSWORD", Named),
            (r#""env_vars":{"DB_PASS":"hunter2"}"#.to_owned(), "env_vars.DB_PASS", Named),
            (
                r#""cmd_args":["--header","Authorization: Bearer 9f8a7c6e5d4b3a21"]"#.to_owned(),
                "cmd_args.1",
                Named,
            ),
            (r#""cmd_args":["-e","API_KEY=9f8a7c6e5d4b3a21"]"#.to_owned(), "cmd_args.1", Named),
            (
                format!(r#""env_vars":{{"X":"eyJ0eXAi.eyJ{}.x"}}"#, "a1B2".repeat(9)),
                "env_vars.X",
                Token,
            ),
            (r#""volumes":["/users/me:/x:ro"]"#.to_owned(), "volumes.0", HomePath),
            (r#""cmd_args":["file:///home/me/x"]"#.to_owned(), "cmd_args.0", HomePath),
            (r#""env_file_dir":"~/env""#.to_owned(), "env_file_dir", HomePath),
            (r#""unknown":{"a":[{"password":"b1"}]}"#.to_owned(), "unknown.a.0.password", Named),
        ] {
            assert_eq!(found(&fields), [(path.to_owned(), kind)], "{fields}");
        }
    }

    #[test]
    fn harmless_values_are_not_found() {
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
