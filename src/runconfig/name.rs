//! Names of workloads.

use std::fmt;
use std::str::FromStr;

use crate::oci::Tag;

/// The longest name, in bytes.
const LENGTH_LIMIT: usize = 100;
/// What a name starts with that needs a mark as a tag.
const MARKED: [char; 3] = ['.', '-', '_'];

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

    /// The tag that stands for the workload in a [`Collection`](super::Collection): the name itself.
    /// A tag starts with no `.` or `-`, so that a name that does has a `_` in front, and one that
    /// starts with `_` another, by which the two can be told apart.
    #[must_use]
    pub fn to_tag(&self) -> Tag {
        let mark = if self.0.starts_with(MARKED) { "_" } else { "" };
        match format!("{mark}{self}").parse() {
            Ok(tag) => tag,
            // A tag may have the characters of a name, and be longer.
            Err(_) => unreachable!("a marked name is a tag"),
        }
    }

    /// The workload that `tag` stands for; `None` for a tag that stands for none.
    #[must_use]
    pub fn of_tag(tag: &Tag) -> Option<Self> {
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

    #[test]
    fn every_name_has_a_tag_of_its_own_and_comes_back_from_it() {
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
