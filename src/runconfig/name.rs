//! Names of workloads.

use std::fmt;
use std::str::FromStr;

use crate::oci::Tag;

/// The label that holds the name of the container.
pub(crate) const NAME_LABEL: &str = "toolhive-name";
/// The label that holds the name under which the workload is stored.
pub(crate) const BASE_NAME_LABEL: &str = "toolhive-basename";
/// The labels that `ToolHive` itself gives to containers. Their values are never the configuration's.
const ORDINARY_LABELS: [&str; 8] = [
    "toolhive",
    NAME_LABEL,
    BASE_NAME_LABEL,
    "toolhive-transport",
    "toolhive-port",
    "toolhive-network-isolation",
    "toolhive-tool-type",
    "toolhive-group",
];

/// Returns true for a label that `ToolHive` sets itself.
pub(crate) fn is_ordinary_label(name: &str) -> bool {
    ORDINARY_LABELS.contains(&name)
}

/// The longest name, in bytes.
const LENGTH_LIMIT: usize = 100;
/// First characters for which the tag of a name gets a `_` in front.
const MARKED: [char; 3] = ['.', '-', '_'];

/// The name of a workload: letters, digits, `.`, `_` and `-`, not starting with two dots. `ToolHive`
/// accepts it too, and it is safe as the name of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkloadName(String);

impl WorkloadName {
    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the tag of the workload in a [`Collection`](super::Collection).
    ///
    /// It is the name itself. A tag cannot start with `.` or `-`: a name that does gets a `_` in front,
    /// and so does a name that starts with `_`, so that no two names have the same tag.
    pub(crate) fn to_tag(&self) -> Tag {
        let mark = if self.0.starts_with(MARKED) { "_" } else { "" };
        match format!("{mark}{self}").parse() {
            Ok(tag) => tag,
            // A tag may have the same characters as a name, and more of them.
            Err(_) => unreachable!("a marked name is a tag"),
        }
    }

    /// Returns the workload whose tag is `tag`; `None` if no workload has it.
    pub(crate) fn of_tag(tag: &Tag) -> Option<Self> {
        match tag.as_str().strip_prefix('_') {
            Some(name) if !name.starts_with(MARKED) => None,
            Some(name) => name.parse().ok(),
            None => tag.as_str().parse().ok(),
        }
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
    fn names_are_valid_if_toolhive_accepts_them() {
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

    #[test]
    fn each_name_has_its_own_tag_and_is_read_back_from_it() {
        let long = format!("-{}", "a".repeat(99));
        for (name, tag) in [
            ("a", "a"),
            ("A_b-9.json", "A_b-9.json"),
            (".a", "_.a"),
            (".", "_."),
            ("-", "_-"),
            ("_a", "__a"),
            ("__a", "___a"),
            ("_.a", "__.a"),
            (&long, &format!("_{long}")),
        ] {
            let name: WorkloadName = name.parse().unwrap();
            assert_eq!(name.to_tag().as_str(), tag);
            assert_eq!(WorkloadName::of_tag(&name.to_tag()), Some(name));
        }
        let too_long = "a".repeat(101);
        for tag in ["_a", "_", "_..", "_..a", &too_long] {
            assert_eq!(WorkloadName::of_tag(&tag.parse().unwrap()), None, "{tag}");
        }
    }
}
