//! `thv pull`: from a registry to a file or standard output.

use std::path::PathBuf;

use clap::Args;

use super::arguments::parse_reference;
use super::destination::Destination;
use super::failure::Failure;
use super::options::Context;
use super::output::Report;
use super::source::download;
use crate::oci::Digest;

#[derive(Args)]
pub(super) struct Pull {
    /// The reference, such as registry.example.com/configs/my-server:v1 or …@sha256:…
    reference: String,
    /// The file to write or replace; without it, and with -, standard output gets the configuration
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Pull {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let reference = parse_reference(&self.reference)?;
        let destination = Destination::new(context, self.output)?;
        let pulled = download(context, &reference).await?;
        let bytes = pulled.document.bytes();
        destination.write(context, bytes, |path| {
            Report::new(format!("Pulled {reference} to file {}", path.display()))
                .field("reference", reference.to_string())
                .field("digest", pulled.manifest.descriptor.digest.to_string())
                .field("file", path.display().to_string())
                .field("layer", Digest::sha256(bytes).to_string())
        })
    }
}
