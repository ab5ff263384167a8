//! A run configuration, verbatim: the bytes as they lie in a file, found to be one.
//!
//! The bytes are never written again from what was read: fields that this crate does not know, large
//! numbers, key order and white space all survive.

use std::fmt;

use serde::de::IgnoredAny;

use super::error::InvalidDocument;
use super::json::{self, Node, Unreadable, Value, position};
use super::name::{InvalidWorkloadName, WorkloadName};
use super::normal::{Reader, add_unknown};
use super::run_config::RunConfig;
use super::syntax::syntax;
use super::to_secret::{self, ToSecretError};
use super::{rename, schema, validation};

/// The largest run configuration, in bytes.
pub const MAX_SIZE: usize = 4 * 1024 * 1024;

/// The bytes of a run configuration.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    text: String,
    root: Node,
}

impl Document {
    /// Checks that `bytes` are a run configuration: at most [`MAX_SIZE`] bytes of UTF-8, one JSON
    /// object, known fields of their types, and an `image` or a `remote_url`.
    ///
    /// # Errors
    /// [`InvalidDocument`] says where.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, InvalidDocument> {
        if bytes.len() > MAX_SIZE {
            return Err(InvalidDocument::TooLarge);
        }
        let text = String::from_utf8(bytes).map_err(|error| not_utf8(&error))?;
        serde_json::from_str::<IgnoredAny>(&text).map_err(|error| syntax(&text, &error))?;
        let root = json::read(&text).map_err(|Unreadable(offset)| {
            let (line, column) = position(&text, offset);
            let message = format!("nested more than {} deep, or unreadable", json::DEPTH_LIMIT);
            InvalidDocument::Syntax { line, column, message }
        })?;
        validation::check(&text, &root)?;
        let document = Self { text, root };
        let runs = |field: Option<String>| field.is_some_and(|value| !value.is_empty());
        if runs(document.string("image")) || runs(document.string("remote_url")) {
            Ok(document)
        } else {
            Err(InvalidDocument::NothingToRun)
        }
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The bytes, as the text that they are.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The field `name`, unless it is empty.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        self.string("name").filter(|name| !name.is_empty())
    }

    /// The name under which `ToolHive` stores the configuration: `base_name`, else `name`.
    ///
    /// # Errors
    /// Where that is empty or not a workload's name.
    pub fn workload_name(&self) -> Result<WorkloadName, InvalidWorkloadName> {
        self.own_name().unwrap_or_default().parse()
    }

    /// `base_name`, else `name`, as it stands there.
    pub(super) fn own_name(&self) -> Option<String> {
        let base = self.string("base_name").filter(|name| !name.is_empty());
        base.or_else(|| self.name())
    }

    /// The same configuration under another name. The fields `name`, `base_name`,
    /// `container_name` and `ToolHive`'s two labels for them change where they stand; not one other
    /// byte does.
    #[must_use]
    pub fn renamed(&self, name: &WorkloadName) -> Self {
        rename::renamed(self, name)
    }

    /// The same configuration with the value of `variable` as a reference to the secret `name`:
    /// whoever runs it supplies the value.
    ///
    /// # Errors
    /// [`ToSecretError`].
    pub fn with_secret(&self, variable: &str, name: &str) -> Result<Self, ToSecretError> {
        to_secret::to_secret(self, variable, name)
    }

    /// The fields that say what runs and what it may touch.
    #[must_use]
    pub fn run_config(&self) -> RunConfig {
        // A document's fields are known to have their types.
        serde_json::from_value(self.fields().into()).unwrap_or_default()
    }

    /// Every field that is set, known ones by `ToolHive`'s spelling, as Go's decoder reads them.
    #[must_use]
    pub fn fields(&self) -> serde_json::Map<String, serde_json::Value> {
        Reader(&self.text).object(self.root.members(), schema::RUN_CONFIG)
    }

    /// What says something and `ToolHive` does not know, within fields too: the field, and the path,
    /// such as `permission_profile.new` or `middleware_configs.0.new`.
    #[must_use]
    pub fn unknown_fields(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for (name, value) in self.fields() {
            let mut paths = Vec::new();
            match schema::RUN_CONFIG.iter().find(|field| field.0 == name) {
                Some(field) => add_unknown(&value, field.1, &name, &mut paths),
                None if is_set(&value) => paths.push(name.clone()),
                None => {}
            }
            found.extend(paths.into_iter().map(|path| (name.clone(), path)));
        }
        found
    }

    /// The name of every field that `ToolHive` knows, in its order.
    pub fn known_fields() -> impl Iterator<Item = &'static str> {
        schema::RUN_CONFIG.iter().map(|field| field.0)
    }

    /// A document whose text differs from this one's only in the content of strings.
    pub(super) fn with_text(text: String) -> Option<Self> {
        let root = json::read(&text).ok()?;
        Some(Self { text, root })
    }

    pub(super) const fn root(&self) -> &Node {
        &self.root
    }

    /// The string in the field `name`, if it stands there.
    pub(super) fn string(&self, name: &str) -> Option<String> {
        self.decode(self.root.field(name)?)
    }

    /// The string that `node` is.
    pub(super) fn decode(&self, node: &Node) -> Option<String> {
        if node.value != Value::String {
            return None;
        }
        serde_json::from_str(self.text.get(node.span.clone())?).ok()
    }
}

/// The name alone: values of environment variables may be secrets.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({:?}, {} bytes)", self.name(), self.text.len())
    }
}

fn not_utf8(error: &std::string::FromUtf8Error) -> InvalidDocument {
    let valid = error.utf8_error().valid_up_to();
    let before = String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default());
    let (line, column) = position(&before, before.len());
    InvalidDocument::NotUtf8 { line, column }
}

/// Whether a value says anything. An empty object does: for `ToolHive` an `audit_config` without
/// members is an audit.
pub(crate) fn is_set(value: &serde_json::Value) -> bool {
    use serde_json::Value;
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(_) => true,
    }
}
