//! The containers that an engine reports.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::EngineError;
use super::plan::url_host;
use crate::runconfig::McpTransport;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Container {
    pub(crate) name: String,
    /// The engine's word for its state, such as `created`, `running` or `exited`.
    pub(crate) status: String,
    pub(crate) labels: BTreeMap<String, String>,
    /// How often the engine started it again after its server had ended.
    pub(crate) restarts: u64,
}

impl Container {
    /// Returns the container of the workload `name`. If several have its label, a running one wins.
    pub(crate) fn of_workload<'a>(containers: &'a [Self], name: &str) -> Option<&'a Self> {
        let is_named = |container: &&Self| {
            container.labels.get("toolhive-basename").is_some_and(|label| label == name)
        };
        containers.iter().filter(is_named).max_by_key(|container| container.is_running())
    }

    /// Returns the URL of its server while it runs, from the labels that it was made with and the
    /// `host` of its run configuration. A stdio server has none.
    pub(crate) fn url(&self, host: &str) -> Option<String> {
        let port = self.labels.get("toolhive-port").filter(|_| self.is_running())?;
        // Another program may have made the container, with any text as the label.
        let port: u16 = port.parse().ok()?;
        let transport: McpTransport = self.labels.get("toolhive-transport")?.parse().ok()?;
        Some(format!("http://{}:{port}{}", url_host(host.parse().ok()), transport.path()?))
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self.status.as_str(), "running" | "paused" | "restarting")
    }
}

/// Reads what `container inspect` prints. `doing` says what for, in an error.
pub(super) fn read_containers(output: &[u8], doing: &str) -> Result<Vec<Container>, EngineError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Inspected {
        name: String,
        state: State,
        config: Config,
        #[serde(default)]
        restart_count: u64,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct State {
        status: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Config {
        labels: Option<BTreeMap<String, String>>,
    }
    let inspected: Vec<Inspected> = serde_json::from_slice(output)
        .map_err(|error| EngineError::Output { doing: doing.to_owned(), error })?;
    let container = |inspected: Inspected| Container {
        // Docker prints a slash in front of the name.
        name: inspected.name.trim_start_matches('/').to_owned(),
        status: inspected.state.status,
        labels: inspected.config.labels.unwrap_or_default(),
        restarts: inspected.restart_count,
    };
    Ok(inspected.into_iter().map(container).collect())
}
