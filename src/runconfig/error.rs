//! Why bytes are not a run configuration.

use std::fmt;

/// The largest run configuration, in bytes.
pub(crate) const MAX_SIZE: usize = 4 * 1024 * 1024;

/// The most values in a run configuration. It bounds the memory that a small text can take: an empty object is two
/// bytes of text, and hundreds in memory.
pub(crate) const VALUE_LIMIT: usize = 50_000;

/// The most bytes that the paths of all values in a run configuration have together. Reviews and comparisons name
/// values by their paths: a long key above many values would be repeated for each of them.
pub(crate) const PATH_LIMIT: usize = 8 * 1024 * 1024;

/// Why bytes are not a run configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidDocument {
    /// Larger than 4 MiB.
    TooLarge,
    /// Something is wrong at this position. Lines and columns count from 1, columns in characters.
    At {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// What is wrong there.
        defect: DocumentDefect,
    },
    /// Neither `image` nor `remote_url` is set.
    NothingToRun,
    /// A defect of this program: fields that passed the check cannot be read or written. The message
    /// of the JSON library.
    Internal(String),
}

/// What is wrong at a position in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DocumentDefect {
    /// Not UTF-8.
    NotUtf8,
    /// Not JSON, more than one value, or nested too deeply. The parser's message.
    Syntax(String),
    /// A JSON value of another kind, such as `an array`, and not an object.
    NotAnObject(&'static str),
    /// A field of the wrong type.
    WrongType {
        /// The path of the field, such as `permission_profile.network.mode`.
        path: String,
        /// The kind of value that the field has to have.
        expected: &'static str,
        /// The kind of value that was found.
        found: &'static str,
    },
    /// The field with this path is there a second time, so that readers could take either value.
    Duplicate(String),
    /// This is one value more than the 50 000 that a run configuration may have.
    TooManyValues,
    /// At this value, the paths of all values become longer than the 8 MiB that they may have together.
    LongPaths,
}

impl fmt::Display for InvalidDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "larger than {MAX_SIZE} bytes"),
            Self::At { line, column, defect } => {
                write!(f, "line {line}, column {column}: {defect}")
            }
            Self::Internal(message) => {
                write!(f, "the fields cannot be converted, a defect of this program: {message}")
            }
            Self::NothingToRun => f.write_str("names neither an \"image\" nor a \"remote_url\""),
        }
    }
}

impl fmt::Display for DocumentDefect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("not UTF-8"),
            Self::Syntax(message) => f.write_str(message),
            Self::NotAnObject(found) => write!(f, "must be one JSON object, found {found}"),
            Self::WrongType { path, expected, found } => {
                write!(f, "{path:?} must be {expected}, found {found}")
            }
            Self::Duplicate(path) => write!(f, "{path:?} occurs twice"),
            Self::TooManyValues => write!(f, "more than {VALUE_LIMIT} values"),
            Self::LongPaths => {
                write!(f, "the paths of its values have more than {PATH_LIMIT} bytes together")
            }
        }
    }
}

impl std::error::Error for InvalidDocument {}
