//! Why a run configuration cannot become a container.

use std::fmt;
use std::path::PathBuf;

use crate::oci::InvalidReference;
use crate::runconfig::InvalidValue;

/// Why a run configuration cannot become a container.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanError {
    /// A text of the configuration has no meaning.
    Value(InvalidValue),
    /// The image is not an image reference.
    Image {
        /// The text of the field.
        image: String,
        /// What is wrong with it.
        error: InvalidReference,
    },
    /// No engine accepts this name for a container.
    ContainerName(String),
    /// The source of a mount does not exist.
    MissingSource(PathBuf),
    /// Ports are published, and the container has no network.
    PortsWithoutNetwork,
    /// The value of the secret with this name is missing.
    MissingSecret(String),
    /// An environment variable cannot reach the container unchanged. The text names it, and says why.
    Variable(String),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(error) => error.fmt(f),
            Self::Image { image, .. } => write!(f, "{image:?} is no image"),
            Self::ContainerName(name) => write!(f, "{name:?} is no name for a container"),
            Self::MissingSource(path) => {
                write!(f, "{} is to be mounted and does not exist", path.display())
            }
            Self::PortsWithoutNetwork => {
                f.write_str("ports are to be published, and the network mode is none")
            }
            Self::MissingSecret(name) => write!(
                f,
                "secret not found: {name}; set TOOLHIVE_SECRET_{name}, or give --secret \
                 {name}=@FILE"
            ),
            Self::Variable(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for PlanError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Image { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl From<&InvalidValue> for PlanError {
    fn from(error: &InvalidValue) -> Self {
        Self::Value(error.clone())
    }
}
