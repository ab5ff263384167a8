//! Hides credentials in records, wherever HTTP carries them.
//!
//! A hidden value becomes a [`RedactionMark`]: its length in bytes, and eight hex digits of a hash
//! with a new key for each run. A reader sees that a secret was used twice, but the hash tells
//! nothing about the secret.

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::redaction_mark::RedactionMark;
use crate::random::random_u64;

/// Header fields whose whole value is a secret.
const SECRET_HEADERS: [&str; 3] = ["cookie", "set-cookie", "x-registry-auth"];
/// Header fields with a scheme before the secret.
const CREDENTIAL_HEADERS: [&str; 2] = ["authorization", "proxy-authorization"];
/// Response header fields that hold a URL.
const URL_HEADERS: [&str; 3] = ["location", "content-location", "refresh"];
/// Response header fields with URLs in them, and the text before and after each URL.
const URLS_WITHIN: [(&str, &str, char); 2] =
    [("link", "<", '>'), ("www-authenticate", "realm=\"", '"')];
/// Query parameters that make a URL a credential: those of S3, Google Cloud Storage, Azure and
/// `CloudFront`, and the secret ones of token requests.
const SECRET_PARAMETERS: [&str; 16] = [
    "x-amz-signature",
    "x-amz-credential",
    "x-amz-security-token",
    "x-goog-signature",
    "x-goog-credential",
    "awsaccesskeyid",
    "googleaccessid",
    "signature",
    "sig",
    "key-pair-id",
    "policy",
    "token",
    "access_token",
    "refresh_token",
    "password",
    "client_secret",
];
/// Fields of token requests and responses that are shown. All others are treated as secrets.
const PUBLIC_FIELDS: [&str; 17] = [
    "access_type",
    "account",
    "client_id",
    "code",
    "detail",
    "error",
    "error_description",
    "errors",
    "expires_in",
    "grant_type",
    "issued_at",
    "message",
    "offline_token",
    "scope",
    "service",
    "token_type",
    "username",
];
/// The length from which an unknown parameter is hidden in a URL of another origin, in bytes.
const LONG_PARAMETER: usize = 24;

#[derive(Debug)]
pub(crate) struct Redactor {
    key: [u8; 16],
}

impl Redactor {
    pub(super) fn new() -> Self {
        let mut key = [0; 16];
        key[..8].copy_from_slice(&random_u64().to_le_bytes());
        key[8..].copy_from_slice(&random_u64().to_le_bytes());
        Self { key }
    }

    fn mark(&self, secret: &str) -> String {
        let hash = Sha256::new().chain_update(self.key).chain_update(secret).finalize();
        RedactionMark::new(secret.len(), [hash[0], hash[1], hash[2], hash[3]]).to_string()
    }

    /// Returns header fields without their secrets. `from` is the URL that was requested.
    pub(super) fn headers<'a>(
        &self,
        headers: impl Iterator<Item = (&'a str, &'a str)>,
        from: &Url,
    ) -> Vec<(String, String)> {
        headers.map(|(name, value)| (name.to_owned(), self.header(name, value, from))).collect()
    }

    fn header(&self, name: &str, value: &str, from: &Url) -> String {
        if SECRET_HEADERS.contains(&name) {
            self.mark(value)
        } else if CREDENTIAL_HEADERS.contains(&name) {
            match value.split_once(' ') {
                Some((scheme, secret)) => format!("{scheme} {}", self.mark(secret)),
                None => self.mark(value),
            }
        } else if URL_HEADERS.contains(&name) {
            self.location(value, from)
        } else if let Some((_, before, after)) = URLS_WITHIN.iter().find(|(n, ..)| *n == name) {
            self.locations_within(value, before, *after, from)
        } else {
            value.to_owned()
        }
    }

    /// Redacts each URL that stands between `before` and `after`.
    fn locations_within(&self, value: &str, before: &str, after: char, from: &Url) -> String {
        let mut shown = String::new();
        let mut rest = value;
        while let Some(start) = rest.find(before).map(|at| at + before.len())
            && let Some(length) = rest[start..].find(after)
        {
            let end = start + length;
            shown.push_str(&rest[..start]);
            shown.push_str(&self.location(&rest[start..end], from));
            rest = &rest[end..];
        }
        shown + rest
    }

    /// Returns a URL without its secrets. With `is_signed`, another origin named it or it is at one, and any
    /// long parameter may be a signature.
    pub(super) fn url(&self, url: &Url, is_signed: bool) -> String {
        let mut shown = url.clone();
        if !url.username().is_empty() || url.password().is_some() {
            // Neither call can fail: the URL had user information.
            let _ = shown.set_username("redacted");
            let _ = shown.set_password(None);
        }
        shown.set_fragment(None);
        match url.query() {
            Some(query) => {
                let (before, _) = shown.as_str().split_once('?').unwrap_or((shown.as_str(), ""));
                format!("{before}?{}", self.query(query, is_signed))
            }
            None => shown.into(),
        }
    }

    /// Redacts a `Location`, absolute or relative. Everything except secrets is unchanged.
    fn location(&self, value: &str, from: &Url) -> String {
        let is_foreign = from.join(value).is_ok_and(|to| to.origin() != from.origin());
        let value = match Url::parse(value) {
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                return self.url(&url, is_foreign);
            }
            _ => value,
        };
        match value.split_once('?') {
            Some((path, query)) => format!("{path}?{}", self.query(query, is_foreign)),
            None => value.to_owned(),
        }
    }

    fn query(&self, query: &str, is_signed: bool) -> String {
        self.pairs(query, |name, value| is_secret_parameter(name, value, is_signed))
    }

    /// Redacts the secret values among `name=value` pairs.
    fn pairs(&self, text: &str, is_secret: impl Fn(&str, &str) -> bool) -> String {
        let pair = |pair: &str| match pair.split_once('=') {
            Some((name, value)) if is_secret(name, value) => format!("{name}={}", self.mark(value)),
            _ => pair.to_owned(),
        };
        text.split('&').map(pair).collect::<Vec<_>>().join("&")
    }

    /// Returns the text of a body without its secrets, or `None` if the body is neither JSON nor a form,
    /// so that its secrets are unknown.
    pub(crate) fn confidential_text(&self, text: &str) -> Option<String> {
        if let Ok(mut json) = serde_json::from_str::<Value>(text) {
            self.hide_strings(&mut json, false);
            return Some(json.to_string());
        }
        let is_form = !text.is_empty() && text.split('&').all(|pair| pair.contains('='));
        is_form.then(|| self.pairs(text, |name, _| !PUBLIC_FIELDS.contains(&name)))
    }

    fn hide_strings(&self, json: &mut Value, is_public: bool) {
        match json {
            Value::String(secret) if !is_public => *secret = self.mark(secret),
            Value::Array(items) => {
                for item in items {
                    self.hide_strings(item, is_public);
                }
            }
            Value::Object(fields) => {
                for (name, value) in fields.iter_mut() {
                    self.hide_strings(value, PUBLIC_FIELDS.contains(&name.as_str()));
                }
            }
            _ => {}
        }
    }
}

