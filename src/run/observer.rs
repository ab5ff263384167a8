//! The messages of a run to its caller.

use std::fmt;
use std::path::Path;

use url::Url;

use crate::engine::EngineError;
use crate::printable::{chain, printable};
use crate::runconfig::{PullError, WorkloadName};

/// Receives the messages of a run.
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
    LocalImage(&'a PullError),
    /// A bare name named this file.
    FileByName(&'a Path),
    /// Another port is used than the configuration's.
    PortTaken {
        /// The configuration's port.
        wanted: i64,
        /// The port that is used.
        chosen: u16,
    },
    /// The environment variables from which a printed command takes its secrets.
    SecretVariables(&'a [&'a str]),
    /// The printed command names the tag of the image, and the run the digest that the user agreed to.
    ImageByTag(&'a str),
    /// An ended container of this name was removed.
    RemovedContainer(&'a str),
    /// The engine pulls this image.
    PullingImage(&'a str),
    /// `ToolHive` runs the image that is on this machine, because no engine was found to pull it.
    ImageNotPulled(&'a EngineError),
    /// The image cannot be pulled, and the engine has an older one.
    OlderImage(&'a EngineError),
    /// A different stored run configuration of this name was replaced.
    Replaced(&'a WorkloadName),
    /// The server was started and does not answer yet.
    Waiting(&'a Url),
    /// The server is being stopped.
    Stopping,
}

impl fmt::Display for Note<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::LocalImage(error) => format!("{}; running the local image", chain(error)),
            Self::FileByName(path) => format!("note: reading the file ./{}", path.display()),
            Self::PortTaken { wanted, chosen } => format!("port {wanted} is taken; using {chosen}"),
            Self::SecretVariables(names) => format!(
                "before you run this command, export the variables of its secrets: {}",
                names.join(" ")
            ),
            Self::ImageByTag(image) => format!(
                "note: a run uses the digest of {image} that you agreed to, and this command its tag"
            ),
            Self::RemovedContainer(name) => format!("removed the ended container {name}"),
            Self::PullingImage(image) => format!("pulling the image {image}"),
            Self::ImageNotPulled(error) => format!("the image is not pulled: {}", chain(error)),
            Self::OlderImage(error) => format!("{}; running the older local image", chain(error)),
            Self::Replaced(name) => format!("replaced the stored run configuration '{name}'"),
            Self::Waiting(url) => format!("waiting until {url} answers"),
            Self::Stopping => "stopping".to_owned(),
        };
        f.write_str(&printable(&text))
    }
}
