//! Runs every check on the exchanges of a transcript.

use super::api_exchange::ApiExchange;
use super::rule::Finding;
use super::{content, credential, lists, manifest, upload};
use crate::audit::transcript::{Recorded, runs};

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
