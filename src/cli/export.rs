//! `thv export`: from the state store to a file or a registry.

use std::path::Path;

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::output::Report;
use super::push::{Sharing, push_document};
use crate::atomic_file;
use crate::oci::Digest;
use crate::runconfig::{ConfigLocation, Document, WorkloadName};
use crate::state::StateStore;

#[derive(Args)]
pub(super) struct Export {
    /// The workload, as `thv list` names it
    #[arg(required_unless_present = "all")]
    name: Option<WorkloadName>,
    /// A file such as ./config.json, or a reference such as registry.example.com/configs/a:v1
    #[arg(required_unless_present = "all")]
    destination: Option<String>,
    /// Export every workload to REPOSITORY, each to a tag that is its name
    #[arg(long, value_name = "REPOSITORY", conflicts_with_all = ["name", "destination", "secret"])]
    all: Option<String>,
    #[command(flatten)]
    sharing: Sharing,
}

impl Export {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (name, destination) = match (&self.all, &self.name, &self.destination) {
            (Some(repository), ..) => {
                return super::all::export(context, repository, &self.sharing).await;
            }
            (None, Some(name), Some(destination)) => (name, ConfigLocation::parse(destination)?),
            (None, ..) => return Err(Failure::Usage("name a workload and a place".to_owned())),
        };
        let document = StateStore::from_environment()?.load(name)?;
        match destination {
            ConfigLocation::File(_) if self.sharing.is_given() => Err(Failure::Usage(
                "--secret and --allow are for a registry: a file gets the configuration as it is"
                    .to_owned(),
            )),
            ConfigLocation::File(path) => export_to_file(context, name, &document, &path),
            ConfigLocation::Registry(reference) => {
                let what = format!("run configuration '{name}' to OCI registry");
                push_document(context, document, &self.sharing, &reference, ["Exported", &what])
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
        .map_err(|error| Failure::file("writing", path, error))?;
    let sentence = format!("Exported run configuration '{name}' to file {}", path.display());
    context.output.report(
        Report::new(sentence)
            .field("file", path.display().to_string())
            .field("digest", Digest::sha256(document.bytes()).to_string())
            .field("status", "written"),
    )
}
