//! Names of workloads.

use std::fmt;
use std::str::FromStr;

/// The longest name, in bytes.
const LENGTH_LIMIT: usize = 100;

/// The name of a workload, which `ToolHive` accepts too: letters, digits, `.`, `_` and `-`, not
/// starting with two dots. It is safe as the name of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkloadName(String);

impl WorkloadName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WorkloadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is not a [`WorkloadName`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidWorkloadName {
    /// There is no name.
    Empty,
    /// It starts with two dots.
    Traversal(String),
    /// It has characters other than letters, digits, `.`, `_` and `-`.
    Characters(String),
    /// It has more than 100 bytes; their number.
    TooLong(usize),
}

impl fmt::Display for InvalidWorkloadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the workload has no name"),
            Self::Traversal(name) => write!(f, "the workload name {name:?} starts with two dots"),
            Self::Characters(name) => write!(
                f,
                "the workload name {name:?} has other characters than letters, digits, '.', '_' \
                 and '-'"
            ),
            Self::TooLong(length) => {
                write!(f, "the workload name has {length} bytes, more than {LENGTH_LIMIT}")
            }
        }
    }
}

impl std::error::Error for InvalidWorkloadName {}

impl FromStr for WorkloadName {
    type Err = InvalidWorkloadName;

    fn from_str(text: &str) -> Result<Self, InvalidWorkloadName> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        if text.is_empty() {
            Err(InvalidWorkloadName::Empty)
        } else if text.len() > LENGTH_LIMIT {
            Err(InvalidWorkloadName::TooLong(text.len()))
        } else if !text.bytes().all(allowed) {
            Err(InvalidWorkloadName::Characters(text.to_owned()))
        } else if text.starts_with("..") {
            Err(InvalidWorkloadName::Traversal(text.to_owned()))
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_as_toolhive_judges_them() {
        let long = "a".repeat(100);
        for name in ["a", "a..b", ".", ".a", "a.json", "A_b-9", "-", &long] {
            assert!(name.parse::<WorkloadName>().is_ok(), "{name}");
        }
        let too_long = "a".repeat(101);
        for name in [
            "", "..", "..a", "../a", "a/b", "/a", "a\\b", "a b", "a\0", "a$b", "a;b", "a|b", "a&b",
            "a`b", "é", "a\n", &too_long,
        ] {
            assert!(name.parse::<WorkloadName>().is_err(), "{name:?}");
        }
    }
}
