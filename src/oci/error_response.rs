//! Error responses of registries and token servers (distribution specification, "Error Codes").

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

use crate::printable::excerpt;
use crate::timestamp::Timestamp;
use crate::wire::{HttpError, HttpErrorKind, Response};

/// The most bytes of an error response's body that are read.
pub(super) const BODY_LIMIT: u64 = 1024 * 1024;
/// The most errors of one response that are kept.
const ERROR_LIMIT: usize = 8;
/// The most characters of one code or message that are kept.
const TEXT_LIMIT: usize = 400;

/// A response with an error status: the status, and the registry's own errors if it sent any.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorResponse {
    /// The HTTP status code.
    pub status: u16,
    /// The registry's own errors, at most eight.
    pub errors: Vec<RegistryError>,
    /// The start of a body that does not have the specification's form.
    pub excerpt: Option<String>,
    /// How long the registry asks to wait (`Retry-After`).
    pub retry_after: Option<Duration>,
}

/// One error of a registry. Both texts are safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegistryError {
    /// The code, such as `MANIFEST_UNKNOWN`. Some registries send an empty one.
    pub code: ErrorCode,
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
    message: Option<String>,
}

impl ErrorResponse {
    /// Reads the error that `response` carries. A body that cannot be read is left out: the status alone says
    /// that the request failed. Only an exchange that cannot be recorded is an error.
    pub(super) async fn read(response: Response) -> Result<Self, HttpError> {
        Self::read_with(response, Self::parse).await
    }

    /// Reads the error of a token server as [`Self::read`] does. Text of no known form may hold a token, so
    /// that it is left out.
    pub(super) async fn read_without_text(response: Response) -> Result<Self, HttpError> {
        let parse = |status, body: &[u8]| {
            let excerpt = message_of(body).map(|text| excerpt(&text, TEXT_LIMIT / 2));
            Self { excerpt, ..Self::parse(status, body) }
        };
        Self::read_with(response, parse).await
    }

    async fn read_with(
        response: Response,
        parse: impl FnOnce(u16, &[u8]) -> Self,
    ) -> Result<Self, HttpError> {
        let status = response.status();
        let header = response.headers().get("retry-after");
        let retry_after = header.and_then(|header| parse_retry_after(header, Timestamp::now()));
        let body = match response.read(BODY_LIMIT).await {
            Ok(body) => body,
            Err(error) if matches!(error.kind(), HttpErrorKind::Record(_)) => return Err(error),
            Err(_) => Vec::new(),
        };
        Ok(Self { retry_after, ..parse(status, &body) })
    }

    /// Parses a body of any form; one without the specification's form becomes an excerpt.
    pub(super) fn parse(status: u16, body: &[u8]) -> Self {
        let mut response = Self { status, errors: Vec::new(), excerpt: None, retry_after: None };
        if let Ok(parsed) = serde_json::from_slice::<Body>(body) {
            let errors = parsed.errors.into_iter().map(|error| RegistryError {
                code: ErrorCode::parse(excerpt(&error.code, TEXT_LIMIT)),
                message: excerpt(&error.message.unwrap_or_default(), TEXT_LIMIT),
            });
            let errors = errors.filter(|e| !e.code.as_str().is_empty() || !e.message.is_empty());
            response.errors = errors.take(ERROR_LIMIT).collect();
        } else {
            let text = String::from_utf8_lossy(body);
            let text = text.trim();
            response.excerpt = (!text.is_empty()).then(|| excerpt(text, TEXT_LIMIT / 2));
        }
        response
    }

    /// Returns true if one of the registry's errors has this code.
    #[must_use]
    pub fn has_code(&self, code: &ErrorCode) -> bool {
        self.errors.iter().any(|error| error.code == *code)
    }
}

/// Returns the message of an error in one of the forms that token servers use: Docker's `details`, or that of
/// OAuth 2 (RFC 6749, section 5.2).
fn message_of(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Message {
        details: Option<String>,
        error_description: Option<String>,
        error: Option<String>,
    }
    let Message { details, error_description, error } = serde_json::from_slice(body).ok()?;
    details.or(error_description).or(error)
}

/// Returns the body of an error response with one error, as a registry sends it.
pub(crate) fn error_body(code: &str, message: &str) -> String {
    serde_json::json!({ "errors": [{ "code": code, "message": message }] }).to_string()
}

/// Parses `Retry-After` in both of its forms (RFC 9110, section 10.2.3).
fn parse_retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    match header.trim().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Timestamp::from_http_date(header.trim()).map(|until| until.since(now)),
    }
}

impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.status)?;
        for RegistryError { code, message } in &self.errors {
            let separator = if code.as_str().is_empty() || message.is_empty() { "" } else { ": " };
            write!(f, "; {code}{separator}{message}")?;
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

/// An error code of the distribution specification, or another one that a registry sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorCode {
    /// `BLOB_UNKNOWN`
    BlobUnknown,
    /// `BLOB_UPLOAD_INVALID`
    BlobUploadInvalid,
    /// `BLOB_UPLOAD_UNKNOWN`
    BlobUploadUnknown,
    /// `DIGEST_INVALID`
    DigestInvalid,
    /// `MANIFEST_BLOB_UNKNOWN`
    ManifestBlobUnknown,
    /// `MANIFEST_INVALID`
    ManifestInvalid,
    /// `MANIFEST_UNKNOWN`
    ManifestUnknown,
    /// `NAME_INVALID`
    NameInvalid,
    /// `NAME_UNKNOWN`
    NameUnknown,
    /// `SIZE_INVALID`
    SizeInvalid,
    /// `UNAUTHORIZED`
    Unauthorized,
    /// `DENIED`
    Denied,
    /// `UNSUPPORTED`
    Unsupported,
    /// `TOOMANYREQUESTS`
    TooManyRequests,
    /// A code that the specification does not define, as the registry sent it.
    Other(String),
}

const CODES: [(ErrorCode, &str); 14] = [
    (ErrorCode::BlobUnknown, "BLOB_UNKNOWN"),
    (ErrorCode::BlobUploadInvalid, "BLOB_UPLOAD_INVALID"),
    (ErrorCode::BlobUploadUnknown, "BLOB_UPLOAD_UNKNOWN"),
    (ErrorCode::DigestInvalid, "DIGEST_INVALID"),
    (ErrorCode::ManifestBlobUnknown, "MANIFEST_BLOB_UNKNOWN"),
    (ErrorCode::ManifestInvalid, "MANIFEST_INVALID"),
    (ErrorCode::ManifestUnknown, "MANIFEST_UNKNOWN"),
    (ErrorCode::NameInvalid, "NAME_INVALID"),
    (ErrorCode::NameUnknown, "NAME_UNKNOWN"),
    (ErrorCode::SizeInvalid, "SIZE_INVALID"),
    (ErrorCode::Unauthorized, "UNAUTHORIZED"),
    (ErrorCode::Denied, "DENIED"),
    (ErrorCode::Unsupported, "UNSUPPORTED"),
    (ErrorCode::TooManyRequests, "TOOMANYREQUESTS"),
];

impl ErrorCode {
    pub(super) fn parse(text: String) -> Self {
        let known = CODES.iter().find(|(_, name)| *name == text).map(|(code, _)| code.clone());
        known.unwrap_or(Self::Other(text))
    }

    /// Returns the code as it stands in an error response.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Other(text) => text,
            code => CODES.iter().find(|(known, _)| known == code).map_or("", |(_, text)| text),
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_message_of_a_token_server_is_shown() {
        for (body, expected) in [
            (r#"{"details":"wrong password"}"#, Some("wrong password")),
            (r#"{"error":"invalid_grant","error_description":"expired"}"#, Some("expired")),
            (r#"{"error":"invalid_grant"}"#, Some("invalid_grant")),
            (r#"{"access_token":"FAKE-token"}"#, None),
            ("token=FAKE-token", None),
        ] {
            assert_eq!(message_of(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }
    use crate::printable::printable;

    /// Obligation 64.
    #[test]
    fn codes_and_messages_are_parsed_whatever_the_detail() {
        let response = ErrorResponse::parse(
            404,
            br#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no \u001b[1m","detail":{"a":[1]}},
                {},{"code":"","message":null},{"code":"X"},{"message":"without code"}]}"#,
        );
        assert!(response.has_code(&ErrorCode::ManifestUnknown));
        assert_eq!(
            response.to_string(),
            "status 404; MANIFEST_UNKNOWN: no \\u{1b}[1m; X; without code"
        );
    }

    /// Obligation 65.
    #[test]
    fn retry_after_is_parsed_in_both_forms() {
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
            assert_eq!(parse_retry_after(header, now), expected, "{header:?}");
        }
    }

    /// Obligation 63.
    #[test]
    fn body_without_the_specifications_form_becomes_an_excerpt() {
        for body in ["<html>\u{7}", "{\"message\":\"Not Found\"}", "[]", "{\"errors\":{}}"] {
            let response = ErrorResponse::parse(500, body.as_bytes());
            assert_eq!(response.errors, []);
            assert_eq!(response.excerpt, Some(printable(body)));
        }
        assert_eq!(ErrorResponse::parse(500, b" \n").excerpt, None);
        assert_eq!(ErrorResponse::parse(500, &vec![b'x'; 10_000]).to_string().chars().count(), 213);
    }

    #[test]
    fn codes_survive_a_round_trip_and_unknown_ones_are_kept() {
        for (code, text) in CODES {
            assert_eq!(ErrorCode::parse(text.to_owned()), code);
            assert_eq!(code.as_str(), text);
        }
        let other = ErrorCode::parse("TEAPOT".to_owned());
        assert_eq!(other, ErrorCode::Other("TEAPOT".to_owned()));
        assert_eq!(other.to_string(), "TEAPOT");
    }
}
