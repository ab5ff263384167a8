//! HTTP: one exchange at a time, and a record of each.
//!
//! This layer knows no registry. Only it uses the HTTP library, and no type of that library shows in
//! its interface.

mod address;
mod body;
mod error;
mod headers;
#[cfg(feature = "server")]
mod listener;
mod origin;
mod pool;
mod proxy;
mod record;
mod redirect;
mod request;
mod resolve;
mod response;
mod settings;
#[cfg(test)]
mod tests;
mod tls;
mod tls_failure;
mod transport;

pub(crate) use address::is_internal;
pub(crate) use body::content::Body;
pub use body::source::BodySource;
pub use error::{HttpError, HttpErrorKind, RefusedRedirect};
pub(crate) use headers::Headers;
#[cfg(feature = "server")]
pub(crate) use listener::{Listener, Service};
pub use origin::Origin;
pub(crate) use origin::is_loopback_host;
#[cfg(feature = "cli")]
pub(crate) use proxy::proxy_of;
pub(crate) use record::exchange::FORMAT_VERSION;
pub use record::exchange::{
    Exchange, ExchangeError, Peer, ReceivedResponse, RecordedBody, SentRequest,
};
pub use record::recorder::{JsonLinesRecorder, MemoryRecorder, Recorder};
pub(crate) use record::redaction_mark::RedactionMark;
pub(crate) use request::{Authorization, Method, Request};
pub(crate) use response::Response;
pub use settings::Settings;
pub use tls::{InvalidPem, TlsSettings};
pub use tls_failure::TlsFailure;
pub(crate) use transport::Transport;
