//! `thv registry serve`: the embedded development registry.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Subcommand;

use super::arguments::{HostNames, refuse_standard};
use super::failure::Failure;
use super::options::Context;
use super::output::Report;
use super::signals::Cancellable;
use crate::embedded_registry::{EmbeddedRegistry, Storage};

#[derive(Subcommand)]
pub(super) enum Registry {
    /// Run the embedded registry until interrupted; it asks for no login, so keep it on loopback
    Serve {
        /// The address and port to listen at; port 0 takes a free one
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5055")]
        listen: SocketAddr,
        /// Store the content in DIR instead of in memory
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
        #[command(flatten)]
        hosts: HostNames,
    },
}

impl Registry {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Self::Serve { listen, dir, hosts } = self;
        if let Some(dir) = &dir {
            refuse_standard("--dir", dir)?;
        }
        let storage = match &dir {
            Some(dir) => Storage::directory(dir)
                .map_err(|error| Failure::file("opening the directory", dir, error))?,
            None => Storage::memory(),
        };
        let server = EmbeddedRegistry::bind(listen, storage)
            .await
            .map_err(|error| Failure::listening(listen, error))?;
        let server = server.with_host_names(&hosts.host);
        let address = server.local_addr();
        if !address.ip().is_loopback() {
            context.output.warn("anyone who can reach this address can read and write");
        }
        let storage_name = dir.map_or_else(|| "memory".to_owned(), |dir| dir.display().to_string());
        let mut stop = Cancellable::new();
        context.output.report(
            Report::new(format!("Serving an OCI registry at http://{address}"))
                .field("address", address.to_string())
                .field("storage", storage_name),
        )?;
        server.serve(stop.signal()).await;
        Ok(())
    }
}
