//! The errors of an exchange.
//!
//! No type of the HTTP library, the TLS library or the resolver shows: a caller matches on
//! [`HttpErrorKind`], and `source()` keeps their reasons as text.

use std::error::Error;
use std::fmt;
use std::io;

use super::origin::Origin;
use super::resolve::ResolveError;
use crate::printable::{chain, printable};

/// An exchange that did not end with a whole response.
#[derive(Debug)]
pub struct HttpError {
    origin: Option<Origin>,
    kind: HttpErrorKind,
    /// The cause, unless `kind` holds it.
    source: Option<Source>,
}

pub(super) type Source = Box<dyn Error + Send + Sync>;

/// The reason why an exchange did not end with a whole response.
#[derive(Debug)]
#[non_exhaustive]
pub enum HttpErrorKind {
    /// The host's name could not be resolved.
    Unresolved,
    /// The host has an internal address, to which a public server must not lead.
    InternalAddress,
    /// The connection was refused: nothing listens at the address.
    Refused,
    /// The connection could not be made for another reason, or it broke. The kind is the operating
    /// system's.
    Connection(Option<io::ErrorKind>),
    /// The connection was closed before the response was complete.
    CutShort,
    /// Nothing was sent or received for too long, or no connection was made in time.
    Timeout,
    /// The TLS handshake failed.
    Tls(TlsFailure),
    /// The response is not HTTP. Most often the server speaks TLS, and http was expected.
    NotHttp,
    /// The response has more or longer header fields than are read.
    HeadersTooLarge,
    /// The content to send could not be read.
    Content(io::Error),
    /// The response's body is larger than the caller's limit, in bytes.
    BodyTooLarge(u64),
    /// There were more than 10 redirects.
    TooManyRedirects,
    /// A redirect leads from https to http, and was not followed.
    RedirectDowngrade,
    /// A redirect's `Location` is missing, too long, not an http or https URL, or holds a user name.
    RedirectLocation,
    /// A redirect's status would change the request's method, and was not followed.
    RedirectMethod,
    /// The header field with this name cannot be sent.
    InvalidHeader(String),
    /// The URL is neither http nor https, is too long, or holds a user name. The HTTP library would send
    /// a user name as a credential, and no record would show it.
    UnsupportedUrl,
    /// TLS or the HTTP library could not be set up.
    Setup,
    /// The exchange could not be written to the transcript.
    Record(io::Error),
}

impl HttpError {
    pub(super) const fn new(origin: Option<Origin>, kind: HttpErrorKind) -> Self {
        Self { origin, kind, source: None }
    }

    pub(super) fn with_source(origin: Option<Origin>, kind: HttpErrorKind, source: Source) -> Self {
        Self { origin, kind, source: Some(source) }
    }

    /// Returns the reason.
    #[must_use]
    pub const fn kind(&self) -> &HttpErrorKind {
        &self.kind
    }

    /// Returns the error of the content to send if it could not be read, else this error.
    pub(crate) fn into_content(self) -> Result<io::Error, Self> {
        match self.kind {
            HttpErrorKind::Content(error) => Ok(error),
            kind => Err(Self { kind, ..self }),
        }
    }

    /// Returns the origin that the request was meant for.
    pub(crate) const fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// Returns a stable word for the kind, which transcripts use.
    pub(super) const fn word(&self) -> &'static str {
        match self.kind {
            HttpErrorKind::Unresolved => "unresolved",
            HttpErrorKind::InternalAddress => "internal_address",
            HttpErrorKind::Refused => "refused",
            HttpErrorKind::Connection(_) => "connection",
            HttpErrorKind::CutShort => "cut_short",
            HttpErrorKind::Timeout => "timeout",
            HttpErrorKind::Tls(_) => "tls",
            HttpErrorKind::NotHttp => "not_http",
            HttpErrorKind::HeadersTooLarge => "headers_too_large",
            HttpErrorKind::Content(_) => "content",
            HttpErrorKind::BodyTooLarge(_) => "body_too_large",
            HttpErrorKind::TooManyRedirects
            | HttpErrorKind::RedirectDowngrade
            | HttpErrorKind::RedirectLocation
            | HttpErrorKind::RedirectMethod => "redirect",
            HttpErrorKind::InvalidHeader(_) | HttpErrorKind::UnsupportedUrl => "invalid_request",
            HttpErrorKind::Setup => "setup",
            HttpErrorKind::Record(_) => "record",
        }
    }

    /// Classifies an error of the HTTP library, and keeps its cause as text.
    pub(super) fn from_reqwest(origin: Option<Origin>, error: &reqwest::Error) -> Self {
        let (kind, source) = classify(error);
        Self { origin, kind, source: source.map(cause) }
    }
}

/// Keeps the text of `error` and of its causes, and not their types.
pub(super) fn cause(error: &dyn Error) -> Source {
    printable(&chain(error)).into()
}

