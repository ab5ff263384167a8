//! `thv export`: from the state store to a file or a registry.

use std::path::Path;

use clap::Args;

use super::Context;
use super::failure::Failure;
use super::output::Report;
use super::push::{Sharing, push_document};
use crate::atomic_file;
use crate::oci::Digest;
use crate::runconfig::{Document, Place, WorkloadName};
use crate::state::StateStore;

#[derive(Args)]
pub(super) struct Export {
    /// The workload, as `thv list` names it
    name: WorkloadName,
    /// A file such as ./config.json, or a reference such as registry.example.com/configs/a:v1
    destination: String,
    #[command(flatten)]
    sharing: Sharing,
}

impl Export {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let destination = Place::parse(&self.destination)?;
        let document = StateStore::from_environment()?.load(&self.name)?;
        match destination {
            Place::File(_) if self.sharing.is_asked_for() => Err(Failure::Usage(
                "--secret and --allow are for a registry: a file gets the configuration as it is"
                    .to_owned(),
            )),
            Place::File(path) => export_to_file(context, &self.name, &document, &path),
            Place::Registry(reference) => {
                let what = format!("run configuration '{}' to OCI registry", self.name);
                push_document(context, &document, &self.sharing, &reference, ["Exported", &what])
                    .await
            }
        }
    }
}

fn export_to_file(
    context: &Context,
    name: &WorkloadName,
    document: &Document,
    path: &Path,
) -> Result<(), Failure> {
    atomic_file::write_with_parents(path, document.bytes())
        .map_err(|why| Failure::file("writing", path, why))?;
    let sentence = format!("Exported run configuration '{name}' to file {}", path.display());
    context.output.report(
        Report::new(sentence)
            .field("file", path.display().to_string())
            .field("digest", Digest::sha256(document.bytes()).to_string())
            .field("status", "written"),
    )
}
