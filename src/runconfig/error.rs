//! Why bytes are not a run configuration.

use std::fmt;

use super::document::MAX_SIZE;

/// Why bytes are not a run configuration. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidDocument {
    /// Larger than [`MAX_SIZE`] bytes.
    TooLarge,
    /// Not UTF-8.
    NotUtf8 {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// Not JSON, more than one value, or nested too deeply.
    Syntax {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// A JSON value that is not an object.
    NotAnObject {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// What it is instead.
        found: &'static str,
    },
    /// A field of the wrong type.
    WrongType {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// Which field, such as `permission_profile.network.mode`.
        path: String,
        /// What it has to be.
        expected: &'static str,
        /// What it is instead.
        found: &'static str,
    },
    /// A field that stands there twice: readers could take either.
    Duplicate {
        /// The line of the second.
        line: usize,
        /// The column of the second.
        column: usize,
        /// Which field.
        path: String,
    },
    /// Neither `image` nor `remote_url` says what runs.
    NothingToRun,
}

impl fmt::Display for InvalidDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "larger than {MAX_SIZE} bytes"),
            Self::NotUtf8 { line, column } => {
                write!(f, "line {line}, column {column}: not UTF-8")
            }
            Self::Syntax { line, column, message } => {
                write!(f, "line {line}, column {column}: {message}")
            }
            Self::NotAnObject { line, column, found } => {
                write!(f, "line {line}, column {column}: must be one JSON object, found {found}")
            }
            Self::WrongType { line, column, path, expected, found } => write!(
                f,
                "line {line}, column {column}: {path:?} must be {expected}, found {found}"
            ),
            Self::Duplicate { line, column, path } => {
                write!(f, "line {line}, column {column}: {path:?} stands here a second time")
            }
            Self::NothingToRun => f.write_str("names neither an \"image\" nor a \"remote_url\""),
        }
    }
}

impl std::error::Error for InvalidDocument {}
