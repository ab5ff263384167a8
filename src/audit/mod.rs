//! The auditor's tools: show, check, export and replay transcripts, and record other clients.
//!
//! No record is trusted. Only the proxy sends requests, and only those that a client sent to it.

mod check;
pub(crate) mod export;
#[cfg(feature = "cli")]
mod proxy;
#[cfg(feature = "cli")]
mod proxy_body;
#[cfg(feature = "cli")]
mod replay;
mod show;
mod transcript;

pub use check::{Finding, Rule, Severity, check};
#[cfg(feature = "cli")]
pub(crate) use proxy::proxy;
#[cfg(feature = "cli")]
pub(crate) use replay::replay;
pub(crate) use show::{SHOW_TITLE, Show};
pub use transcript::{Recorded, TranscriptError, TranscriptReader};
