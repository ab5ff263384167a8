//! `thv export`: from the state store to a file or a registry.

use std::cell::Cell;
use std::fs;
use std::path::Path;

use clap::Args;

use super::arguments::{parse_repository, repository_of};
use super::destination::Destination;
use super::failure::Failure;
use super::options::Context;
use super::outcomes::{self, Outcome};
use super::output::Report;
use super::sharing::{Sharing, done, fields_of, note_lints, push_document};
use super::transfer::transfer_counted;
use crate::oci::{Digest, PushStatus};
use crate::printable::printable;
use crate::runconfig::{
    Collection, ConfigLocation, Document, Lint, PushError, WorkloadName, exposures, lints,
};
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
                let destination = Destination::file(context, path)?;
                write(context, &destination, name, &document, self.sharing.dry_run)
            }
            _ if self.sharing.dry_run => Err(Failure::usage(
                "--dry-run is for a file or a registry; without it, standard output shows the \
                 configuration",
            )),
            ConfigLocation::Standard | ConfigLocation::Name(_) => {
                write(context, &Destination::standard_output(context)?, name, &document, false)
            }
        }
    }
}

fn write(
    context: &Context,
    destination: &Destination,
    name: &WorkloadName,
    document: &Document,
    dry_run: bool,
) -> Result<(), Failure> {
    let bytes = document.bytes();
    let report = |path: &Path| {
        let (done, shown) = (done("Exported", dry_run), path.display());
        Report::new(format!("{done} run configuration '{name}' to file {shown}"))
            .field("file", shown.to_string())
            .field("digest", Digest::sha256(bytes).to_string())
    };
    let place = match destination {
        Destination::File(path) => path.display().to_string(),
        Destination::StandardOutput => "standard output".to_owned(),
    };
    note_secrets(context, &place, document, dry_run);
    match destination {
        Destination::File(path) if dry_run => {
            let report = report(path).field("status", status_before_write(path, bytes));
            let json = context.output.json;
            context.output.report(if json { report.field("dry_run", true) } else { report })
        }
        _ => destination.write(context, bytes, report),
    }
}

/// Names the secrets that a file gets. `ToolHive` itself keeps some of them in its secret store.
fn note_secrets(context: &Context, place: &str, document: &Document, dry_run: bool) {
    const SHOWN: usize = 10;
    let found = exposures(document, None);
    let paths: Vec<_> =
        found.into_iter().filter(|found| found.kind.is_secret()).map(|found| found.path).collect();
    if paths.is_empty() {
        return;
    }
    let verb = if dry_run { "would hold" } else { "holds" };
    let more = match paths.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown: Vec<_> = paths.iter().take(SHOWN).map(String::as_str).collect();
    let shown = shown.join(", ");
    let note = format!("note: {place} {verb} secrets in plain text: {shown}{more}");
    context.output.note(&printable(&note));
}

/// Returns what writing `bytes` to `path` would do.
fn status_before_write(path: &Path, bytes: &[u8]) -> &'static str {
    let Ok(found) = fs::metadata(path) else { return "created" };
    // Only a file of the same size is read: a larger one is another one, and a pipe may never end.
    let has_same_size = found.is_file() && found.len() == bytes.len() as u64;
    let is_same = has_same_size && fs::read(path).is_ok_and(|content| content == bytes);
    if is_same { "unchanged" } else { "replaced" }
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
    let load = |name: &WorkloadName| -> Result<_, Failure> {
        let document = sharing.with_secrets(store.load(name)?)?;
        // One without a name gets the name of its tag.
        let mut lints = lints(&document);
        lints.retain(|lint| *lint != Lint::NoName);
        note_lints(context, &format!("{name}: "), lints);
        Ok(document)
    };
    let work = collection.push_each(names, load, &options, |name, pushed| {
        count.set(count.get() + 1);
        outcomes.push(match pushed {
            Ok(pushed) => {
                let reference = collection.reference(&name);
                let fields = fields_of(context, &reference, &pushed, sharing.dry_run);
                let outcome = Outcome::new(name.as_str(), pushed.status.as_str());
                fields
                    .into_iter()
                    .fold(outcome, |outcome, (name, value)| outcome.value(name, value))
            }
            Err(error) => Outcome::failed(name.as_str(), error),
        });
    });
    let pushed = transfer_counted(context, doing, Box::pin(work)).await?;
    // An --allow without effect is known when everything has been pushed.
    let useless = match pushed {
        Err(error @ PushError::NothingToAllow(_)) => Err(error.into()),
        other => Ok(other?),
    };
    let said = format!("{} the state store to", done("Exported", sharing.dry_run));
    outcomes::print(context, &said, &repository, outcomes, &PushStatus::WORDS, sharing.dry_run)?;
    useless
}
