//! The network permissions of a permission profile.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::declared::{Declared, InvalidValue};

/// What a server may reach, and who may reach it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NetworkPermissions {
    /// The network of the container.
    pub mode: Declared<NetworkMode>,
    /// What the server may call.
    pub outbound: Option<Outbound>,
    /// Who may call the server.
    pub inbound: Option<Inbound>,
}

/// What a server in an isolated network may call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Outbound {
    /// Whether it may call everything; the lists have no effect then.
    pub insecure_allow_all: bool,
    /// The hosts that it may call.
    pub allow_host: Vec<String>,
    /// The ports that it may call.
    pub allow_port: Vec<i64>,
}

impl Outbound {
    pub(crate) const fn has_lists(&self) -> bool {
        !self.allow_host.is_empty() || !self.allow_port.is_empty()
    }
}

/// Writes the lists, such as `hosts a, b; ports 443`.
impl fmt::Display for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lists = Vec::new();
        if !self.allow_host.is_empty() {
            lists.push(format!("hosts {}", self.allow_host.join(", ")));
        }
        if !self.allow_port.is_empty() {
            let ports: Vec<_> = self.allow_port.iter().map(i64::to_string).collect();
            lists.push(format!("ports {}", ports.join(", ")));
        }
        f.write_str(&lists.join("; "))
    }
}

/// Who may call a server in an isolated network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Inbound {
    /// The hosts that may call it.
    pub allow_host: Vec<String>,
}

/// The network of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetworkMode {
    /// The engine's usual network: `bridge`, `default`, or an empty text.
    Default,
    /// No network.
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
