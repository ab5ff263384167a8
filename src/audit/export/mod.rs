//! Transcripts for other tools: HAR, curl commands, and an HTML page.

mod curl;
mod har;
mod html;

pub(crate) use curl::curl;
pub(crate) use har::har;
pub(crate) use html::html;
