//! The auditor's tools: show, check, export and replay transcripts, and record other clients.
//!
//! No record is trusted. Only the proxy sends requests, and only those that a client sent to it.

mod check;
pub mod export;
mod proxy;
mod proxy_body;
mod replay;
mod show;
mod transcript;

pub use check::{Finding, Rule, Severity, check};
pub use proxy::Proxy;
pub use replay::Replay;
pub(crate) use show::{SHOW_TITLE, Show};
pub use transcript::{Recorded, TranscriptError, TranscriptReader};
