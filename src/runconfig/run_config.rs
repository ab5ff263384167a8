//! The fields of a run configuration that say what runs and what it may touch.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

/// What runs, and what it may touch. A field that is missing, `null` or empty has its type's
/// default value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RunConfig {
    /// The workload's name.
    pub name: String,
    /// The name under which it is stored.
    pub base_name: String,
    /// The container's name.
    pub container_name: String,
    /// The container image.
    pub image: String,
    /// The URL of a remote server, which has no image.
    pub remote_url: String,
    /// `stdio`, `sse` or `streamable-http`.
    pub transport: String,
    /// Arguments for the container's entry point.
    pub cmd_args: Vec<String>,
    /// The address at which the server can be reached on this machine.
    pub host: String,
    /// The port there.
    pub port: i64,
    /// The port at which the server listens in its container.
    pub target_port: i64,
    /// The address at which it listens there.
    pub target_host: String,
    /// Further ports, as `host:container` or `container`.
    pub publish: Vec<String>,
    /// Environment variables.
    pub env_vars: Environment,
    /// Secrets, as `name,target=VARIABLE`.
    pub secrets: Vec<String>,
    /// Volumes, as `host:container[:ro]`.
    pub volumes: Vec<String>,
    /// The container's labels.
    pub container_labels: BTreeMap<String, String>,
    /// Whether the server's network is to be held to its permission profile.
    pub isolate_network: bool,
    /// What it may read, write and reach.
    pub permission_profile: Option<PermissionProfile>,
    /// Which files in its mounts are hidden from it.
    pub ignore_config: Option<IgnoreConfig>,
}

/// What a server may touch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PermissionProfile {
    /// Mounts that it may read.
    pub read: Vec<String>,
    /// Mounts that it may read and write.
    pub write: Vec<String>,
    /// Whether the container is privileged.
    pub privileged: bool,
    /// What it may reach.
    pub network: Option<NetworkPermissions>,
}

/// What a server may reach.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NetworkPermissions {
    /// `bridge`, `host`, `none` or the name of a network.
    pub mode: String,
    /// Whom it may call.
    pub outbound: Option<Outbound>,
    /// Who may call it.
    pub inbound: Option<Inbound>,
}

/// Whom a server may call, where its network is isolated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Outbound {
    /// Everybody.
    pub insecure_allow_all: bool,
    /// These hosts.
    pub allow_host: Vec<String>,
    /// These ports.
    pub allow_port: Vec<i64>,
}

/// Who may call a server, where its network is isolated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Inbound {
    /// These hosts.
    pub allow_host: Vec<String>,
}

/// Which files in mounts are hidden.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[non_exhaustive]
pub struct IgnoreConfig {
    /// Those that the user's own list names.
    pub load_global: bool,
}

/// Environment variables. Their values may be secrets: debug output shows the names alone.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
