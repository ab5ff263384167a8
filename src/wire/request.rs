//! A request, before it is sent.

use std::borrow::Cow;

use hyper::Method;
use zeroize::Zeroizing;

use super::body::content::Body;
use super::headers::Headers;
use super::origin::Origin;
use super::target::Target;

/// The value of an `Authorization` header, bound to one origin. The transport sends it to no other,
/// wherever a redirect or an upload location leads.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Authorization {
    origin: Origin,
    value: Zeroizing<String>,
}

impl Authorization {
    /// Binds `value`, which is the scheme and the credential, to `origin`.
    pub(crate) fn new(origin: Origin, value: String) -> Self {
        Self { origin, value: Zeroizing::new(value) }
    }

    pub(super) fn value_for(&self, origin: &Origin) -> Option<&str> {
        (self.origin == *origin).then_some(self.value.as_str())
    }
}

/// One request. The transport adds `host`, `user-agent`, `accept` and `content-length`.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) target: Target,
    pub(super) headers: Headers,
    pub(super) authorization: Option<Authorization>,
    pub(crate) body: Body,
    pub(super) operation: Cow<'static, str>,
    /// The number of the attempt at this request, counted from 1, for the transcript.
    pub(crate) attempt: u32,
    /// Whether both bodies of the exchange are secret, so that the transcript redacts them.
    pub(crate) confidential: bool,
}

impl Request {
    /// Makes a request without body. `operation` says in a transcript what the request is for.
    pub(crate) fn new(
        method: Method,
        target: impl Into<Target>,
        operation: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            method,
            target: target.into(),
            headers: Headers::default(),
            authorization: None,
            body: Body::empty(),
            operation: operation.into(),
            attempt: 1,
            confidential: false,
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push(name, value);
        self
    }

    /// Sets the body, and adds its media type as `content-type`.
    pub(crate) fn body(mut self, content_type: &str, body: impl Into<Body>) -> Self {
        self.headers.push("content-type", content_type);
        self.body = body.into();
        self
    }

    pub(crate) fn authorization(mut self, authorization: Option<Authorization>) -> Self {
        self.authorization = authorization;
        self
    }
}
