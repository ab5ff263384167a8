//! A recorded exchange, as the distribution API understands it.

use std::ops::Deref;

use url::Url;

use super::transcript::Recorded;
use crate::oci::ApiPath;
use crate::wire::{Origin, RedactionMark};

/// A record with its URL parsed.
pub(super) struct ApiExchange<'a> {
    record: &'a Recorded,
    /// The start of the request, in seconds since 1970.
    pub(super) start: f64,
    pub(super) url: Url,
    pub(super) origin: Origin,
    /// `None` if the path is none of the distribution API's.
    pub(super) path: Option<ApiPath>,
}

impl Deref for ApiExchange<'_> {
    type Target = Recorded;

    fn deref(&self) -> &Recorded {
        self.record
    }
}

impl<'a> ApiExchange<'a> {
    /// Parses the URL of a record. Returns `None` if it is not an http or https URL.
    pub(super) fn parse(record: &'a Recorded) -> Option<Self> {
        let url = Url::parse(&record.exchange.request.url).ok()?;
        let origin = Origin::of(&url)?;
        let path = ApiPath::parse(url.path());
        Some(Self { record, start: record.started(), url, origin, path })
    }

    pub(super) fn method(&self) -> &str {
        &self.exchange.request.method
    }

    /// Returns true if the response was received completely.
    pub(super) fn is_complete(&self) -> bool {
        self.exchange.error.is_none()
    }

    /// Returns true if the status of the response is 2xx.
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status())
    }

    /// Returns the value of a query parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = self.url.query_pairs();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Returns the `Location` of the response as an absolute URL.
    pub(super) fn location(&self) -> Option<Url> {
        self.url.join(self.received("location")?).ok()
    }

    /// Returns what identifies the credential that was sent: the id of its redaction mark, or the
    /// whole value if nothing was redacted.
    pub(super) fn credential(&self) -> Option<String> {
        let value = self.sent("authorization")?;
        let mark = RedactionMark::find(value).map(|(_, mark, _)| mark.id().to_owned());
        Some(mark.unwrap_or_else(|| value.to_owned()))
    }
}

/// Returns the URL without its query. In an upload session the query holds the registry's state and
/// changes with each response; in a token request it holds the scope.
pub(super) fn without_query(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url
}
