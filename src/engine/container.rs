//! Containers, as engines describe them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::endpoint::url_host;
use super::error::EngineError;
use crate::runconfig::McpTransport;

/// A container of a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Container {
    /// Its name.
    pub name: String,
    /// `created`, `running`, `exited` or another of the engine's words.
    pub state: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// How often the engine started it again after it had ended by itself.
    pub restarts: u64,
}

impl Container {
    /// Returns the container of the workload `name`. If several have its label, a running one wins.
    #[must_use]
    pub fn of_workload<'a>(containers: &'a [Self], name: &str) -> Option<&'a Self> {
        let is_named = |container: &&Self| {
            container.labels.get("toolhive-basename").is_some_and(|label| label == name)
        };
        containers.iter().filter(is_named).max_by_key(|container| container.is_running())
    }

    /// Where its server can be reached, by the labels that it was made with; `host` is the
    /// configuration's.
    #[must_use]
    pub fn url(&self, host: &str) -> Option<String> {
        let port = self.labels.get("toolhive-port").filter(|_| self.is_running())?;
        let transport: McpTransport = self.labels.get("toolhive-transport")?.parse().ok()?;
        Some(format!("http://{}:{port}{}", url_host(host.parse().ok()), transport.path()?))
    }

    /// Whether it runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(self.state.as_str(), "running" | "paused" | "restarting")
    }
}

/// What `container inspect` prints, as far as both engines print it alike.
pub(super) fn containers(output: &[u8], doing: &str) -> Result<Vec<Container>, EngineError> {
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
    let inspected: Vec<Inspected> = serde_json::from_slice(output).map_err(|error| {
        EngineError::Failed { doing: doing.to_owned(), message: error.to_string() }
    })?;
    let container = |inspected: Inspected| Container {
        // Docker's names have a slash in front.
        name: inspected.name.trim_start_matches('/').to_owned(),
        state: inspected.state.status,
        labels: inspected.config.labels.unwrap_or_default(),
        restarts: inspected.restart_count,
    };
    Ok(inspected.into_iter().map(container).collect())
}
