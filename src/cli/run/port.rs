//! The port of this machine at which an HTTP server is published.

use super::Run;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::engine::free_port;
use crate::runconfig::{McpTransport, RunConfig};

impl Run {
    /// The port to publish an HTTP server at; `None` where none is published.
    pub(super) fn choose_port(&self, config: &RunConfig) -> Result<Option<u16>, Failure> {
        if config.transport.value() == Some(&McpTransport::Stdio) || config.shares_host_network() {
            return Ok(None);
        }
        let address = config.host.value().and_then(|address| address.ip());
        let wanted = self.port.or_else(|| u16::try_from(config.port).ok().filter(|port| *port > 0));
        let free = free_port(address, wanted)
            .map_err(|error| Failure::Io { what: "looking for a free port".to_owned(), error })?;
        match self.port {
            Some(insisted) if insisted != free => {
                Err(Failure::Usage(format!("port {insisted} is taken")))
            }
            _ => Ok(Some(free)),
        }
    }

    /// Says where another port than the configuration's is published because that one is taken.
    pub(super) fn note_other_port(
        &self,
        context: &Context,
        config: &RunConfig,
        chosen: Option<u16>,
    ) {
        let wanted = config.port;
        if let Some(chosen) = chosen
            && self.port.is_none()
            && wanted > 0
            && i64::from(chosen) != wanted
        {
            context.output.note(&format!("port {wanted} is taken; using {chosen}"));
        }
    }
}