/// Searches the chain of causes for the one that tells the kind. The libraries in between only wrap
/// it.
fn classify(error: &reqwest::Error) -> (HttpErrorKind, Option<&dyn Error>) {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    let mut innermost: Option<&dyn Error> = None;
    let mut io_error: Option<&io::Error> = None;
    while let Some(current) = next {
        match current.downcast_ref::<ResolveError>() {
            Some(ResolveError::Unknown(error)) => {
                return (HttpErrorKind::Unresolved, error.as_ref().map(|error| error as _));
            }
            Some(ResolveError::Internal) => return (HttpErrorKind::InternalAddress, None),
            None => {}
        }
        if let Some(tls) = current.downcast_ref::<rustls::Error>() {
            return (HttpErrorKind::Tls(TlsFailure::of(tls)), Some(tls));
        }
        if let Some(http) = current.downcast_ref::<hyper::Error>() {
            if http.is_parse_too_large() {
                return (HttpErrorKind::HeadersTooLarge, None);
            } else if http.is_parse() {
                return (HttpErrorKind::NotHttp, Some(http));
            } else if http.is_incomplete_message() {
                return (HttpErrorKind::CutShort, None);
            }
        }
        // The HTTP library's own text repeats the URL, which may hold a secret.
        if !current.is::<reqwest::Error>() {
            innermost = Some(current);
        }
        next = current.source();
        if let Some(io) = current.downcast_ref::<io::Error>() {
            io_error = Some(io);
            // `source` skips the error that an `io::Error` wraps, which may be the one of TLS.
            next = io.get_ref().map(|inner| inner as _);
        }
    }
    let is_system = io_error.is_some_and(|io| io.raw_os_error().is_some());
    match io_error.map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => (HttpErrorKind::Refused, None),
        Some(io::ErrorKind::TimedOut) => (HttpErrorKind::Timeout, innermost.filter(|_| is_system)),
        Some(io::ErrorKind::UnexpectedEof) => (HttpErrorKind::CutShort, innermost),
        _ if error.is_timeout() => (HttpErrorKind::Timeout, None),
        kind => (HttpErrorKind::Connection(kind), innermost),
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Some(origin) => write!(f, "{origin}: {}", self.kind),
            None => self.kind.fmt(f),
        }
    }
}

impl fmt::Display for HttpErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unresolved => f.write_str("the host name could not be resolved"),
            Self::InternalAddress => {
                f.write_str("refusing an internal address, to which no public server may lead")
            }
            Self::Refused => f.write_str("the connection was refused"),
            Self::Connection(_) => f.write_str("the connection failed"),
            Self::CutShort => {
                f.write_str("the connection was closed before the response was complete")
            }
            Self::Timeout => f.write_str("no answer came in time"),
            Self::Tls(error) => error.fmt(f),
            Self::NotHttp => f.write_str("the answer is not HTTP; perhaps this port speaks TLS"),
            Self::HeadersTooLarge => f.write_str("the answer has too many or too long headers"),
            Self::Content(_) => f.write_str("the content to send could not be read"),
            Self::BodyTooLarge(limit) => write!(f, "the answer is larger than {limit} bytes"),
            Self::TooManyRedirects => f.write_str("too many redirects"),
            Self::RedirectDowngrade => f.write_str("a redirect from https to http was refused"),
            Self::RedirectLocation => f.write_str("a redirect has no usable Location"),
            Self::RedirectMethod => {
                f.write_str("a redirect would change the method of the request")
            }
            Self::InvalidHeader(name) => write!(f, "the header {name:?} cannot be sent"),
            Self::UnsupportedUrl => {
                f.write_str("only http and https URLs without a user name can be requested")
            }
            Self::Setup => f.write_str("the HTTP client could not be set up"),
            Self::Record(_) => f.write_str("the transcript could not be written"),
        }
    }
}

impl Error for HttpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            HttpErrorKind::Record(error) | HttpErrorKind::Content(error) => Some(error),
            _ => self.source.as_deref().map(|source| source as _),
        }
    }
}

/// The reason why a TLS handshake failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsFailure {
    /// No trusted authority signed the certificate.
    UnknownIssuer,
    /// The certificate is for another name.
    WrongName,
    /// The certificate has expired.
    Expired,
    /// The certificate is not valid yet.
    NotYetValid,
    /// The other end does not speak TLS. Most often it speaks plain http.
    NotTls,
    /// The other end demands a client certificate, or it refused ours.
    ClientCertificate,
    /// Any other failure.
    Other,
}

impl TlsFailure {
    pub(super) fn of(error: &rustls::Error) -> Self {
        use rustls::{AlertDescription as Alert, CertificateError as Certificate, Error as Tls};
        match error {
            Tls::InvalidCertificate(error) => match error {
                // An authority that has a trusted name but another key makes a bad signature.
                Certificate::UnknownIssuer | Certificate::BadSignature => Self::UnknownIssuer,
                Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                    Self::WrongName
                }
                Certificate::Expired | Certificate::ExpiredContext { .. } => Self::Expired,
                Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                    Self::NotYetValid
                }
                _ => Self::Other,
            },
            Tls::InvalidMessage(_) => Self::NotTls,
            Tls::AlertReceived(
                Alert::CertificateRequired
                | Alert::BadCertificate
                | Alert::UnknownCA
                | Alert::CertificateUnknown
                | Alert::AccessDenied,
            ) => Self::ClientCertificate,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for TlsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownIssuer => "the certificate is signed by an unknown authority",
            Self::WrongName => "the certificate is for another name",
            Self::Expired => "the certificate has expired",
            Self::NotYetValid => "the certificate is not valid yet",
            Self::NotTls => "the answer is not TLS; perhaps this port speaks plain http",
            Self::ClientCertificate => "the client certificate is missing or was refused",
            Self::Other => "the TLS handshake failed",
        })
    }
}
