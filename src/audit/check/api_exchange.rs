//! A recorded exchange, as the distribution API understands it.

use std::cell::RefCell;
use std::ops::Deref;

use url::Url;

use super::rule::{Finding, Rule};
use crate::audit::transcript::Recorded;
use crate::oci::ApiPath;
use crate::wire::{Origin, RedactionMark};

/// A record with its URL parsed, and the findings about it.
pub(super) struct ApiExchange<'a> {
    record: &'a Recorded,
    /// The start of the request, in seconds since 1970.
    pub(super) start: f64,
    pub(super) url: Url,
    pub(super) origin: Origin,
    /// `None` if the path does not belong to the distribution API.
    pub(super) path: Option<ApiPath>,
    findings: RefCell<Vec<Finding>>,
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
        let findings = RefCell::default();
        Some(Self { record, start: record.started(), url, origin, path, findings })
    }

    /// Adds the finding that this exchange violates `rule`.
    pub(super) fn violates(&self, rule: &'static Rule, message: impl Into<String>) {
        let finding = Finding { line: self.line, rule, message: message.into() };
        self.findings.borrow_mut().push(finding);
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings.into_inner()
    }

    pub(super) fn method(&self) -> &str {
        &self.exchange.request.method
    }

    /// Returns true if the response was received completely.
    pub(super) fn is_complete(&self) -> bool {
        self.exchange.error.is_none()
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status())
    }

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
