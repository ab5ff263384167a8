//! `thv pull`: from a registry to a file or standard output.

use std::path::PathBuf;

use clap::Args;

use super::Context;
use super::failure::Failure;
use super::output::{Report, write_out};
use super::push::parse_reference;
use super::transfer::transfer;
use crate::atomic_file;
use crate::oci::{Digest, Reference};
use crate::runconfig::{Pulled, pull};

#[derive(Args)]
pub(super) struct Pull {
    /// What to pull, such as registry.example.com/configs/my-server:v1 or …@sha256:…
    reference: String,
    /// The file to write; without it the run configuration goes to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Pull {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let reference = parse_reference(&self.reference)?;
        if context.output.is_json() && self.output.is_none() {
            let why = "--json describes what was pulled; name a file for it with -o".to_owned();
            return Err(Failure::Usage(why));
        }
        let pulled = from_registry(context, &reference).await?;
        let bytes = pulled.document.bytes();
        let Some(path) = self.output else {
            return write_out(bytes);
        };
        atomic_file::write(&path, bytes).map_err(|why| Failure::file("writing", &path, why))?;
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

/// Pulls `reference`, and says so where it takes long.
pub(super) async fn from_registry(
    context: &Context,
    reference: &Reference,
) -> Result<Pulled, Failure> {
    let work = Box::pin(pull(&context.client, reference));
    let pulled = transfer(context, &format!("pulling {reference}"), work).await?;
    pulled.map_err(Failure::pull(reference))
}
