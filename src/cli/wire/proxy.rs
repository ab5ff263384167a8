//! `thv wire proxy`: records the traffic of any client.

use std::net::SocketAddr;

use clap::Args;
use url::Url;

use crate::audit;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Report;
use crate::cli::signals::interrupted;

#[derive(Args)]
pub(in crate::cli) struct Proxy {
    /// The address and port to listen at; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    listen: SocketAddr,
    /// The registry, such as `https://registry.example.com`
    #[arg(long, value_name = "URL")]
    upstream: Url,
}

impl Proxy {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        if context.settings.recorder.is_none() {
            let message = "name a file for the transcript with --wire-log FILE";
            return Err(Failure::Usage(message.to_owned()));
        }
        let settings = context.settings.clone();
        let proxy = audit::Proxy::bind(self.listen, self.upstream.clone(), settings)
            .await
            .map_err(|error| Failure::listening(self.listen, error))?;
        let address = proxy.local_addr().to_string();
        let stop = interrupted();
        context.output.report(
            Report::new(format!("Recording traffic from http://{address} to {}", self.upstream))
                .field("address", address),
        )?;
        proxy.serve(stop).await;
        Ok(())
    }
}
