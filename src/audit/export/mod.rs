//! Transcripts for other tools: HAR, curl commands, and a page to look at.

mod connections;
mod curl;
mod har;
mod html;
mod window;

pub use curl::curl;
pub use har::har;
pub use html::html;
