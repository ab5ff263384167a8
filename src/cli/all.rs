//! `--all`: every workload of the state store to one repository, and back.

use std::cell::Cell;

use serde_json::{Map, Value, json};

use super::context::Context;
use super::failure::Failure;
use super::hint::hint;
use super::output::Report;
use super::push::{Sharing, names_more_than_repository, parse_reference};
use super::transfer::{counting, transfer};
use crate::oci::{PushStatus, Reference, UnsupportedArtifact};
use crate::printable::{chain, printable};
use crate::runconfig::{Collection, PullError, Pulled, WorkloadName};
use crate::state::{Overwrite, StateStore};

/// What became of one workload.
struct Outcome {
    /// The workload's name, or what stands in its place.
    name: String,
    status: &'static str,
    fields: Vec<(&'static str, String)>,
    failure: Option<Failure>,
}

/// What became of all of them.
struct Outcomes {
    place: Reference,
    list: Vec<Outcome>,
}

/// Exports every workload of the state store.
pub(super) async fn export(
    context: &Context,
    repository: &str,
    sharing: &Sharing,
) -> Result<(), Failure> {
    let place = parse_repository(repository)?;
    let store = StateStore::from_environment()?;
    let options = sharing.push_options()?;
    let collection = Collection::new(context.client.clone(), place.clone());
    let mut outcomes = Outcomes { place, list: Vec::new() };
    let mut names = Vec::new();
    for name in store.names()? {
        match name.parse::<WorkloadName>() {
            Ok(name) => names.push(name),
            Err(error) => outcomes.list.push(Outcome::failed(name, error.into())),
        }
    }
    let (total, count) = (names.len(), Cell::new(0));
    let load = |name: &WorkloadName| sharing.with_secrets(store.load(name)?);
    let place = outcomes.place.clone();
    let doing = || format!("exporting to {}: {} of {total}", shown(&place), count.get());
    let work = collection.push_each(names, load, &options, |name, pushed| {
        count.set(count.get() + 1);
        outcomes.list.push(match pushed {
            Ok(pushed) => Outcome::of(name.as_str(), pushed.status.as_str())
                .field("reference", collection.reference(&name).to_string())
                .field("digest", pushed.digest.to_string()),
            Err(error) => Outcome::failed(name.to_string(), error),
        });
    });
    counting(context, doing, Box::pin(work)).await??;
    let statuses = [PushStatus::Pushed, PushStatus::Unchanged].map(PushStatus::as_str);
    outcomes.print(context, "Exported the state store to", &statuses)
}

/// Imports every workload of a repository.
pub(super) async fn import(
    context: &Context,
    repository: &str,
    overwrite: Overwrite,
) -> Result<(), Failure> {
    let place = parse_repository(repository)?;
    let store = StateStore::from_environment()?;
    let collection = Collection::new(context.client.clone(), place.clone());
    let what = shown(&place);
    let listing = Box::pin(collection.tags());
    let tags = transfer(context, &format!("listing {what}"), listing).await?;
    let tags = tags.map_err(|error| Failure::pull(&place)(PullError::Registry(error)))?;
    let mut outcomes = Outcomes { place: place.clone(), list: Vec::new() };
    let (total, count) = (tags.len(), Cell::new(0));
    let doing = || format!("importing from {what}: {} of {total}", count.get());
    let work = collection.pull_each(tags, |tag, pulled| {
        count.set(count.get() + 1);
        let reference = place.tagged(tag.clone());
        outcomes.list.push(match pulled {
            Ok((name, pulled)) => match save(&store, &name, &pulled, overwrite) {
                Ok(saved) => saved.field("reference", reference.to_string()),
                Err(error) => Outcome::failed(name.to_string(), error),
            },
            Err(PullError::Unsupported(error)) if is_something_else(&error) => {
                Outcome::of(tag.as_str(), "skipped").field("reason", chain(&error))
            }
            Err(error) => Outcome::failed(tag.to_string(), Failure::pull(&reference)(error)),
        });
    });
    counting(context, doing, Box::pin(work)).await?;
    let statuses = ["created", "unchanged", "replaced", "skipped"];
    outcomes.print(context, "Imported the run configurations of", &statuses)
}

fn save(
    store: &StateStore,
    name: &WorkloadName,
    pulled: &Pulled,
    overwrite: Overwrite,
) -> Result<Outcome, Failure> {
    let saved = store.save(name, &pulled.document, overwrite)?;
    Ok(Outcome::of(name.as_str(), saved.as_str())
        .field("file", store.path_of(name).display().to_string())
        .field("digest", pulled.manifest.descriptor.digest.to_string()))
}

/// Whether a tag holds something that does not claim to be a run configuration, such as a signature.
const fn is_something_else(error: &UnsupportedArtifact) -> bool {
    use UnsupportedArtifact::{ContainerImage, Index, OtherType};
    matches!(error, Index { .. } | ContainerImage | OtherType(_))
}

/// Reads an argument that names a repository.
fn parse_repository(text: &str) -> Result<Reference, Failure> {
    if names_more_than_repository(text) {
        return Err(Failure::Usage(format!(
            "{text:?} is no repository, such as registry.example.com/configs: with --all each \
             workload has a tag of its own there"
        )));
    }
    parse_reference(text)
}

/// The repository without its tag.
fn shown(place: &Reference) -> String {
    format!("{}/{}", place.registry(), place.repository())
}

impl Outcome {
    fn of(name: &str, status: &'static str) -> Self {
        Self { name: name.to_owned(), status, fields: Vec::new(), failure: None }
    }

    fn failed(name: String, error: Failure) -> Self {
        Self { name, status: "failed", fields: Vec::new(), failure: Some(error) }
    }

    fn field(mut self, name: &'static str, value: String) -> Self {
        self.fields.push((name, value));
        self
    }

    fn to_json(&self) -> Value {
        let mut object: Map<_, _> =
            self.fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        object.insert("name".to_owned(), json!(self.name));
        object.insert("status".to_owned(), json!(self.status));
        if let Some(error) = &self.failure {
            object.insert("error".to_owned(), json!(chain(error)));
            object.insert("exit_code".to_owned(), json!(error.code()));
        }
        Value::Object(object)
    }
}

impl Outcomes {
    /// Prints how many came to each of `statuses` or failed, and each that failed.
    ///
    /// # Errors
    /// [`Failure::Several`] where one failed.
    fn print(
        mut self,
        context: &Context,
        done: &str,
        statuses: &[&'static str],
    ) -> Result<(), Failure> {
        self.list.sort_by(|a, b| a.name.cmp(&b.name));
        let place = shown(&self.place);
        let mut report = Report::new(format!("{done} {place}"));
        for status in statuses.iter().chain(&["failed"]) {
            let count = self.list.iter().filter(|outcome| outcome.status == *status).count();
            report = report.field(status, count);
        }
        if context.output.is_json() {
            let list: Vec<_> = self.list.iter().map(Outcome::to_json).collect();
            report = report.field("repository", place).field("workloads", list);
        }
        context.output.report(report)?;
        let of = self.list.len();
        let failed: Vec<_> = self
            .list
            .into_iter()
            .filter_map(|outcome| Some((outcome.name, outcome.failure?)))
            .collect();
        for (name, error) in &failed {
            context.output.message(&printable(&format!("{name}: {}", chain(error))));
        }
        match failed.first() {
            None => Ok(()),
            Some((_, first)) => Err(Failure::Several {
                failed: failed.len(),
                of,
                code: first.code(),
                hint: hint(first),
            }),
        }
    }
}
