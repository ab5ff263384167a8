//! `thv import`: from a file or a registry into the state store.

use std::cell::Cell;
use std::path::Path;

use clap::Args;

use super::arguments::{STANDARD, parse_repository, repository_of};
use super::failure::Failure;
use super::options::Context;
use super::outcomes::{self, Outcome};
use super::output::Report;
use super::source::{download, file_of_name, read_document};
use super::transfer::{transfer, transfer_counted};
use crate::printable::chain;
use crate::runconfig::{Collection, ConfigLocation, PullError, Pulled, WorkloadName, renamed};
use crate::state::{IfExists, StateStore};

#[derive(Args)]
pub(super) struct Import {
    /// A file such as ./config.json, a reference such as registry.example.com/configs/a:v1, or - for
    /// standard input
    #[arg(required_unless_present = "all")]
    source: Option<String>,
    /// Import every workload that `thv export --all` pushed to REPOSITORY
    #[arg(long, value_name = "REPOSITORY", conflicts_with_all = ["source", "name"])]
    all: Option<String>,
    /// Import it as the workload NAME
    #[arg(long)]
    name: Option<WorkloadName>,
    /// Replace a different run configuration of the same name
    #[arg(long)]
    force: bool,
}

impl Import {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let overwrite = if self.force { IfExists::Replace } else { IfExists::Fail };
        if let Some(repository) = &self.all {
            return import_all(context, repository, overwrite).await;
        }
        let source = self.source.unwrap_or_default();
        let (document, artifact) = match ConfigLocation::parse(&source)? {
            ConfigLocation::File(path) => (read_document(context, &path)?, None),
            ConfigLocation::Standard => (read_document(context, Path::new(STANDARD))?, None),
            ConfigLocation::Name(name) => {
                (read_document(context, &file_of_name(context, &name)?)?, None)
            }
            ConfigLocation::Registry(reference) => {
                let pulled = download(context, &reference).await?;
                let digest = pulled.manifest.descriptor.digest;
                (pulled.document, Some((reference, digest)))
            }
        };
        let (document, name) = if let Some(name) = self.name {
            let document = renamed(&document, &name);
            (document.map_err(Failure::misused)?, name)
        } else {
            let name = document.workload_name().map_err(|error| {
                Failure::Usage(format!("{error}; --name NAME imports it under another name"))
            })?;
            (document, name)
        };
        let store = StateStore::from_environment()?;
        let status = store.save(&name, &document, overwrite)?.as_str();
        if let Some((reference, _)) = &artifact {
            store.remember_source(&name, &document, &reference.to_string())?;
        }
        let mut report = Report::new(format!("Imported run configuration '{name}'"))
            .field("name", name.to_string())
            .field("file", store.path_of(&name).display().to_string())
            .field("status", status);
        if let Some((reference, digest)) = artifact {
            report = report
                .field("reference", reference.to_string())
                .field("digest", digest.to_string());
        }
        context.output.report(report)
    }
}

async fn import_all(
    context: &Context,
    repository: &str,
    overwrite: IfExists,
) -> Result<(), Failure> {
    let repository = parse_repository(repository)?;
    let name = repository_of(&repository);
    let store = StateStore::from_environment()?;
    let collection = Collection::new(context.client.clone(), repository.clone());
    let listing = Box::pin(collection.tags());
    let tags = transfer(context, &format!("listing {name}"), listing).await?;
    let tags = tags.map_err(Failure::Listing)?;
    let mut outcomes = Vec::new();
    let (total, count) = (tags.len(), Cell::new(0));
    let doing = || format!("importing from {name}: {} of {total}", count.get());
    let work = collection.pull_each(tags, |tag, pulled| {
        count.set(count.get() + 1);
        let reference = repository.tagged(tag.clone());
        outcomes.push(match pulled {
            Ok((name, pulled)) => match save(&store, &name, &pulled, overwrite) {
                Ok(saved) => saved.field("reference", &reference),
                Err(error) => Outcome::failed(name.as_str(), error),
            },
            Err(PullError::Unsupported(error)) if error.is_other_kind() => {
                Outcome::new(tag.as_str(), "skipped").field("reason", &chain(&error))
            }
            Err(error) => Outcome::failed(tag.as_str(), Failure::pull(reference)(error)),
        });
    });
    transfer_counted(context, doing, Box::pin(work)).await?;
    let statuses = ["created", "unchanged", "replaced", "skipped"];
    let done = "Imported the run configurations of";
    outcomes::print(context, done, &repository, outcomes, &statuses, false)
}

fn save(
    store: &StateStore,
    name: &WorkloadName,
    pulled: &Pulled,
    overwrite: IfExists,
) -> Result<Outcome, Failure> {
    let saved = store.save(name, &pulled.document, overwrite)?;
    Ok(Outcome::new(name.as_str(), saved.as_str())
        .field("file", &store.path_of(name).display())
        .field("digest", &pulled.manifest.descriptor.digest))
}
