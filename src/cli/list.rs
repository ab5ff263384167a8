//! `thv list`: lists the workloads of the state store and the state of their containers.

use clap::Args;
use serde_json::{Value, json};

use super::arguments::parse_reference;
use super::failure::Failure;
use super::layout::table;
use super::options::Context;
use super::output::Report;
use crate::engine::{Container, Engine};
use crate::printable::{chain, excerpt};
use crate::runconfig::shown_text;
use crate::state::{Agreements, StateStore, StoredConfig};

const COLUMNS: [&str; 5] = ["NAME", "TRANSPORT", "STATE", "URL", "RUNS"];
/// The most characters of a cell that are shown: a hostile configuration may have an image of 4 MiB.
const CELL_LIMIT: usize = 200;

#[derive(Args)]
pub(super) struct List {
    /// List what you agreed to run, instead of the workloads
    #[arg(long)]
    agreements: bool,
    /// With --agreements: forget the one about REFERENCE, so that `thv run` asks again
    #[arg(long, value_name = "REFERENCE", requires = "agreements")]
    forget: Option<String>,
    /// With --agreements: forget all of them
    #[arg(long, requires = "agreements", conflicts_with = "forget")]
    forget_all: bool,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        if self.agreements {
            return self.agreements(context);
        }
        let store = StateStore::from_environment()?;
        let mut entries = store.list()?.peekable();
        let is_empty = entries.peek().is_none();
        let containers = if is_empty { None } else { containers().await };
        let containers = containers.as_deref();
        if context.output.json {
            let array = entries.map(|entry| as_json(&entry, containers)).collect();
            return context.output.line(&Value::Array(array).to_string());
        }
        if is_empty {
            context.output.note(&format!("No run configurations in {}", store.dir().display()));
            return Ok(());
        }
        let mut rows = vec![COLUMNS.map(str::to_owned)];
        rows.extend(entries.map(|entry| as_row(&entry, containers)));
        table(&rows).iter().try_for_each(|line| context.output.line(line))
    }
}

impl List {
    fn agreements(self, context: &Context) -> Result<(), Failure> {
        let agreements = Agreements::from_environment()?;
        let reference = self.forget.as_deref().map(parse_reference).transpose()?;
        if reference.is_some() || self.forget_all {
            let count = agreements.forget(reference.as_ref())?;
            if let Some(reference) = reference.filter(|_| count == 0) {
                return Err(Failure::Usage(format!(
                    "there is no agreement about {reference}; `thv list --agreements` shows them"
                )));
            }
            let report = Report::new(format!("Forgot {count} of the agreements"));
            return context.output.report(report.field("forgotten", count));
        }
        let known = agreements.list()?;
        if context.output.json {
            return context.output.line(&json!(known).to_string());
        }
        if known.is_empty() {
            context.output.note("You have agreed to nothing from a registry");
            return Ok(());
        }
        let mut rows = vec![["AGREED", "REFERENCE", "DIGEST"].map(str::to_owned)];
        rows.extend(known.iter().map(|known| {
            [&known.agreed, &known.reference, &known.digest].map(|cell| excerpt(cell, CELL_LIMIT))
        }));
        table(&rows).iter().try_for_each(|line| context.output.line(line))
    }
}

/// Returns the containers of all engines on this machine, or `None` if no engine answers. An engine
/// that fails is no error: the stored workloads are listed without a state.
async fn containers() -> Option<Vec<Container>> {
    let mut found = None;
    for engine in Engine::all(&std::env::var_os("PATH").unwrap_or_default()) {
        if let Ok(containers) = engine.workloads().await {
            found.get_or_insert_with(Vec::new).extend(containers);
        }
    }
    found
}

fn state(
    entry: &StoredConfig,
    containers: Option<&[Container]>,
) -> (Option<String>, Option<String>) {
    let (Some(containers), Ok(document)) = (containers, &entry.document) else {
        return (None, None);
    };
    match Container::of_workload(containers, &entry.name) {
        Some(container) => {
            (Some(container.status.clone()), container.url(document.config().host.text()))
        }
        None => (Some("stopped".to_owned()), None),
    }
}

/// Returns `None`, which is `null` in JSON, for an empty text.
fn non_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn as_json(entry: &StoredConfig, containers: Option<&[Container]>) -> Value {
    match &entry.document {
        Ok(document) => {
            let config = document.config();
            let (state, url) = state(entry, containers);
            json!({
                "name": entry.name,
                "image": non_empty(&config.image),
                "remote_url": non_empty(&config.remote_url),
                "transport": non_empty(config.transport.text()),
                "state": state,
                "url": url,
                "file": entry.path.display().to_string(),
            })
        }
        Err(error) => json!({
            "name": entry.name,
            "file": entry.path.display().to_string(),
            "error": chain(error),
        }),
    }
}

fn as_row(entry: &StoredConfig, containers: Option<&[Container]>) -> [String; COLUMNS.len()] {
    let (state, url) = state(entry, containers);
    let [transport, runs] = match &entry.document {
        Ok(document) => {
            let config = document.config();
            let runs = if config.image.is_empty() {
                shown_text("remote_url", &config.remote_url)
            } else {
                config.image.clone()
            };
            [config.transport.text().to_owned(), runs]
        }
        Err(error) => [String::new(), format!("unreadable: {}", chain(error))],
    };
    let cells =
        [entry.name.clone(), transport, state.unwrap_or_default(), url.unwrap_or_default(), runs];
    cells.map(|cell| excerpt(&cell, CELL_LIMIT))
}
