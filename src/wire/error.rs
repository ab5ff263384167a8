//! What can go wrong below HTTP, told apart by type.

use std::fmt;
use std::io;

use super::origin::Origin;
use super::resolve::Unresolved;

/// An exchange that did not end with a whole response.
#[derive(Debug)]
pub struct HttpError {
    origin: Option<Origin>,
    kind: HttpErrorKind,
}

/// Why an exchange did not end with a whole response.
#[derive(Debug)]
#[non_exhaustive]
pub enum HttpErrorKind {
    /// The host's name could not be resolved.
    Unresolved,
    /// The host's name leads to an internal address, to which this request must not go.
    InternalAddress,
    /// Nothing listens at the address.
    Refused,
    /// The connection could not be made for another reason, or broke.
    Connection(Option<io::ErrorKind>),
    /// The connection was closed before the answer was whole.
    CutShort,
    /// Nothing came for too long.
    Timeout,
    /// The TLS handshake failed.
    Tls(TlsFailure),
    /// What came back is not HTTP; most often TLS spoken where http was expected.
    NotHttp,
    /// The header fields are more, or longer, than is read.
    HeadersTooLarge,
    /// The content that was to be sent could not be read.
    Content(io::Error),
    /// The body is larger than the caller's limit, in bytes.
    BodyTooLarge(u64),
    /// More redirects than [`super::MAX_REDIRECTS`].
    TooManyRedirects,
    /// A redirect that is not followed, and why.
    Redirect(RefusedRedirect),
    /// A header field, by its name, that cannot be sent.
    InvalidHeader(String),
    /// The URL is neither http nor https, is too long, or holds a user name, which would be sent along
    /// unrecorded.
    UnsupportedUrl,
    /// The HTTP library could not be set up.
    Setup(String),
    /// The exchange could not be written to the transcript.
    Record(io::Error),
}

/// Why a TLS handshake failed.
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
    /// The other end does not speak TLS; most often plain http.
    NotTls,
    /// The other end asked for a client certificate, or refused ours.
    ClientCertificate,
    /// Any other failure.
    Other,
}

/// Why a redirect was not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusedRedirect {
    /// It leads from https to http.
    Downgrade,
    /// Its `Location` is missing, too long, or no http(s) URL, or holds a user name.
    Location,
    /// Its status would turn the request into another one.
    Method,
}

impl HttpError {
    pub(super) const fn new(origin: Option<Origin>, kind: HttpErrorKind) -> Self {
        Self { origin, kind }
    }

    /// What went wrong.
    #[must_use]
    pub const fn kind(&self) -> &HttpErrorKind {
        &self.kind
    }

    /// Why the content that was to be sent could not be read, if that is what went wrong.
    ///
    /// # Errors
    /// Any other error, as it is.
    pub fn into_content(self) -> Result<io::Error, Self> {
        match self.kind {
            HttpErrorKind::Content(error) => Ok(error),
            kind => Err(Self { kind, ..self }),
        }
    }

    /// Whom the request was meant for.
    #[must_use]
    pub const fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// A stable word for the kind, used in transcripts.
    #[must_use]
    pub const fn word(&self) -> &'static str {
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
            HttpErrorKind::TooManyRedirects | HttpErrorKind::Redirect(_) => "redirect",
            HttpErrorKind::InvalidHeader(_) | HttpErrorKind::UnsupportedUrl => "invalid_request",
            HttpErrorKind::Setup(_) => "setup",
            HttpErrorKind::Record(_) => "record",
        }
    }

    /// Reads an error of the HTTP library.
    pub(super) fn from_reqwest(origin: Option<Origin>, error: &reqwest::Error) -> Self {
        Self::new(origin, classify(error))
    }
}

