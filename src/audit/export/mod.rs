//! Transcripts for other tools: HAR, curl commands, and an HTML page.

mod curl;
mod har;
mod html;

pub use curl::curl;
pub use har::har;
pub use html::html;
