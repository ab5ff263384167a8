//! Checks recorded traffic against the distribution specification and the rules of security.
//!
//! Rules look at methods, URLs, headers and bodies, not at what a client says its request was for:
//! recordings of any client can be checked.

mod content;
mod credential;
mod manifest;
mod pages;
mod referrers;
mod rule;
mod token;
mod upload;
mod view;

use std::collections::BTreeMap;

use self::view::View;
use super::transcript::Recorded;

pub use rule::{RULES, Rule, Severity};

/// A rule that a recorded exchange breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The line of the transcript, from 1.
    pub line: usize,
    /// The rule.
    pub rule: &'static Rule,
    /// What breaks it. It may hold text of a registry's, unchanged.
    pub message: String,
}

/// Checks the exchanges of a transcript, each run of a program by itself. Findings come in the order
/// of lines.
#[must_use]
pub fn check(records: &[Recorded]) -> Vec<Finding> {
    let mut runs: BTreeMap<&str, Vec<View<'_>>> = BTreeMap::new();
    for recorded in records {
        if let Some(view) = View::new(recorded) {
            runs.entry(&recorded.exchange.run).or_default().push(view);
        }
    }
    let mut findings = Vec::new();
    for views in runs.values_mut() {
        // Lines stand in the order in which exchanges ended.
        views.sort_by_key(|view| view.exchange.seq);
        content::check(views, &mut findings);
        manifest::check(views, &mut findings);
        upload::check(views, &mut findings);
        credential::check(views, &mut findings);
        token::check(views, &mut findings);
        referrers::check(views, &mut findings);
        pages::check(views, &mut findings);
    }
    findings.sort_by_key(|finding| finding.line);
    findings
}

/// Notes that `view` breaks `rule`.
fn note(
    findings: &mut Vec<Finding>,
    view: &View<'_>,
    rule: &'static Rule,
    message: impl Into<String>,
) {
    findings.push(Finding { line: view.line, rule, message: message.into() });
}

#[cfg(test)]
mod tests;
