//! What a registry says when it refuses (distribution specification, "Error Codes").

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

use crate::printable::{excerpt, printable};
use crate::timestamp::Timestamp;

/// The most of an error's body that is read, in bytes.
pub(super) const BODY_LIMIT: u64 = 1024 * 1024;
/// The most errors of one answer that are kept.
const ERROR_LIMIT: usize = 8;
/// The most characters of one code or message that are kept.
const TEXT_LIMIT: usize = 400;

/// A registry's refusal: its status, and its reasons where it gave any.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorResponse {
    /// The HTTP status code.
    pub status: u16,
    /// The registry's own errors, at most eight.
    pub errors: Vec<RegistryError>,
    /// The start of a body that is not of the specification's form.
    pub excerpt: Option<String>,
    /// How long the registry asks to wait (`Retry-After`).
    pub retry_after: Option<Duration>,
}

/// Reads `Retry-After` in both its forms (RFC 9110, section 10.2.3).
pub(super) fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    match header.trim().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Timestamp::from_http_date(header.trim()).map(|until| until.since(now)),
    }
}

/// One error of a registry. Both texts are safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegistryError {
    /// The code, such as `MANIFEST_UNKNOWN`.
    pub code: String,
    /// The message; may be empty.
    pub message: String,
}

#[derive(Deserialize)]
struct Body {
    errors: Vec<BodyError>,
}

#[derive(Deserialize)]
struct BodyError {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: Option<String>,
}

impl ErrorResponse {
    /// Reads an answer of any form; the body is part of the registry's answer, not of the protocol.
    #[must_use]
    pub fn parse(status: u16, body: &[u8]) -> Self {
        let mut refusal = Self { status, errors: Vec::new(), excerpt: None, retry_after: None };
        if let Ok(parsed) = serde_json::from_slice::<Body>(body) {
            let read = |error: BodyError| RegistryError {
                code: excerpt(&error.code, TEXT_LIMIT),
                message: excerpt(&error.message.unwrap_or_default(), TEXT_LIMIT),
            };
            let said = |error: &BodyError| {
                !error.code.is_empty() || error.message.as_ref().is_some_and(|m| !m.is_empty())
            };
            let errors = parsed.errors.into_iter().filter(said);
            refusal.errors = errors.take(ERROR_LIMIT).map(read).collect();
        } else {
            let text = String::from_utf8_lossy(body);
            let text = text.trim();
            refusal.excerpt = (!text.is_empty()).then(|| excerpt(text, TEXT_LIMIT / 2));
        }
        refusal
    }

    /// Whether the registry gave `code` as a reason.
    #[must_use]
    pub fn has_code(&self, code: &str) -> bool {
        self.errors.iter().any(|error| error.code == code)
    }
}

impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.status)?;
        for error in &self.errors {
            write!(f, "; {}", printable(&error.code))?;
            if !error.message.is_empty() {
                write!(f, ": {}", error.message)?;
            }
        }
        if let Some(text) = &self.excerpt {
            write!(f, "; {text}")?;
        }
        match self.retry_after {
            Some(wait) => write!(f, "; try again in {} s", wait.as_secs()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Obligation 64.
    #[test]
    fn codes_and_messages_of_the_specification_are_read() {
        let refusal = ErrorResponse::parse(
            404,
            br#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no \u001b[1m","detail":{"a":[1]}},
                {},{"code":"","message":null},{"code":"X"}]}"#,
        );
        assert!(refusal.has_code("MANIFEST_UNKNOWN"));
        assert_eq!(refusal.to_string(), "status 404; MANIFEST_UNKNOWN: no \\u{1b}[1m; X");
    }

    /// Obligation 65.
    #[test]
    fn a_wait_is_read_in_both_forms() {
        let now = "2026-11-24T21:00:00Z".parse().unwrap();
        for (header, seconds) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("Tue, 24 Nov 2026 21:00:30 GMT", Some(30)),
            ("Tue, 24 Nov 2026 20:00:00 GMT", Some(0)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(retry_after(header, now), expected, "{header:?}");
        }
    }

    /// Obligation 63.
    #[test]
    fn any_other_body_shows_its_start() {
        for body in ["<html>\u{7}", "{\"message\":\"Not Found\"}", "[]", "{\"errors\":{}}"] {
            let refusal = ErrorResponse::parse(500, body.as_bytes());
            assert_eq!(refusal.errors, []);
            assert_eq!(refusal.excerpt, Some(printable(body)));
        }
        assert_eq!(ErrorResponse::parse(500, b" \n").excerpt, None);
        assert_eq!(ErrorResponse::parse(500, &vec![b'x'; 10_000]).to_string().chars().count(), 213);
    }
}
