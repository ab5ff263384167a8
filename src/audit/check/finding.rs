//! What the checks report.

use super::rule::Rule;
use crate::audit::api_exchange::ApiExchange;

/// A violation of a rule by a recorded exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The line of the transcript, from 1.
    pub line: usize,
    /// The rule.
    pub rule: &'static Rule,
    /// How the exchange violates the rule. It may contain text from the registry, unchanged.
    pub message: String,
}

/// The findings so far.
#[derive(Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    /// Adds the finding that `exchange` violates `rule`.
    pub(super) fn add(
        &mut self,
        exchange: &ApiExchange<'_>,
        rule: &'static Rule,
        message: impl Into<String>,
    ) {
        self.0.push(Finding { line: exchange.line, rule, message: message.into() });
    }

    /// Returns the findings in the order of lines.
    pub(super) fn into_sorted(mut self) -> Vec<Finding> {
        self.0.sort_by_key(|finding| finding.line);
        self.0
    }
}
