//! A request, before it is sent.

use std::borrow::Cow;
use std::fmt;

use url::Url;
use zeroize::Zeroizing;

use super::body::content::Body;
use super::headers::Headers;
use super::origin::Origin;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub(crate) enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    #[cfg(feature = "server")]
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Get, Self::Head, Self::Post, Self::Put, Self::Patch, Self::Delete]
            .into_iter()
            .find(|method| method.as_str() == name)
    }

    /// Returns true if the method is safe: it only reads (RFC 9110, section 9.2.1).
    pub(crate) const fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }
}

/// The value of an `Authorization` header, bound to one origin.
///
/// The transport sends it to that origin and to no other, wherever a redirect or an upload location
/// leads. Debug output shows the origin alone.
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

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorization(for {})", self.origin)
    }
}

/// One request. The transport adds `host`, `user-agent`, `accept` and `content-length`.
#[derive(Debug, Clone)]
pub(crate) struct Request {
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

/// The kind of host that a request goes to. It decides which certificates are used and which addresses
/// are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Destination {
    Any,
    /// It is the registry: the certificates of its directory in `certs.d` are used, and it is shown the
    /// client certificate.
    Registry,
    /// A redirect of another origin leads there.
    Redirected,
    /// It must not have an internal address.
    PublicOnly,
}

impl Request {
    /// Makes a request without body. `operation` says in a transcript what the request is for.
    pub(crate) fn new(method: Method, url: Url, operation: impl Into<Cow<'static, str>>) -> Self {
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

    pub(crate) const fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) const fn is_safe(&self) -> bool {
        self.method.is_safe()
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

    #[cfg(feature = "server")]
    pub(crate) fn untyped_body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn authorization(mut self, authorization: Option<Authorization>) -> Self {
        self.authorization = authorization;
        self
    }

    pub(crate) const fn attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    /// Marks the request as one to a registry: the certificates of its directory in `certs.d` are used,
    /// and it is shown the client certificate. A redirect to another origin removes the mark.
    pub(crate) const fn for_registry(mut self) -> Self {
        self.destination = Destination::Registry;
        self
    }

    /// Refuses to send the request if the host name has an internal address.
    pub(crate) const fn public_only(mut self) -> Self {
        self.destination = Destination::PublicOnly;
        self
    }

    /// Marks both bodies of the exchange as secret, so that the transcript redacts them.
    pub(crate) const fn confidential(mut self) -> Self {
        self.confidential = true;
        self
    }
}
