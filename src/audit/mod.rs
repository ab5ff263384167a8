//! The auditor's tools, on records of exchanges alone: show, check, export.
//!
//! Nothing here sends a request of its own or trusts what a record says.

pub mod check;
pub mod export;
mod show;
mod transcript;

pub use show::Show;
pub use transcript::{Recorded, TranscriptError, TranscriptReader};
