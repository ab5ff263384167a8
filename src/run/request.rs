//! The request for a run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::engine::{EngineKind, Lifetime};
use crate::runconfig::{Document, ImageOptions, WorkloadName};

/// What is to run, and how.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RunRequest {
    /// A file or a reference, by the rules of `thv help references`.
    pub source: String,
    /// The run configuration itself, if the caller has read it already. Then `source` is not looked
    /// for.
    pub document: Option<Document>,
    /// Whether a container image is refused.
    pub only_configuration: bool,
    /// The workload's name, instead of the configuration's.
    pub name: Option<WorkloadName>,
    /// Which engine runs the server.
    pub engine: EngineChoice,
    /// Fields that may be left out although no engine enforces them, as [`super::Unsupported`] names
    /// them.
    pub allowed: Vec<String>,
    /// Files that hold secrets, by the secret's name. Other secrets are looked for in environment
    /// variables such as `TOOLHIVE_SECRET_name`.
    pub secret_files: BTreeMap<String, PathBuf>,
    /// The port to publish an HTTP server at, and no other.
    pub port: Option<u16>,
    /// How long the container lives. A stdio server is always attached.
    pub lifetime: Lifetime,
    /// How an image is run. A run configuration says that itself, and none of these may be set.
    pub image: ImageOptions,
}

/// Which engine runs the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum EngineChoice {
    /// The first container engine that is installed.
    #[default]
    Installed,
    /// This container engine.
    Only(EngineKind),
    /// `ToolHive` itself, with its proxy.
    ToolHive,
}

impl RunRequest {
    /// Returns a request to run `source` with the defaults.
    #[must_use]
    pub fn new(source: impl Into<String>) -> Self {
        Self { source: source.into(), ..Self::default() }
    }

    pub(super) fn allows(&self, field: &str) -> bool {
        self.allowed.iter().any(|allowed| allowed == field)
    }
}
