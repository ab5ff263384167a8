//! `thv wire`: works on transcripts, the records of HTTP exchanges that `--wire-log` writes.

mod check;
mod export;
mod proxy;
mod replay;
mod show;
mod transcript;

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;

#[derive(Subcommand)]
pub(super) enum Wire {
    /// Show a transcript, one line for each exchange
    Show(show::Show),
    /// Check a transcript against the specification and security rules
    Check(check::Check),
    /// Convert a transcript to a HAR file, curl commands or an HTML page
    Export(export::Export),
    /// Serve the responses of a transcript to a client that sends the same requests
    Replay(replay::Replay),
    /// Record the traffic of any client: a proxy in front of one registry
    Proxy(proxy::Proxy),
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
