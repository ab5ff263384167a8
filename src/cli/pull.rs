//! `thv pull`: from a registry to a file or standard output.

use std::path::PathBuf;

use clap::Args;

use super::arguments::parse_reference;
use super::failure::Failure;
use super::options::Context;
use super::output::Report;
use super::source::download;
use crate::atomic_file;
use crate::oci::Digest;

#[derive(Args)]
pub(super) struct Pull {
    /// The reference, such as registry.example.com/configs/my-server:v1 or …@sha256:…
    reference: String,
    /// The file to write or replace; without it the configuration goes to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Pull {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let reference = parse_reference(&self.reference)?;
        if context.output.json && self.output.is_none() {
            return Err(Failure::usage(
                "--json describes what was pulled; name a file for it with -o",
            ));
        }
        let pulled = download(context, &reference).await?;
        let bytes = pulled.document.bytes();
        let Some(path) = self.output else {
            return context.output.write(bytes);
        };
        atomic_file::write_with_parents(&path, bytes)
            .map_err(|error| Failure::file("writing", &path, error))?;
        context.output.report(
            Report::new(format!("Pulled {reference} to file {}", path.display()))
                .field("reference", reference.to_string())
                .field("digest", pulled.manifest.descriptor.digest.to_string())
                .field("file", path.display().to_string())
                .field("layer", Digest::sha256(bytes).to_string())
                .field("status", "written"),
        )
    }
}
