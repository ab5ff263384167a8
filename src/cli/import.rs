//! `thv import`: from a file or a registry into the state store.

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::output::Report;
use super::pull::from_registry;
use super::push::read_document;
use crate::runconfig::{ConfigLocation, WorkloadName};
use crate::state::{Overwrite, StateStore};

#[derive(Args)]
pub(super) struct Import {
    /// A file such as ./config.json, or a reference such as registry.example.com/configs/a:v1
    #[arg(required_unless_present = "all")]
    source: Option<String>,
    /// Import every workload that `export --all` left in REPOSITORY
    #[arg(long, value_name = "REPOSITORY", conflicts_with_all = ["source", "name"])]
    all: Option<String>,
    /// Import it under another name
    #[arg(long)]
    name: Option<WorkloadName>,
    /// Replace a different run configuration of the same name
    #[arg(long)]
    force: bool,
}

impl Import {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let overwrite = if self.force { Overwrite::Replace } else { Overwrite::Never };
        if let Some(repository) = &self.all {
            return super::all::import(context, repository, overwrite).await;
        }
        let source = self.source.unwrap_or_default();
        let (document, digest) = match ConfigLocation::parse(&source)? {
            ConfigLocation::File(path) => (read_document(context, &path)?, None),
            ConfigLocation::Registry(reference) => {
                let pulled = from_registry(context, &reference).await?;
                let digest = pulled.manifest.descriptor.digest;
                (pulled.document, Some((reference, digest)))
            }
        };
        let (document, name) = if let Some(name) = self.name {
            (document.renamed(&name), name)
        } else {
            let name = document.workload_name()?;
            (document, name)
        };
        let store = StateStore::from_environment()?;
        let status = store.save(&name, &document, overwrite)?.as_str();
        let mut report = Report::new(format!("Imported run configuration '{name}'"))
            .field("name", name.to_string())
            .field("file", store.path_of(&name).display().to_string())
            .field("status", status);
        if let Some((reference, digest)) = digest {
            report = report
                .field("reference", reference.to_string())
                .field("digest", digest.to_string());
        }
        context.output.report(report)
    }
}
