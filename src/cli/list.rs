//! `thv list`: what the state store holds.

use clap::Args;
use serde_json::{Value, json};

use super::Context;
use super::failure::Failure;
use super::output::{line, message};
use crate::printable::printable;
use crate::state::{Entry, StateStore};

#[derive(Args)]
pub(super) struct List {}

impl List {
    #[expect(clippy::unused_self, reason = "every command is run alike")]
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let store = StateStore::from_environment()?;
        let entries = store.list()?;
        if context.output.is_json() {
            let array: Vec<_> = entries.iter().map(as_json).collect();
            return line(&Value::Array(array).to_string());
        }
        if entries.is_empty() {
            message(&format!("No run configurations in {}", store.dir().display()));
            return Ok(());
        }
        let rows: Vec<_> = entries.iter().map(as_row).collect();
        let width = |column: usize| {
            rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).max(9) + 2
        };
        let (name, transport) = (width(0), width(1));
        line(&format!("{:name$}{:transport$}RUNS", "NAME", "TRANSPORT"))?;
        for [entry, speaks, runs] in &rows {
            line(&format!("{entry:name$}{speaks:transport$}{runs}"))?;
        }
        Ok(())
    }
}

/// `null` for what is not set.
fn set(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn as_json(entry: &Entry) -> Value {
    match &entry.document {
        Ok(document) => {
            let config = document.run_config();
            json!({
                "name": entry.name,
                "image": set(config.image),
                "remote_url": set(config.remote_url),
                "transport": set(config.transport),
                "file": entry.path.display().to_string(),
            })
        }
        Err(why) => json!({
            "name": entry.name,
            "file": entry.path.display().to_string(),
            "error": why.to_string(),
        }),
    }
}

fn as_row(entry: &Entry) -> [String; 3] {
    let [transport, runs] = match &entry.document {
        Ok(document) => {
            let config = document.run_config();
            let runs = if config.image.is_empty() { config.remote_url } else { config.image };
            [config.transport, runs]
        }
        Err(why) => [String::new(), format!("unreadable: {why}")],
    };
    [printable(&entry.name), printable(&transport), printable(&runs)]
}
