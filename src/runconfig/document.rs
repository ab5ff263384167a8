//! A run configuration, verbatim: the bytes of a file, checked and parsed once.
//!
//! The bytes are never written from the parsed values: fields that this crate does not know, large
//! numbers, key order and white space all survive.

use std::fmt;

use serde::Deserialize as _;
use serde_json::{Map, Value as Json};

use super::config::RunConfig;
use super::error::{DocumentDefect, InvalidDocument, MAX_SIZE};
use super::json::{self, Node};
use super::name::{InvalidWorkloadName, WorkloadName};

/// The bytes of a run configuration, and what they mean.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    text: String,
    root: Node,
    fields: Map<String, Json>,
    config: Box<RunConfig>,
}

impl Document {
    /// Parses a run configuration: at most 4 MiB of UTF-8, one JSON object, known fields
    /// of their kinds, and an `image` or a `remote_url`.
    ///
    /// A text without meaning, such as a transport that does not exist, is accepted: the [`RunConfig`]
    /// keeps it with the reason.
    ///
    /// # Errors
    /// [`InvalidDocument`], with the position of the error.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, InvalidDocument> {
        if bytes.len() > MAX_SIZE {
            return Err(InvalidDocument::TooLarge);
        }
        let text = String::from_utf8(bytes).map_err(|error| not_utf8(&error))?;
        let root = json::read(&text)?;
        let fields = json::normalised(&text, &root)?;
        let config = RunConfig::deserialize(&fields)
            .map_err(|error| InvalidDocument::Internal(error.to_string()))?;
        if config.image.is_empty() && config.remote_url.is_empty() {
            return Err(InvalidDocument::NothingToRun);
        }
        Ok(Self { text, root, fields, config: Box::new(config) })
    }

    /// Returns the bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Returns the bytes as text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns what runs and what it may touch.
    #[must_use]
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// Returns the field `name`, unless it is empty.
    pub(crate) fn name(&self) -> Option<&str> {
        Some(self.config.name.as_str()).filter(|name| !name.is_empty())
    }

    /// Returns the name under which `ToolHive` stores the configuration: `base_name`, else `name`.
    ///
    /// # Errors
    /// [`InvalidWorkloadName`] if there is none, or it is not the name of a workload.
    pub fn workload_name(&self) -> Result<WorkloadName, InvalidWorkloadName> {
        self.own_name().unwrap_or_default().parse()
    }

    pub(super) fn own_name(&self) -> Option<String> {
        let names = [&self.config.base_name, &self.config.name];
        names.into_iter().find(|name| !name.is_empty()).cloned()
    }

    /// Returns every field that is not `null`. Known ones are spelled as in the table of fields.
    pub(crate) const fn fields(&self) -> &Map<String, Json> {
        &self.fields
    }

    pub(super) const fn root(&self) -> &Node {
        &self.root
    }
}

/// Shows only the name: values of environment variables may be secrets.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({:?}, {} bytes)", self.name(), self.text.len())
    }
}

fn not_utf8(error: &std::string::FromUtf8Error) -> InvalidDocument {
    let valid = error.utf8_error().valid_up_to();
    let before = String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default());
    json::invalid_at(&before, before.len(), DocumentDefect::NotUtf8)
}
