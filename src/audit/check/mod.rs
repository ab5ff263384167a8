//! Checks recorded traffic against the distribution specification and the rules of security.
//!
//! Rules look at methods, URLs, header fields and bodies, never at the operation that a client
//! recorded. So recordings of any client can be checked.

mod api_exchange;
mod checker;
mod content;
mod credential;
mod lists;
mod manifest;
mod rule;
mod upload;
mod upload_tracker;

pub use checker::check;
pub use rule::{Finding, Rule, Severity};

#[cfg(test)]
mod tests;
