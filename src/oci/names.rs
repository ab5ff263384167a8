//! The names that make up a reference: registry, repository, tag.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use url::Host;

use super::digest::{InvalidDigest, debug_as_display};

pub(super) const DOCKER_HUB: &str = "docker.io";
const DOCKER_HUB_API: &str = "registry-1.docker.io";
/// The longest repository name in bytes, as Docker enforces it.
const REPOSITORY_LIMIT: usize = 255;
/// The longest tag in bytes (distribution specification).
const TAG_LIMIT: usize = 128;
/// The longest host name in bytes (RFC 1035).
const HOST_LIMIT: usize = 253;

/// The name of a registry: a host name or IP address, with an optional port.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegistryName {
    host: String,
    port: Option<u16>,
}

impl RegistryName {
    /// Returns the host in lower case; an IPv6 address without its brackets.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn is_docker_hub(&self) -> bool {
        self.host == DOCKER_HUB && self.port.is_none()
    }

    /// Returns host and port of the registry's API, as they stand in a URL.
    pub(super) fn api_authority(&self) -> String {
        if self.is_docker_hub() { DOCKER_HUB_API.to_owned() } else { self.to_string() }
    }
}

impl fmt::Display for RegistryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl FromStr for RegistryName {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let invalid = || InvalidReference::Registry(text.to_owned());
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, after) = rest.split_once(']').ok_or_else(invalid)?;
                let address: Ipv6Addr = address.parse().map_err(|_| invalid())?;
                let port = match after {
                    "" => None,
                    _ => Some(after.strip_prefix(':').ok_or_else(invalid)?),
                };
                (address.to_string(), port)
            }
            None => match text.split_once(':') {
                Some((host, port)) => (host_name(host).ok_or_else(invalid)?, Some(port)),
                None => (host_name(text).ok_or_else(invalid)?, None),
            },
        };
        let port = port.map(|digits| port_number(digits).ok_or_else(invalid)).transpose()?;
        let is_hub_alias = port.is_none() && (host == "index.docker.io" || host == DOCKER_HUB_API);
        Ok(Self { host: if is_hub_alias { DOCKER_HUB.to_owned() } else { host }, port })
    }
}

/// Returns `host` in lower case if it consists of labels of letters, digits and inner hyphens, and is the
/// host of a URL as it stands. A URL turns `127.1` and `0x7f.1` into addresses, and has no room for
/// `256.1.1.1` or a broken international name.
fn host_name(host: &str) -> Option<String> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if host.len() > HOST_LIMIT || !host.split('.').all(label) {
        return None;
    }
    let host = host.to_ascii_lowercase();
    Host::parse(&host).is_ok_and(|of_url| of_url.to_string() == host).then_some(host)
}

fn port_number(digits: &str) -> Option<u16> {
    let canonical = digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|port| canonical && *port != 0)
}

/// The name of a repository in a registry (`<name>` in the distribution specification).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RepositoryName(String);

impl RepositoryName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RepositoryName {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        if text.len() > REPOSITORY_LIMIT {
            return Err(InvalidReference::RepositoryTooLong(text.len()));
        }
        if !text.split('/').all(is_path_component) {
            return Err(InvalidReference::Repository(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

/// Returns true for `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`.
fn is_path_component(component: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_separator =
        |run: &str| matches!(run, "." | "_" | "__") || run.bytes().all(|b| b == b'-');
    component.starts_with(alphanumeric)
        && component.ends_with(alphanumeric)
        && component.split(alphanumeric).all(is_separator)
}

/// A tag.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(String);

impl Tag {
    /// Returns the tag `latest`, which applies where none is given.
    pub(crate) fn latest() -> Self {
        Self("latest".to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Tag {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let valid = (1..=TAG_LIMIT).contains(&text.len())
            && word(text.as_bytes()[0])
            && text.bytes().all(|b| word(b) || b == b'.' || b == b'-');
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidReference::Tag(text.to_owned())) }
    }
}

debug_as_display!(RegistryName, RepositoryName, Tag);

/// Why a text is not a reference or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidReference {
    /// The text is a URL.
    Scheme,
    /// The registry is not a host name or address with an optional port from 1 to 65535.
    Registry(String),
    /// There is no repository between registry and tag.
    NoRepository,
    /// The text is a registry without a repository.
    RegistryAlone(String),
    /// The repository is not a valid name; most often it has upper-case letters.
    Repository(String),
    /// The repository name has more than 255 bytes; its length.
    RepositoryTooLong(usize),
    /// The tag is not valid.
    Tag(String),
    /// The digest is not valid.
    Digest(InvalidDigest),
    /// The text is 64 hex digits, which Docker reads as an image id and not as a repository.
    BareHash,
}

impl fmt::Display for InvalidReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme => f.write_str("a reference has no scheme; leave it out"),
            Self::Registry(text) => write!(f, "{text:?} is not a registry host"),
            Self::NoRepository => f.write_str("the repository is missing"),
            Self::RegistryAlone(text) => {
                write!(f, "it is a registry alone; write \"{text}/REPOSITORY\"")
            }
            Self::Repository(text) => write!(
                f,
                "{text:?} is not a repository name (lower-case letters and digits, separated by \
                 '.', '_', '__' or '-', in components separated by '/')"
            ),
            Self::RepositoryTooLong(length) => write!(
                f,
                "the repository name has {length} bytes; at most {REPOSITORY_LIMIT} are allowed"
            ),
            Self::Tag(text) => write!(
                f,
                "{text:?} is not a tag (at most {TAG_LIMIT} of letters, digits, '_', '.', '-'; \
                 the first no '.' or '-')"
            ),
            Self::Digest(error) => error.fmt(f),
            Self::BareHash => {
                f.write_str("64 hex digits are not a repository name; write name@sha256:… instead")
            }
        }
    }
}

/// [`InvalidReference::Digest`] shows the text of the digest's error, which has no source of its own.
impl std::error::Error for InvalidReference {}