fn is_secret_parameter(name: &str, value: &str, is_signed: bool) -> bool {
    // The client itself adds the digest to the URL that closes an upload.
    let is_digest =
        name == "digest" && (value.starts_with("sha256") || value.starts_with("sha512"));
    SECRET_PARAMETERS.contains(&name.to_ascii_lowercase().as_str())
        || (is_signed && !is_digest && value.len() >= LONG_PARAMETER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Url {
        Url::parse("https://registry.example.com/v2/a/blobs/x").unwrap()
    }

    fn header(name: &str, value: &str) -> String {
        Redactor::new().header(name, value, &base())
    }

    #[test]
    fn only_scheme_and_length_of_a_credential_are_shown() {
        let shown = header("authorization", "Bearer FAKE-token");
        assert!(shown.starts_with("Bearer <redacted len=10 id="), "{shown}");
        assert!(!header("proxy-authorization", "FAKE").contains("FAKE"));
        assert!(!header("set-cookie", "session=FAKE").contains("FAKE"));
    }

    #[test]
    fn mark_of_a_secret_is_the_same_within_a_run_only() {
        let run = Redactor::new();
        assert_eq!(run.mark("a"), run.mark("a"));
        assert_ne!(run.mark("a"), run.mark("b"));
        assert_ne!(run.mark("a"), Redactor::new().mark("a"));
    }

    #[test]
    fn signature_of_a_signed_url_is_hidden() {
        for location in [
            "https://s3.example/x?X-Amz-Signature=FAKE&X-Amz-Date=1",
            "https://blob.example/x?sv=2019&sig=FAKE",
            "https://cdn.example/x?unheard-of=FAKE-0123456789-0123456789&a=1",
            "https://user:FAKE@cdn.example/x",
        ] {
            let shown = header("location", location);
            assert!(!shown.contains("FAKE"), "{shown}");
        }
    }

    #[test]
    fn only_secrets_of_urls_within_a_value_are_hidden() {
        for (name, value, shown) in [
            ("link", "</v2/a/tags/list?last=b>; rel=\"next\"", 0),
            ("link", "<https://me:FAKE@a.example/>; x=\"1\", <b?sig=FAKE>", 2),
            ("link", "<https://me:FAKE@a.example/>, <unfinished", 1),
            ("link", "<", 0),
            ("www-authenticate", "Bearer realm=\"https://a.example/token?x=1\",scope=\"s\"", 0),
            ("www-authenticate", "Basic realm=\"A name\"", 0),
            ("www-authenticate", "Bearer realm=\"https://me:FAKE@a.example/t\",x=\"y\"", 1),
        ] {
            let found = header(name, value);
            assert!(!found.contains("FAKE"), "{found}");
            assert_eq!(found.matches("redacted").count(), shown, "{found}");
            assert!(shown > 0 || found == value, "{found}");
        }
    }

    #[test]
    fn upload_location_is_not_changed() {
        let location = "/v2/a/blobs/uploads/0c1a?_state=0123456789012345678901234567890123456789";
        assert_eq!(header("location", location), location);
    }

    #[test]
    fn secrets_of_token_bodies_are_hidden() {
        let run = Redactor::new();
        for text in [
            r#"{"token":"FAKE","access_token":"FAKE","expires_in":60,"x":["FAKE"]}"#,
            "grant_type=password&username=me&password=FAKE&scope=x",
        ] {
            let shown = run.confidential_text(text).unwrap();
            assert!(!shown.contains("FAKE"), "{shown}");
        }
        assert_eq!(run.confidential_text("FAKE"), None);
    }
}
