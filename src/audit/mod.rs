//! The auditor's tools: show, check, export and replay transcripts, and record other clients.
//!
//! No record is trusted. Only the proxy sends requests, and only those that a client sent to it.

mod api_exchange;
mod check;
pub mod export;
#[cfg(feature = "server")]
mod proxy;
#[cfg(feature = "server")]
mod replay;
mod show;
mod transcript;
mod upload_tracker;

pub use check::{Finding, RULES, Rule, Severity, check};
#[cfg(feature = "server")]
pub use proxy::Proxy;
#[cfg(feature = "server")]
pub use replay::Replay;
pub use show::Show;
pub use transcript::{Recorded, TranscriptError, TranscriptReader};
