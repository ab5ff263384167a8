//! `thv export`: from the state store to a file or a registry.

use std::cell::Cell;

use clap::Args;

use super::arguments::{parse_repository, repository_of};
use super::destination::Destination;
use super::failure::Failure;
use super::options::Context;
use super::outcomes::{self, Outcome};
use super::output::Report;
use super::sharing::{Sharing, push_document};
use super::transfer::transfer_counted;
use crate::oci::{Digest, PushStatus};
use crate::runconfig::{Collection, ConfigLocation, Document, WorkloadName};
use crate::state::StateStore;

#[derive(Args)]
pub(super) struct Export {
    /// The workload's name, as `thv list` shows it
    #[arg(required_unless_present = "all")]
    name: Option<WorkloadName>,
    /// A file such as ./config.json, a reference such as registry.example.com/configs/a:v1, or - for
    /// standard output
    #[arg(required_unless_present = "all")]
    destination: Option<String>,
    /// Export every workload to REPOSITORY, each with its name as the tag
    #[arg(long, value_name = "REPOSITORY", conflicts_with_all = ["name", "destination", "secret"])]
    all: Option<String>,
    #[command(flatten)]
    sharing: Sharing,
}

impl Export {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (name, destination) = match (&self.all, &self.name, &self.destination) {
            (Some(repository), ..) => return export_all(context, repository, &self.sharing).await,
            (None, Some(name), Some(destination)) => {
                (name, ConfigLocation::destination(destination)?)
            }
            (None, ..) => {
                return Err(Failure::usage("name a workload and a destination"));
            }
        };
        let document = StateStore::from_environment()?.load(name)?;
        match destination {
            ConfigLocation::Registry(reference) => {
                let what = format!("run configuration '{name}' to OCI registry");
                push_document(context, document, &self.sharing, &reference, ["Exported", &what])
                    .await
            }
            _ if self.sharing.is_given() => Err(Failure::usage(
                "--secret and --allow are for a registry: a file gets the configuration unchanged",
            )),
            ConfigLocation::File(path) => {
                write(context, &Destination::file(context, path)?, name, &document)
            }
            ConfigLocation::Standard | ConfigLocation::Name(_) => {
                write(context, &Destination::standard_output(context)?, name, &document)
            }
        }
    }
}

fn write(
    context: &Context,
    destination: &Destination,
    name: &WorkloadName,
    document: &Document,
) -> Result<(), Failure> {
    let bytes = document.bytes();
    destination.write(context, bytes, |path| {
        let path = path.display();
        Report::new(format!("Exported run configuration '{name}' to file {path}"))
            .field("file", path.to_string())
            .field("digest", Digest::sha256(bytes).to_string())
    })
}

async fn export_all(context: &Context, repository: &str, sharing: &Sharing) -> Result<(), Failure> {
    let repository = parse_repository(repository)?;
    let store = StateStore::from_environment()?;
    let options = sharing.push_options()?;
    let collection = Collection::new(context.client.clone(), repository.clone());
    let mut outcomes = Vec::new();
    let mut names = Vec::new();
    for name in store.names()? {
        match name.parse::<WorkloadName>() {
            Ok(name) => names.push(name),
            Err(error) => outcomes.push(Outcome::failed(&name, error)),
        }
    }
    let (total, count) = (names.len(), Cell::new(0));
    let doing =
        || format!("exporting to {}: {} of {total}", repository_of(&repository), count.get());
    let load = |name: &WorkloadName| sharing.with_secrets(store.load(name)?);
    let work = collection.push_each(names, load, &options, |name, pushed| {
        count.set(count.get() + 1);
        outcomes.push(match pushed {
            Ok(pushed) => {
                let outcome = Outcome::new(name.as_str(), pushed.status.as_str())
                    .field("reference", &collection.reference(&name))
                    .field("digest", &pushed.digest);
                match &pushed.status {
                    PushStatus::Replaced { before } => outcome.field("before", before),
                    _ => outcome,
                }
            }
            Err(error) => Outcome::failed(name.as_str(), error),
        });
    });
    transfer_counted(context, doing, Box::pin(work)).await??;
    let done = "Exported the state store to";
    outcomes::print(context, done, &repository, outcomes, &PushStatus::WORDS)
}
