//! `thv wire check`: checks a transcript against rules.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::transcript::{count, read};
use crate::audit::{Severity, check};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::printable::printable;

#[derive(Args)]
pub(in crate::cli) struct Check {
    /// The transcript, made with --wire-log
    file: PathBuf,
}

impl Check {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let output = context.output;
        let records = read(&self.file, output)?;
        let findings = check(&records);
        if output.is_json() {
            let list: Vec<Value> = findings
                .iter()
                .map(|found| {
                    json!({
                        "line": found.line, "rule": found.rule.id,
                        "severity": found.rule.severity.as_str(), "message": found.message,
                    })
                })
                .collect();
            output.line(&json!({ "exchanges": records.len(), "findings": list }).to_string())?;
        } else {
            for found in &findings {
                let (severity, id) = (found.rule.severity.as_str(), found.rule.id);
                let message = printable(&found.message);
                output.line(&format!("line {}: {severity} {id}: {message}", found.line))?;
            }
        }
        let is_broken_rule = |severity| severity == Severity::Finding;
        match findings.iter().filter(|found| is_broken_rule(found.rule.severity)).count() {
            0 if output.is_json() => Ok(()),
            0 => {
                let (exchanges, advice) = (count(records.len()), findings.len());
                output.line(&format!("{exchanges}, no finding, {advice} advice"))
            }
            broken => Err(Failure::Findings(broken)),
        }
    }
}
