//! HTTP, one exchange at a time, each of them recorded.
//!
//! This layer knows no registry. It is the only one that touches the HTTP library; nothing of that
//! library shows in its interface.

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
mod transport;

pub use address::is_internal;
pub use body::content::Body;
pub use body::source::BodySource;
pub use error::{HttpError, HttpErrorKind, RefusedRedirect, TlsFailure};
pub use headers::Headers;
#[cfg(feature = "server")]
pub(crate) use listener::Listener;
pub use origin::{Origin, is_loopback_host};
pub use proxy::proxy_of;
pub use record::exchange::{
    Exchange, ExchangeError, FORMAT_VERSION, Peer, ReceivedResponse, RecordedBody, SentRequest,
};
pub use record::recorder::{JsonLinesRecorder, MemoryRecorder, Recorder};
pub(crate) use record::redaction_mark::RedactionMark;
pub use request::{Authorization, Method, Request};
pub use response::Response;
pub use settings::Settings;
pub use tls::{InvalidPem, TlsSettings};
pub use transport::Transport;
