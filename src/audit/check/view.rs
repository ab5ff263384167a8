//! An exchange as the distribution specification sees it.

use url::Url;

use crate::audit::place::Place;
use crate::audit::transcript::Recorded;
use crate::oci::Digest;
use crate::wire::{Exchange, Origin, RecordedBody, RedactionMark};

/// A record with its URL read.
pub(super) struct View<'a> {
    pub(super) line: usize,
    pub(super) exchange: &'a Exchange,
    /// When it was started, in seconds since 1970.
    pub(super) seconds: f64,
    pub(super) url: Url,
    pub(super) origin: Origin,
    pub(super) place: Place,
}

impl<'a> View<'a> {
    /// `None` where the recorded URL is none.
    pub(super) fn new(recorded: &'a Recorded) -> Option<Self> {
        let exchange = &recorded.exchange;
        let url = Url::parse(&exchange.request.url).ok()?;
        let origin = Origin::of(&url)?;
        let place = Place::of(url.path());
        Some(Self {
            line: recorded.line,
            exchange,
            seconds: recorded.started(),
            url,
            origin,
            place,
        })
    }

    pub(super) fn method(&self) -> &str {
        &self.exchange.request.method
    }

    /// The response's status; 0 where there is none.
    pub(super) fn status(&self) -> u16 {
        self.exchange.response.as_ref().map_or(0, |response| response.status)
    }

    /// Whether the answer came to its end.
    pub(super) const fn is_whole(&self) -> bool {
        self.exchange.error.is_none()
    }

    pub(super) fn sent(&self, name: &str) -> Option<&str> {
        field(&self.exchange.request.headers, name)
    }

    pub(super) fn received(&self, name: &str) -> Option<&str> {
        field(&self.exchange.response.as_ref()?.headers, name)
    }

    pub(super) fn request_body(&self) -> Option<&RecordedBody> {
        self.exchange.request.body.as_ref()
    }

    pub(super) fn response_body(&self) -> Option<&RecordedBody> {
        self.exchange.response.as_ref()?.body.as_ref()
    }

    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = self.url.query_pairs();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Where a `Location` leads.
    pub(super) fn location(&self) -> Option<Url> {
        self.url.join(self.received("location")?).ok()
    }

    /// Returns what identifies the credential that was sent: the id of its redaction mark, or the
    /// whole value where nothing was redacted.
    pub(super) fn credential(&self) -> Option<String> {
        let value = self.sent("authorization")?;
        let mark = RedactionMark::find(value).map(|(_, mark, _)| mark.id().to_owned());
        Some(mark.unwrap_or_else(|| value.to_owned()))
    }
}

fn field<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

/// Whether a recorded body has `digest`; `None` where that does not show.
pub(super) fn body_has(body: Option<&RecordedBody>, digest: &Digest) -> Option<bool> {
    let Some(body) = body else { return Some(digest.matches(b"")) };
    match (&body.text, &body.sha256) {
        (Some(text), _) if text.len() as u64 == body.size => Some(digest.matches(text.as_bytes())),
        (_, Some(sha256)) if digest.algorithm() == crate::oci::Algorithm::Sha256 => {
            Some(sha256 == digest.encoded())
        }
        _ => None,
    }
}
