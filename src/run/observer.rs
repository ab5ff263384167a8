//! What a run tells its caller while it goes on.

use std::fmt;

use url::Url;

use crate::engine::EngineError;
use crate::printable::{chain, printable};
use crate::runconfig::{RetrieveError, WorkloadName};

/// Is told what a run does. It decides nothing.
pub trait RunObserver: Sync {
    /// Takes one note.
    fn note(&self, note: Note<'_>);
}

/// Something that a user wants to know. `Display` gives one line without characters that control a
/// terminal.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Note<'a> {
    /// The registry does not have the image or cannot be reached, and the engine has it.
    LocalImage(&'a RetrieveError),
    /// Another port is used than the configuration's.
    PortTaken {
        /// The configuration's port.
        wanted: i64,
        /// The port that is used.
        chosen: u16,
    },
    /// The variables of secrets that a printed command takes from where it is run.
    SecretVariables(&'a [&'a str]),
    /// The engine pulls this image.
    PullingImage(&'a str),
    /// The image cannot be pulled, and the engine has an older one.
    OlderImage(&'a EngineError),
    /// A stored run configuration of this name was another one and is gone.
    Replaced(&'a WorkloadName),
    /// The server was started and does not answer yet.
    Waiting(&'a Url),
    /// The server is being stopped.
    Stopping,
}

impl fmt::Display for Note<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::LocalImage(error) => {
                format!("{}; running the image that is here", chain(error))
            }
            Self::PortTaken { wanted, chosen } => {
                format!("port {wanted} is taken; using {chosen}")
            }
            Self::SecretVariables(names) => {
                format!("before this is pasted, set and export its secrets: {}", names.join(" "))
            }
            Self::PullingImage(image) => format!("pulling the image {image}"),
            Self::OlderImage(error) => format!("{}; running the one that is here", chain(error)),
            Self::Replaced(name) => format!("replaced the stored run configuration '{name}'"),
            Self::Waiting(url) => format!("waiting until {url} answers"),
            Self::Stopping => "stopping".to_owned(),
        };
        f.write_str(&printable(&text))
    }
}
