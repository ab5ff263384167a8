//! `thv wire show`: prints a transcript.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::transcript::open;
use crate::audit;
use crate::cli::context::Context;
use crate::cli::failure::Failure;

/// How often `--follow` looks for new records.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(200);

#[derive(Args)]
pub(in crate::cli) struct Show {
    /// The transcript, made with --wire-log
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
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let output = context.output;
        let show =
            audit::Show { headers: self.headers, bodies: self.bodies, colour: output.has_colour() };
        let mut reader = open(&self.file)?;
        if !output.is_json() {
            output.line(audit::SHOW_TITLE)?;
        }
        loop {
            let records = reader.read().map_err(|error| Failure::transcript(&self.file, error))?;
            for recorded in &records {
                if output.is_json() {
                    output.line(&json!(recorded.exchange).to_string())?;
                } else {
                    show.lines(recorded).iter().try_for_each(|text| output.line(text))?;
                }
            }
            if !self.follow {
                return Ok(());
            }
            tokio::time::sleep(FOLLOW_INTERVAL).await;
        }
    }
}
