//! `thv wire`: the auditor's tools.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Context;
use super::failure::Failure;
use super::output::{line, message, write_out};
use crate::audit::check::{Severity, check};
use crate::audit::{Recorded, Show, TranscriptReader, export};
use crate::printable::printable;

/// How often a transcript that is being written is looked at.
const FOLLOW: Duration = Duration::from_millis(200);

#[derive(Subcommand)]
pub(super) enum Wire {
    /// Show a transcript, one line an exchange
    Show(ShowWire),
    /// Check a transcript against the specification and the rules of security
    Check(CheckWire),
    /// Turn a transcript into a HAR file, curl commands, or a page to look at
    Export(ExportWire),
}

#[derive(Args)]
pub(super) struct ShowWire {
    /// The transcript, made with --wire-log
    file: PathBuf,
    /// Show the header fields
    #[arg(long)]
    headers: bool,
    /// Show the bodies' text
    #[arg(long)]
    bodies: bool,
    /// Go on while the transcript is being written
    #[arg(long)]
    follow: bool,
}

#[derive(Args)]
pub(super) struct CheckWire {
    /// The transcript, made with --wire-log
    file: PathBuf,
}

#[derive(Args)]
pub(super) struct ExportWire {
    /// The transcript, made with --wire-log
    file: PathBuf,
    /// What to make of it
    #[arg(long, value_enum)]
    format: Format,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// HAR 1.2, for browsers' developer tools
    Har,
    /// A shell script of curl commands
    Curl,
    /// One page that needs no network
    Html,
}

impl Wire {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Show(command) => command.run(context).await,
            Self::Check(command) => command.run(context),
            Self::Export(command) => command.run(),
        }
    }
}

fn open(file: &Path) -> Result<TranscriptReader, Failure> {
    TranscriptReader::open(file).map_err(|why| Failure::transcript(file, why))
}

/// Every record of a file that is finished.
fn read(file: &Path) -> Result<Vec<Recorded>, Failure> {
    let mut reader = open(file)?;
    let records = reader.read().map_err(|why| Failure::transcript(file, why))?;
    if reader.is_cut_short() {
        message("note: the last line is cut short and left out");
    }
    Ok(records)
}

impl ShowWire {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let show = Show {
            headers: self.headers,
            bodies: self.bodies,
            colour: context.output.has_colour(),
        };
        let mut reader = open(&self.file)?;
        if !context.output.is_json() {
            line(show.title())?;
        }
        loop {
            let records = reader.read().map_err(|why| Failure::transcript(&self.file, why))?;
            for recorded in &records {
                if context.output.is_json() {
                    line(&json!(recorded.exchange).to_string())?;
                } else {
                    show.lines(recorded).iter().try_for_each(|text| line(text))?;
                }
            }
            if !self.follow {
                return Ok(());
            }
            tokio::time::sleep(FOLLOW).await;
        }
    }
}

impl CheckWire {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let records = read(&self.file)?;
        let findings = check(&records);
        if context.output.is_json() {
            let list: Vec<Value> = findings
                .iter()
                .map(|found| {
                    json!({
                        "line": found.line, "rule": found.rule.id,
                        "severity": found.rule.severity.as_str(), "message": found.message,
                    })
                })
                .collect();
            line(&json!({ "exchanges": records.len(), "findings": list }).to_string())?;
        } else {
            for found in &findings {
                let (weight, id) = (found.rule.severity.as_str(), found.rule.id);
                let what = printable(&found.message);
                line(&format!("line {}: {weight} {id}: {what}", found.line))?;
            }
        }
        let broken = findings.iter().filter(|f| f.rule.severity == Severity::Finding).count();
        if broken > 0 {
            return Err(Failure::Findings(broken));
        }
        if !context.output.is_json() {
            let advice = findings.len();
            line(&format!("{} exchanges, no finding, {advice} advice", records.len()))?;
        }
        Ok(())
    }
}

impl ExportWire {
    fn run(self) -> Result<(), Failure> {
        let records = read(&self.file)?;
        let text = match self.format {
            Format::Har => export::har(&records),
            Format::Curl => export::curl(&records),
            Format::Html => export::html(&records, &check(&records)),
        };
        write_out(text.as_bytes())
    }
}
