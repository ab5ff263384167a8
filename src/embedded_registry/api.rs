//! The state that the handlers of all endpoints share, and how they read a query.

use super::response::{ApiResponse, Rejection};
use super::storage::Storage;
use super::upload_sessions::UploadSessions;
use crate::oci::Digest;

/// Handles the requests of one registry. Each endpoint has its methods in a file of its own.
#[derive(Debug)]
pub(super) struct Api {
    pub(super) storage: Storage,
    pub(super) uploads: UploadSessions,
}

/// Returns the first value of the query parameter `name`.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    parameters(query, name).next()
}

/// Returns every value of the query parameter `name`.
pub(super) fn parameters<'a>(query: &'a str, name: &'a str) -> impl Iterator<Item = String> + 'a {
    url::form_urlencoded::parse(query.as_bytes())
        .filter(move |(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

pub(super) fn parse_digest(text: &str) -> Result<Digest, ApiResponse> {
    text.parse().map_err(|error| Rejection::DigestInvalid.because(error))
}
