//! What the user wants looked at: a workload, a file, or what stands in a registry.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::failure::Failure;
use super::pull::from_registry;
use super::push::read_document;
use crate::oci::Reference;
use crate::runconfig::{ConfigLocation, Document, InvalidLocation, Pulled, WorkloadName};
use crate::state::StateStore;

/// A run configuration, and where it was found.
pub(super) enum Source {
    /// In the state store.
    Workload { name: WorkloadName, path: PathBuf, document: Document },
    /// In a file, or on standard input.
    File { path: PathBuf, document: Document },
    /// In a registry.
    Artifact { reference: Reference, pulled: Box<Pulled> },
}

impl Source {
    /// Finds `text`: a file or a reference by the rules of [`ConfigLocation::parse`], `-` for standard input,
    /// and what could be either is a workload's name.
    pub(super) async fn find(context: &Context, text: &str) -> Result<Self, Failure> {
        let file = |path: &Path| {
            let document = read_document(context, path)?;
            Ok(Self::File { path: path.to_owned(), document })
        };
        if text == "-" {
            return file(Path::new(text));
        }
        match (ConfigLocation::parse(text), text.parse::<WorkloadName>()) {
            (Ok(ConfigLocation::File(path)), _) => file(&path),
            (Ok(ConfigLocation::Registry(reference)), _) => {
                let pulled = from_registry(context, &reference).await?;
                Ok(Self::Artifact { reference, pulled: Box::new(pulled) })
            }
            (Err(InvalidLocation::Ambiguous(_)), Ok(name)) => {
                let store = StateStore::from_environment()?;
                let document = store.load(&name)?;
                Ok(Self::Workload { path: store.path_of(&name), name, document })
            }
            (Err(error), _) => Err(error.into()),
        }
    }

    /// The run configuration.
    pub(super) fn document(&self) -> &Document {
        match self {
            Self::Workload { document, .. } | Self::File { document, .. } => document,
            Self::Artifact { pulled, .. } => &pulled.document,
        }
    }

    /// What was found, for a line of text.
    pub(super) fn title(&self) -> String {
        match self {
            Self::Workload { name, .. } => format!("workload {name}"),
            Self::File { path, .. } if path == Path::new("-") => "standard input".to_owned(),
            Self::File { path, .. } => format!("file {}", path.display()),
            Self::Artifact { reference, .. } => reference.to_string(),
        }
    }
}
