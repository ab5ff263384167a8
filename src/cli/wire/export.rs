//! `thv wire export`: converts a transcript to another format.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::transcript::{count, read};
use crate::atomic_file;
use crate::audit::check;
use crate::audit::export;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Report;

#[derive(Args)]
pub(in crate::cli) struct Export {
    /// The transcript, made with --wire-log
    file: PathBuf,
    /// The format to convert to
    #[arg(long, value_enum)]
    format: Format,
    /// The file to write; without it the result goes to standard output
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
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        if context.output.is_json() && self.output.is_none() {
            let message = "--json describes what was written; name a file for it with -o";
            return Err(Failure::Usage(message.to_owned()));
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
            Report::new(format!("Wrote {} to file {}", count(records.len()), path.display()))
                .field("file", path.display().to_string())
                .field("exchanges", records.len())
                .field("status", "written"),
        )
    }
}
