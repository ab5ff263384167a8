//! What is to be sent.

use std::borrow::Cow;
use std::fmt;

use url::Url;
use zeroize::Zeroizing;

use super::body::content::Body;
use super::headers::Headers;
use super::origin::Origin;

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// GET
    Get,
    /// HEAD
    Head,
    /// POST
    Post,
    /// PUT
    Put,
    /// PATCH
    Patch,
    /// DELETE
    Delete,
}

impl Method {
    /// The method as it stands in the request line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// The method of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Get, Self::Head, Self::Post, Self::Put, Self::Patch, Self::Delete]
            .into_iter()
            .find(|method| method.as_str() == name)
    }

    /// Whether the request asks for nothing but an answer (RFC 9110, section 9.2.1).
    #[must_use]
    pub const fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }
}

/// The value of an `Authorization` header, bound to one origin.
///
/// The transport sends it to that origin and to no other, whatever a redirect or an upload location
/// says. Debug output shows the origin alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization {
    origin: Origin,
    value: Zeroizing<String>,
}

impl Authorization {
    /// `value`, scheme word and credential, for `origin`.
    #[must_use]
    pub fn new(origin: Origin, value: String) -> Self {
        Self { origin, value: Zeroizing::new(value) }
    }

    /// The value, for `origin` alone.
    pub(super) fn value_for(&self, origin: &Origin) -> Option<&str> {
        (self.origin == *origin).then_some(self.value.as_str())
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorization(for {})", self.origin)
    }
}

/// One request. `host` and, with a body, `content-length` are added when it is sent.
#[derive(Debug, Clone)]
pub struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: Headers,
    pub(super) authorization: Option<Authorization>,
    pub(super) body: Body,
    pub(super) operation: Cow<'static, str>,
    pub(super) attempt: u32,
    pub(super) confidential: bool,
    pub(super) destination: Destination,
}

/// What is known of the host that a request goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Destination {
    /// Nothing.
    Any,
    /// It is the registry: its own certificates count, and it is shown the client's.
    Registry,
    /// Another origin redirected there.
    Redirected,
    /// It must not have an internal address.
    Public,
}

impl Request {
    /// A request without body. `operation` says in a transcript what the request is for.
    #[must_use]
    pub fn new(method: Method, url: Url, operation: impl Into<Cow<'static, str>>) -> Self {
        Self {
            method,
            url,
            headers: Headers::new(),
            authorization: None,
            body: Body::empty(),
            operation: operation.into(),
            attempt: 1,
            confidential: false,
            destination: Destination::Any,
        }
    }

    /// Where it goes.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// The same with one more header field.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push(name, value);
        self
    }

    /// The same with a body of the given media type.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Body>) -> Self {
        self.headers.push("content-type", content_type);
        self.body = body.into();
        self
    }

    /// The same with a body whose type, if any, stands in the header fields already.
    #[must_use]
    pub fn payload(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// The same with a credential.
    #[must_use]
    pub fn authorization(mut self, authorization: Option<Authorization>) -> Self {
        self.authorization = authorization;
        self
    }

    /// The same, marked as the `attempt`th of one request, from 1.
    #[must_use]
    pub const fn attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    /// The same, to a registry itself: its own certificates count, and it is shown the client's. A
    /// redirect to another origin loses this.
    #[must_use]
    pub const fn to_registry(mut self) -> Self {
        self.destination = Destination::Registry;
        self
    }

    /// The same, refused where the host's name leads to an internal address.
    #[must_use]
    pub const fn public_only(mut self) -> Self {
        self.destination = Destination::Public;
        self
    }

    /// The same, marked as one whose bodies hold secrets in both directions.
    #[must_use]
    pub const fn confidential(mut self) -> Self {
        self.confidential = true;
        self
    }
}
