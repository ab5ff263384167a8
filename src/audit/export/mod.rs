//! Transcripts for other tools: HAR, curl commands, and a page to look at.

mod curl;
mod har;
mod html;
mod lanes;

pub use curl::curl;
pub use har::har;
pub use html::html;
