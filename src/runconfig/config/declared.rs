//! Values of a run configuration that have a meaning beyond their text.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// A text of a run configuration, and its meaning.
///
/// A document whose value has no meaning is valid: the reason is kept, so that `inspect` can show the
/// text and `run` can refuse it.
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

/// A text has no meaning as the value of its field. `Display` says why, and repeats the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidValue(pub(crate) String);

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidValue {}
