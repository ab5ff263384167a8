//! `thv wire replay`: serves the responses of a transcript.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::transcript::{count, read};
use crate::audit;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Report;
use crate::cli::signals::interrupted;
use crate::printable::printable;

#[derive(Args)]
pub(in crate::cli) struct Replay {
    /// The transcript, made with --wire-log
    file: PathBuf,
    /// The address and port to listen at; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    listen: SocketAddr,
}

impl Replay {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let output = context.output;
        let records = read(&self.file, output)?;
        let unexpected = move |request: &str| {
            output.message(&format!("not in the transcript: {}", printable(request)));
        };
        let replay = audit::Replay::bind(self.listen, &records, unexpected)
            .await
            .map_err(|error| Failure::listening(self.listen, error))?;
        let address = replay.local_addr().to_string();
        let stop = interrupted();
        output.report(
            Report::new(format!("Replaying {} at http://{address}", count(records.len())))
                .field("address", address),
        )?;
        let unused = replay.serve(stop).await;
        output.note(&format!("{unused} exchanges were not asked for"));
        Ok(())
    }
}
