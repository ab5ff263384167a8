//! Checks recorded traffic against the distribution specification and the rules of security.
//!
//! Rules look at methods, URLs, header fields and bodies, never at the operation that a client
//! recorded. So recordings of any client can be checked.

mod api_exchange;
mod content;
mod credential;
mod lists;
mod manifest;
mod rule;
mod upload;
mod upload_tracker;

use self::api_exchange::ApiExchange;
pub use self::rule::{Finding, Rule, Severity};
use super::transcript::{Recorded, runs};

/// Checks the exchanges of a transcript, each run of a program separately. Returns the findings in
/// the order of lines.
#[must_use]
pub fn check(records: &[Recorded]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for run in runs(records) {
        let exchanges: Vec<_> = run.into_iter().filter_map(ApiExchange::parse).collect();
        content::check(&exchanges);
        manifest::check(&exchanges);
        upload::check(&exchanges);
        credential::check(&exchanges);
        lists::check(&exchanges);
        findings.extend(exchanges.into_iter().flat_map(ApiExchange::into_findings));
    }
    findings.sort_by_key(|finding| finding.line);
    findings
}

#[cfg(test)]
mod tests;
