//! Runs every check on the exchanges of a transcript.

use super::finding::{Finding, Findings};
use super::{content, credential, lists, manifest, token, upload};
use crate::audit::api_exchange::ApiExchange;
use crate::audit::transcript::{Recorded, runs};

/// Checks the exchanges of a transcript, each run of a program separately. Returns the findings in
/// the order of lines.
#[must_use]
pub fn check(records: &[Recorded]) -> Vec<Finding> {
    let mut findings = Findings::default();
    for run in runs(records) {
        let exchanges: Vec<_> = run.into_iter().filter_map(ApiExchange::parse).collect();
        content::check(&exchanges, &mut findings);
        manifest::check(&exchanges, &mut findings);
        upload::check(&exchanges, &mut findings);
        credential::check(&exchanges, &mut findings);
        token::check(&exchanges, &mut findings);
        lists::check(&exchanges, &mut findings);
    }
    findings.into_sorted()
}