/// Finds the cause that the libraries below wrapped, by type.
fn classify(error: &reqwest::Error) -> HttpErrorKind {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut connection = None;
    while let Some(current) = cause {
        match current.downcast_ref::<Unresolved>() {
            Some(Unresolved::Unknown) => return HttpErrorKind::Unresolved,
            Some(Unresolved::Internal) => return HttpErrorKind::InternalAddress,
            None => {}
        }
        if let Some(tls) = current.downcast_ref::<rustls::Error>() {
            return HttpErrorKind::Tls(tls_failure(tls));
        }
        if let Some(http) = current.downcast_ref::<hyper::Error>() {
            if http.is_parse_too_large() {
                return HttpErrorKind::HeadersTooLarge;
            } else if http.is_parse() {
                return HttpErrorKind::NotHttp;
            } else if http.is_incomplete_message() {
                return HttpErrorKind::CutShort;
            }
        }
        cause = current.source();
        if let Some(io) = current.downcast_ref::<io::Error>() {
            connection = Some(io.kind());
            // `source` skips what an `io::Error` wraps, which may be the error of TLS.
            cause = io.get_ref().map(|inner| inner as _);
        }
    }
    match connection {
        Some(io::ErrorKind::ConnectionRefused) => HttpErrorKind::Refused,
        Some(io::ErrorKind::TimedOut) => HttpErrorKind::Timeout,
        Some(io::ErrorKind::UnexpectedEof) => HttpErrorKind::CutShort,
        _ if error.is_timeout() => HttpErrorKind::Timeout,
        kind => HttpErrorKind::Connection(kind),
    }
}

fn tls_failure(error: &rustls::Error) -> TlsFailure {
    use rustls::{AlertDescription as Alert, CertificateError as Certificate, Error as Tls};
    match error {
        Tls::InvalidCertificate(error) => match error {
            // A signature that does not hold is of an authority that only bears a trusted name.
            Certificate::UnknownIssuer | Certificate::BadSignature => TlsFailure::UnknownIssuer,
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                TlsFailure::WrongName
            }
            Certificate::Expired | Certificate::ExpiredContext { .. } => TlsFailure::Expired,
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                TlsFailure::NotYetValid
            }
            _ => TlsFailure::Other,
        },
        Tls::InvalidMessage(_) => TlsFailure::NotTls,
        Tls::AlertReceived(
            Alert::CertificateRequired
            | Alert::BadCertificate
            | Alert::UnknownCA
            | Alert::CertificateUnknown
            | Alert::AccessDenied,
        ) => TlsFailure::ClientCertificate,
        _ => TlsFailure::Other,
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
            Self::InternalAddress => f.write_str("the host name leads to an internal address"),
            Self::Refused => f.write_str("the connection was refused"),
            Self::Connection(Some(kind)) => write!(f, "the connection failed: {kind}"),
            Self::Connection(None) => f.write_str("the connection broke"),
            Self::CutShort => f.write_str("the connection was closed before the answer was whole"),
            Self::Timeout => f.write_str("no answer came in time"),
            Self::Tls(error) => error.fmt(f),
            Self::NotHttp => f.write_str("the answer is not HTTP; perhaps this port speaks TLS"),
            Self::HeadersTooLarge => f.write_str("the answer has too many or too long headers"),
            Self::Content(error) => write!(f, "the content to send could not be read: {error}"),
            Self::BodyTooLarge(limit) => write!(f, "the answer is larger than {limit} bytes"),
            Self::TooManyRedirects => f.write_str("too many redirects"),
            Self::Redirect(error) => error.fmt(f),
            Self::InvalidHeader(name) => write!(f, "the header {name:?} cannot be sent"),
            Self::UnsupportedUrl => {
                f.write_str("only http and https URLs without a user name can be asked")
            }
            Self::Setup(error) => write!(f, "the HTTP client could not be set up: {error}"),
            Self::Record(error) => write!(f, "the transcript could not be written: {error}"),
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

impl fmt::Display for RefusedRedirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Downgrade => "a redirect from https to http was refused",
            Self::Location => "a redirect does not say where to",
            Self::Method => "a redirect would turn the request into another one",
        })
    }
}

impl std::error::Error for HttpError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            HttpErrorKind::Record(error) | HttpErrorKind::Content(error) => Some(error),
            _ => None,
        }
    }
}
