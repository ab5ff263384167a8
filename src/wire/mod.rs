//! HTTP: one exchange at a time, and a record of each.
//!
//! This layer knows no registry. Only it uses the HTTP library, and no type of that library shows in
//! its interface.

mod body;
mod error;
#[cfg(feature = "server")]
mod foreign_request;
mod headers;
#[cfg(feature = "server")]
mod listener;
mod origin;
mod pool;
mod proxy;
mod record;
mod request;
mod resolve;
mod response;
mod settings;
mod target;
#[cfg(test)]
mod tests;
mod transport;

pub(crate) use body::content::Body;
pub use body::source::BodySource;
pub use error::{HttpError, HttpErrorKind, TlsFailure};
#[cfg(feature = "server")]
pub(crate) use foreign_request::ForeignRequest;
pub(crate) use headers::Headers;
pub(crate) use hyper::Method;
#[cfg(feature = "server")]
pub(crate) use listener::{Listener, Service};
pub(crate) use origin::{Origin, is_loopback_host};
pub(crate) use proxy::proxy_of;
pub(crate) use record::exchange::FORMAT_VERSION;
pub use record::exchange::{
    Exchange, ExchangeError, JsonLinesRecorder, MemoryRecorder, Peer, ReceivedResponse,
    RecordedBody, Recorder, SentRequest,
};
pub(crate) use record::redaction_mark::RedactionMark;
pub(crate) use request::{Authorization, Request};
pub(crate) use response::Response;
pub use settings::{InvalidPem, Settings, TlsSettings};
pub(crate) use target::{Target, has_internal_host};
pub(crate) use transport::Transport;
