//! Why bytes are not a run configuration.

use std::fmt;

/// The largest run configuration, in bytes.
pub(crate) const MAX_SIZE: usize = 4 * 1024 * 1024;

/// Why bytes are not a run configuration. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidDocument {
    /// Larger than 4 MiB.
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
        /// The parser's message.
        message: String,
    },
    /// A JSON value that is not an object.
    NotAnObject {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// The kind of value that was found.
        found: &'static str,
    },
    /// A field of the wrong type.
    WrongType {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// The path of the field, such as `permission_profile.network.mode`.
        path: String,
        /// The kind of value that the field has to have.
        expected: &'static str,
        /// The kind of value that was found.
        found: &'static str,
    },
    /// A field that is there twice, so that readers could take either value.
    Duplicate {
        /// The line of the second.
        line: usize,
        /// The column of the second.
        column: usize,
        /// The path of the field.
        path: String,
    },
    /// Neither `image` nor `remote_url` is set.
    NothingToRun,
    /// A defect of this program: fields that passed the check cannot be read or written. The message
    /// of the JSON library.
    Internal(String),
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
                write!(f, "line {line}, column {column}: {path:?} is there a second time")
            }
            Self::Internal(message) => {
                write!(f, "the fields cannot be converted, a defect of this program: {message}")
            }
            Self::NothingToRun => f.write_str("names neither an \"image\" nor a \"remote_url\""),
        }
    }
}

impl std::error::Error for InvalidDocument {}
