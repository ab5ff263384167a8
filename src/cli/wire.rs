//! `thv wire`: the auditor's tools.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use url::Url;

use super::context::Context;
use super::failure::Failure;
use super::output::{Output, Report};
use super::signals::interrupted;
use crate::atomic_file;
use crate::audit::check::{Severity, check};
use crate::audit::{Proxy, Recorded, Replay, Show, TranscriptReader, export};
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
    /// Serve the responses of a transcript to whoever asks for the same things
    Replay(ReplayWire),
    /// Record any client: a proxy before one registry
    Proxy(ProxyWire),
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
    /// The file to write; without it the result goes to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct ReplayWire {
    /// The transcript, made with --wire-log
    file: PathBuf,
    /// Address and port to listen at; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    listen: SocketAddr,
}

#[derive(Args)]
pub(super) struct ProxyWire {
    /// Address and port to listen at; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    listen: SocketAddr,
    /// The registry, such as `https://registry.example.com`
    #[arg(long, value_name = "URL")]
    upstream: Url,
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
            Self::Export(command) => command.run(context),
            Self::Replay(command) => command.run(context).await,
            Self::Proxy(command) => command.run(context).await,
        }
    }
}

fn open(file: &Path) -> Result<TranscriptReader, Failure> {
    TranscriptReader::open(file).map_err(|error| Failure::transcript(file, error))
}

/// Every record of a file that is finished.
fn read(file: &Path, output: Output) -> Result<Vec<Recorded>, Failure> {
    let mut reader = open(file)?;
    let records = reader.read().map_err(|error| Failure::transcript(file, error))?;
    if reader.is_cut_short() {
        output.note("note: the last line is cut short and left out");
    }
    Ok(records)
}

/// That many exchanges, in words.
fn counted(exchanges: usize) -> String {
    match exchanges {
        1 => "1 exchange".to_owned(),
        more => format!("{more} exchanges"),
    }
}

impl ShowWire {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let show = Show {
            headers: self.headers,
            bodies: self.bodies,
            colour: context.output.has_colour(),
        };
        let output = context.output;
        let mut reader = open(&self.file)?;
        if !context.output.is_json() {
            output.line(show.title())?;
        }
        loop {
            let records = reader.read().map_err(|error| Failure::transcript(&self.file, error))?;
            for recorded in &records {
                if context.output.is_json() {
                    output.line(&json!(recorded.exchange).to_string())?;
                } else {
                    show.lines(recorded).iter().try_for_each(|text| output.line(text))?;
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
        let output = context.output;
        let records = read(&self.file, output)?;
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
            output.line(&json!({ "exchanges": records.len(), "findings": list }).to_string())?;
        } else {
            for found in &findings {
                let (weight, id) = (found.rule.severity.as_str(), found.rule.id);
                let what = printable(&found.message);
                output.line(&format!("line {}: {weight} {id}: {what}", found.line))?;
            }
        }
        let broken = findings.iter().filter(|f| f.rule.severity == Severity::Finding).count();
        if broken > 0 {
            return Err(Failure::Findings(broken));
        }
        if !context.output.is_json() {
            let advice = findings.len();
            output.line(&format!("{}, no finding, {advice} advice", counted(records.len())))?;
        }
        Ok(())
    }
}

impl ExportWire {
    fn run(self, context: &Context) -> Result<(), Failure> {
        if context.output.is_json() && self.output.is_none() {
            let message =
                "--json describes what was written; name a file for it with -o".to_owned();
            return Err(Failure::Usage(message));
        }
        let records = read(&self.file, context.output)?;
        let text = match self.format {
            Format::Har => export::har(&records),
            Format::Curl => export::curl(&records),
            Format::Html => export::html(&records, &check(&records)),
        };
        let Some(path) = self.output else {
            return context.output.write(text.as_bytes());
        };
        atomic_file::write(&path, text.as_bytes())
            .map_err(|error| Failure::file("writing", &path, error))?;
        context.output.report(
            Report::new(format!("Wrote {} to file {}", counted(records.len()), path.display()))
                .field("file", path.display().to_string())
                .field("exchanges", records.len())
                .field("status", "written"),
        )
    }
}

fn listening(address: SocketAddr) -> impl FnOnce(std::io::Error) -> Failure {
    move |error| Failure::Io { what: format!("listening at {address}"), error }
}

impl ReplayWire {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let output = context.output;
        let records = read(&self.file, output)?;
        let unexpected = move |asked: &str| {
            output.message(&format!("not in the transcript: {}", printable(asked)))
        };
        let replay = Replay::bind(self.listen, &records, unexpected)
            .await
            .map_err(listening(self.listen))?;
        let address = replay.local_addr().to_string();
        let stop = interrupted();
        context.output.report(
            Report::new(format!("Replaying {} at http://{address}", counted(records.len())))
                .field("address", address),
        )?;
        let left = replay.serve(stop).await;
        output.note(&format!("{left} exchanges were not asked for"));
        Ok(())
    }
}

impl ProxyWire {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        if context.settings.recorder.is_none() {
            let message = "a proxy without --wire-log FILE records nothing";
            return Err(Failure::Usage(message.to_owned()));
        }
        let proxy = Proxy::bind(self.listen, self.upstream.clone(), context.settings.clone())
            .await
            .map_err(listening(self.listen))?;
        let address = proxy.local_addr().to_string();
        let stop = interrupted();
        context.output.report(
            Report::new(format!("Recording what passes http://{address} to {}", self.upstream))
                .field("address", address),
        )?;
        proxy.serve(stop).await;
        Ok(())
    }
}
