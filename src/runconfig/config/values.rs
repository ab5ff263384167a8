//! The values that texts of a run configuration are parsed into.

use std::fmt;
use std::net::IpAddr;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use super::declared::{InvalidValue, MountDefect};
use crate::oci::auth::Secret;

/// A transport that a server in a container can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum McpTransport {
    /// Standard input and output.
    Stdio,
    /// HTTP with server-sent events, the older form.
    Sse,
    /// HTTP with streamed responses.
    StreamableHttp,
}

impl McpTransport {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Stdio => "stdio",
            Self::Sse => "sse",
            Self::StreamableHttp => "streamable-http",
        }
    }

    /// Returns the path of the server's URL; `stdio` has none.
    pub(crate) const fn path(self) -> Option<&'static str> {
        match self {
            Self::Stdio => None,
            Self::Sse => Some("/sse"),
            Self::StreamableHttp => Some("/mcp"),
        }
    }
}

impl fmt::Display for McpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for McpTransport {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        [Self::Stdio, Self::Sse, Self::StreamableHttp]
            .into_iter()
            .find(|transport| transport.as_str() == text)
            .ok_or_else(|| InvalidValue::Transport(text.to_owned()))
    }
}

/// The network of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NetworkMode {
    /// The engine's usual network: `bridge`, `default`, or an empty text.
    Default,
    None,
    /// This machine's own network.
    Host,
    /// The engine's network of this name.
    Named(String),
}

impl NetworkMode {
    pub(crate) fn reach(&self) -> String {
        match self {
            Self::Default => "everything that this machine reaches".to_owned(),
            Self::None => "none".to_owned(),
            Self::Host => "this machine's own".to_owned(),
            Self::Named(name) => format!("the network {name}"),
        }
    }
}

impl FromStr for NetworkMode {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text {
            "" | "bridge" | "default" => Ok(Self::Default),
            "none" => Ok(Self::None),
            "host" => Ok(Self::Host),
            name if is_engine_name(name) => Ok(Self::Named(name.to_owned())),
            _ => Err(InvalidValue::NetworkMode(text.to_owned())),
        }
    }
}

/// Returns true if podman and docker accept `name` as the name of a container or a network.
pub(crate) fn is_engine_name(name: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
    name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric()) && name.bytes().all(legal)
}

/// The field `host`: an IP address, or none for all addresses of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HostAddress(pub(crate) Option<IpAddr>);

impl FromStr for HostAddress {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let address = (!text.is_empty()).then(|| text.parse()).transpose();
        address.map(Self).map_err(|_| InvalidValue::HostAddress(text.to_owned()))
    }
}

/// A port of the container that this machine publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PublishedPort {
    /// The address on this machine; all addresses if it is missing.
    pub(crate) address: Option<IpAddr>,
    /// The port on this machine; the engine chooses one if it is missing.
    pub(crate) host: Option<u16>,
    pub(crate) container: u16,
}

/// Parses an entry of `publish`: `host:container`, or `container`.
impl FromStr for PublishedPort {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let port = |port: &str| {
            let port = port.parse::<u16>().ok().filter(|port| *port > 0);
            port.ok_or_else(|| InvalidValue::Port { field: "publish", text: text.to_owned() })
        };
        let (host, container) = match text.split_once(':') {
            Some((host, container)) => (Some(port(host)?), port(container)?),
            None => (None, port(text)?),
        };
        Ok(Self { address: None, host, container })
    }
}

/// The prefix of names that `ToolHive` reserves for itself.
const RESERVED: &str = "__thv_";

/// The name of a secret, and the environment variable that gets its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretReference {
    /// The secret's name.
    pub name: String,
    /// The variable in the container.
    pub target: String,
}

impl SecretReference {
    /// Returns the secret's value, if the environment of this process has it: in the variable in which
    /// `ToolHive`'s environment provider looks.
    pub(crate) fn value_in_environment(&self) -> Option<Secret> {
        let value = std::env::var(format!("TOOLHIVE_SECRET_{}", self.name)).ok()?;
        (!value.is_empty()).then(|| Secret::new(value))
    }
}

impl FromStr for SecretReference {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text.split_once(",target=") {
            Some((name, target)) if is_secret_name(name) && !target.is_empty() => {
                Ok(Self { name: name.to_owned(), target: target.to_owned() })
            }
            _ => Err(InvalidValue::Secret(text.to_owned())),
        }
    }
}

/// Returns true if `name` can be the name of a secret in a reference.
pub(crate) fn is_secret_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(',') && !name.starts_with(RESERVED)
}

/// A mount of a permission profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeclaredMount {
    /// The path on this machine, which may be relative to the working directory.
    pub(crate) source: PathBuf,
    /// The path in the container: absolute, without `.` and `..`.
    pub(crate) target: String,
}

/// An entry of `volumes`: a mount, with `:ro` at its end where it is read-only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Volume(pub(crate) DeclaredMount);

/// Characters that `ToolHive` refuses, and those that an engine's mount option cannot hold.
const FORBIDDEN: &[char] = &['$', '&', ';', '|', '`', '\0', ',', '"', '\n', '\r'];

impl FromStr for DeclaredMount {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let invalid = |defect| InvalidValue::Mount { text: text.to_owned(), defect };
        if text.contains("://") {
            return Err(invalid(MountDefect::ResourceUri));
        }
        if text.contains(FORBIDDEN) {
            return Err(invalid(MountDefect::Character));
        }
        let (source, target) = match text.split(':').collect::<Vec<_>>()[..] {
            [path] => (path, path),
            [source, target] => (source, target),
            _ => return Err(invalid(MountDefect::Colons)),
        };
        if source.is_empty() || target.is_empty() {
            return Err(invalid(MountDefect::EmptyPath));
        }
        let target = clean_path(Path::new(target));
        match target.to_str() {
            Some(path) if target.is_absolute() => {
                Ok(Self { source: source.into(), target: path.to_owned() })
            }
            _ => Err(invalid(MountDefect::RelativeTarget)),
        }
    }
}

impl FromStr for Volume {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        split_read_only(text).0.parse().map(Self)
    }
}

/// Splits an entry of `volumes` into the mount and whether it is read-only.
pub(crate) fn split_read_only(text: &str) -> (&str, bool) {
    text.strip_suffix(":ro").map_or((text, false), |mount| (mount, true))
}

/// Returns the path without `.` and `..`, judged by its text as Go's `filepath.Clean` does.
pub(crate) fn clean_path(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}
