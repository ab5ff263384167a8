//! The auditor's tools: show, check, export and replay transcripts, and record other clients.
//!
//! No record is trusted. Only the proxy sends requests, and only those that a client sent to it.

pub mod check;
pub mod export;
mod place;
#[cfg(feature = "server")]
mod proxy;
#[cfg(feature = "server")]
mod relayed;
#[cfg(feature = "server")]
mod replay;
mod show;
#[cfg(feature = "server")]
mod step;
mod transcript;

#[cfg(feature = "server")]
pub use proxy::Proxy;
#[cfg(feature = "server")]
pub use replay::Replay;
pub use show::Show;
pub use transcript::{Recorded, TranscriptError, TranscriptReader};
