//! Texts of a run configuration that are parsed into values.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// A text of a run configuration, and the value that it is parsed into.
///
/// A text that cannot be parsed does not make the document invalid: the reason is kept, so that `inspect` can
/// show the text and `run` can refuse it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String", bound = "T: FromStr<Err = InvalidValue>")]
pub struct Declared<T> {
    text: String,
    value: Result<T, InvalidValue>,
}

impl<T> Declared<T> {
    /// Returns the text as it is in the document.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the meaning of the text.
    ///
    /// # Errors
    /// [`InvalidValue`] if it has none.
    pub const fn get(&self) -> Result<&T, &InvalidValue> {
        self.value.as_ref()
    }
}

impl<T: FromStr<Err = InvalidValue>> From<String> for Declared<T> {
    fn from(text: String) -> Self {
        Self { value: text.parse(), text }
    }
}

/// The value of a field that is missing.
impl<T: FromStr<Err = InvalidValue>> Default for Declared<T> {
    fn default() -> Self {
        Self::from(String::new())
    }
}

/// A text that is not a value of its field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidValue {
    /// Not the name of a transport.
    Transport(String),
    /// Not an IP address.
    HostAddress(String),
    /// Not a port.
    Port {
        /// The field.
        field: &'static str,
        /// Its text.
        text: String,
    },
    /// Not the mode of a network.
    NetworkMode(String),
    /// Not a reference to a secret.
    Secret(String),
    /// Not a mount.
    Mount {
        /// Its text.
        text: String,
        /// What is wrong with it.
        defect: MountDefect,
    },
}

/// What is wrong with a mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MountDefect {
    /// It is a resource URI.
    ResourceUri,
    /// It has a character that `ToolHive` refuses, or that no engine's mount option can hold.
    Character,
    /// It has more than one colon.
    Colons,
    /// One of its paths is empty.
    EmptyPath,
    /// The path in the container is not absolute.
    RelativeTarget,
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(text) => {
                write!(f, "the transport {text:?} is not stdio, sse or streamable-http")
            }
            Self::HostAddress(text) => write!(f, "host: {text:?} is not an IP address"),
            Self::Port { field, text } => write!(f, "{field}: {text:?} is not a port number"),
            Self::NetworkMode(text) => write!(f, "{text:?} is not a network mode"),
            Self::Secret(text) => {
                write!(f, "the secret {text:?} does not have the form NAME,target=VARIABLE")
            }
            Self::Mount { text, defect } => {
                let defect = match defect {
                    MountDefect::ResourceUri => "resource URIs are not supported",
                    MountDefect::Character => "it has a character that is not allowed in a mount",
                    MountDefect::Colons => "it has more than one colon",
                    MountDefect::EmptyPath => "a path is empty",
                    MountDefect::RelativeTarget => "the path in the container is not absolute",
                };
                write!(f, "the mount {text:?}: {defect}")
            }
        }
    }
}

impl std::error::Error for InvalidValue {}
