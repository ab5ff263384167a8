//! `thv wire`: works on transcripts, the records of HTTP exchanges that `--wire-log` writes.

use std::fs::File;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use url::Url;

use super::arguments::{HostNames, STANDARD, is_same_file};
use super::destination::Destination;
use super::failure::Failure;
use super::options::Context;
use super::output::{Output, Report, Tint};
use super::signals::Cancellable;
use crate::audit::{self, Recorded, Severity, TranscriptError, TranscriptReader, check, export};

#[derive(Subcommand)]
pub(super) enum Wire {
    /// Show a transcript, one line for each exchange
    Show(Show),
    /// Check a transcript against the specification and security rules
    Check(Check),
    /// Convert a transcript to a HAR file, curl commands or an HTML page
    Export(Export),
    /// Serve the responses of a transcript to a client that sends the same requests
    Replay(Replay),
    /// Record the traffic of any client: a proxy in front of one registry
    Proxy(Proxy),
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

/// How often `--follow` looks for new records.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(200);

#[derive(Args)]
pub(super) struct Show {
    /// The transcript, made with --wire-log; - reads standard input
    file: PathBuf,
    /// Show the header fields
    #[arg(long)]
    headers: bool,
    /// Show the text of bodies
    #[arg(long)]
    bodies: bool,
    /// Wait for new exchanges and show them, until interrupted
    #[arg(long)]
    follow: bool,
}

impl Show {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let output = context.output;
        let show = audit::Show { headers: self.headers, bodies: self.bodies };
        let mut reader = open(&self.file)?;
        if !output.json {
            output.line(audit::SHOW_TITLE)?;
        }
        loop {
            let records = reader.read().map_err(|error| Failure::transcript(&self.file, error))?;
            for recorded in &records {
                if output.json {
                    output.line(&json!(recorded.exchange).to_string())?;
                } else {
                    let lines = show.lines(recorded);
                    let (summary, details) = lines.split_at(1);
                    let tint = tint(recorded.status());
                    summary.iter().try_for_each(|text| output.tinted_line(tint, text))?;
                    details.iter().try_for_each(|text| output.line(text))?;
                }
            }
            // Standard input was read to its end.
            if !self.follow || self.file == Path::new(STANDARD) {
                return Ok(());
            }
            tokio::time::sleep(FOLLOW_INTERVAL).await;
        }
    }
}

const fn tint(status: u16) -> Tint {
    match status {
        200..=299 => Tint::Added,
        300..=399 => Tint::Redirected,
        401 | 404 => Tint::Asked,
        _ => Tint::Removed,
    }
}

#[derive(Args)]
pub(super) struct Check {
    /// The transcript, made with --wire-log; - reads standard input
    file: PathBuf,
}

impl Check {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let output = context.output;
        let records = read(&self.file, output)?;
        let findings = check(&records);
        if output.json {
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
                output.line(&format!("line {}: {severity} {id}: {}", found.line, found.message))?;
            }
        }
        match findings.iter().filter(|found| found.rule.severity == Severity::Finding).count() {
            0 if output.json => Ok(()),
            0 => {
                let (exchanges, advice) = (count(records.len()), findings.len());
                output.line(&format!("{exchanges}, no finding, {advice} advice"))
            }
            broken => Err(Failure::Findings(broken)),
        }
    }
}

#[derive(Args)]
pub(super) struct Export {
    /// The transcript, made with --wire-log; - reads standard input
    file: PathBuf,
    /// The format to convert to
    #[arg(long, value_enum)]
    format: Format,
    /// The file to write; without it, and with -, standard output gets the result
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// HAR 1.2, for the developer tools of browsers
    Har,
    /// A shell script of curl commands
    Curl,
    /// One HTML page that works without a network
    Html,
}

impl Export {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let input =
            if self.file == Path::new(STANDARD) { Path::new("/dev/stdin") } else { &self.file };
        if self.output.as_ref().is_some_and(|output| is_same_file(input, output)) {
            return Err(Failure::Usage(format!(
                "{} is the transcript; name another file for the result",
                self.file.display()
            )));
        }
        let destination = Destination::new(context, self.output)?;
        let records = read(&self.file, context.output)?;
        let text = match self.format {
            Format::Har => export::har(&records),
            Format::Curl => export::curl(&records),
            Format::Html => export::html(&records, &check(&records)),
        };
        destination.write(context, text.as_bytes(), |path| {
            Report::new(format!("Wrote {} to file {}", count(records.len()), path.display()))
                .field("file", path.display().to_string())
                .field("exchanges", records.len())
        })
    }
}

#[derive(Args)]
pub(super) struct Replay {
    /// The transcript, made with --wire-log; - reads standard input
    file: PathBuf,
    /// The address and port to listen at; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    listen: SocketAddr,
    #[command(flatten)]
    hosts: HostNames,
}

impl Replay {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let output = context.output;
        let records = read(&self.file, output)?;
        let unexpected = move |request: &str| {
            output.message(&format!("not in the transcript: {request}"));
        };
        let (listener, script) = audit::replay(self.listen, &records, unexpected)
            .await
            .map_err(|error| Failure::listening(self.listen, error))?;
        let (address, script) = (listener.local_addr().to_string(), Arc::new(script));
        let mut stop = Cancellable::new();
        output.report(
            Report::new(format!("Replaying {} at http://{address}", count(records.len())))
                .field("address", address),
        )?;
        let listener = listener.with_host_names(&self.hosts.host);
        listener.serve(Arc::clone(&script), stop.signal()).await;
        output.note(&format!("{} not requested", count(script.unused())));
        Ok(())
    }
}

#[derive(Args)]
pub(super) struct Proxy {
    /// The address and port to listen at; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    listen: SocketAddr,
    /// The registry, such as `https://registry.example.com`
    #[arg(long, value_name = "URL")]
    upstream: Url,
    #[command(flatten)]
    hosts: HostNames,
}

impl Proxy {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        if context.settings.recorder.is_none() {
            return Err(Failure::usage("name a file for the transcript with --wire-log FILE"));
        }
        let settings = context.settings.clone();
        let (listener, relay) = audit::proxy(self.listen, self.upstream.clone(), settings)
            .await
            .map_err(|error| Failure::listening(self.listen, error))?;
        let address = listener.local_addr().to_string();
        let mut stop = Cancellable::new();
        context.output.report(
            Report::new(format!("Recording traffic from http://{address} to {}", self.upstream))
                .field("address", address),
        )?;
        let listener = listener.with_host_names(&self.hosts.host);
        listener.serve(Arc::new(relay), stop.signal()).await;
        Ok(())
    }
}

type Reader = TranscriptReader<Box<dyn Read>>;

fn open(file: &Path) -> Result<Reader, Failure> {
    let source: Box<dyn Read> = if file == Path::new(STANDARD) {
        Box::new(io::stdin())
    } else {
        let opened = File::open(file).map_err(TranscriptError::Io);
        Box::new(opened.map_err(|error| Failure::transcript(file, error))?)
    };
    Ok(TranscriptReader::new(source))
}

/// Reads every record of a file. A last line that is not complete is left out, with a note.
fn read(file: &Path, output: Output) -> Result<Vec<Recorded>, Failure> {
    let mut reader = open(file)?;
    let records = reader.read().map_err(|error| Failure::transcript(file, error))?;
    if reader.is_cut_short() {
        output.note("note: the last line is cut short and left out");
    }
    Ok(records)
}

fn count(exchanges: usize) -> String {
    match exchanges {
        1 => "1 exchange".to_owned(),
        more => format!("{more} exchanges"),
    }
}
