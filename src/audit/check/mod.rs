//! Checks recorded traffic against the distribution specification and the rules of security.
//!
//! Rules look at methods, URLs, header fields and bodies, never at the operation that a client
//! recorded. So recordings of any client can be checked.

mod checker;
mod content;
mod credential;
mod finding;
mod lists;
mod manifest;
mod rule;
mod token;
mod upload;

pub use checker::check;
pub use finding::Finding;
pub use rule::{RULES, Rule, Severity};

#[cfg(test)]
mod tests;
