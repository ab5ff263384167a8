//! `thv import`: from a file or a registry into the state store.

use clap::Args;

use super::Context;
use super::failure::Failure;
use super::output::Report;
use super::pull::from_registry;
use super::push::read_document;
use crate::runconfig::{Place, WorkloadName};
use crate::state::{Overwrite, Saved, StateStore};

#[derive(Args)]
pub(super) struct Import {
    /// A file such as ./config.json, or a reference such as registry.example.com/configs/a:v1
    source: String,
    /// Import it under another name
    #[arg(long)]
    name: Option<WorkloadName>,
    /// Replace a different run configuration of the same name
    #[arg(long)]
    force: bool,
}

impl Import {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (document, digest) = match Place::parse(&self.source)? {
            Place::File(path) => (read_document(context, &path)?, None),
            Place::Registry(reference) => {
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
        let overwrite = if self.force { Overwrite::Replace } else { Overwrite::Never };
        let store = StateStore::from_environment()?;
        let status = match store.save(&name, &document, overwrite)? {
            Saved::Created => "created",
            Saved::Unchanged => "unchanged",
            Saved::Replaced => "replaced",
        };
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
