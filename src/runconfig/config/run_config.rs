//! The fields of a run configuration that this program acts on, as types.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::declared::Declared;
use super::values::{
    DeclaredMount, HostAddress, McpTransport, NetworkMode, PublishedPort, SecretReference, Volume,
};

/// What runs. A field that is missing or `null` has its type's default value.
///
/// What the server may touch depends on several fields together: [`review`](crate::runconfig::review) shows the
/// mounts, networks and ports that take effect.
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
    /// How a client talks to the server.
    pub transport: Declared<McpTransport>,
    /// Arguments for the container's entry point.
    pub cmd_args: Vec<String>,
    /// The address of this machine at which an HTTP server is published.
    pub(crate) host: Declared<HostAddress>,
    /// The port of this machine at which it is published; 0 stands for any free port.
    pub port: i64,
    /// The port at which it listens in its container.
    pub target_port: i64,
    /// The address at which it listens in its container.
    pub target_host: String,
    pub(crate) publish: Vec<Declared<PublishedPort>>,
    pub(crate) env_vars: Environment,
    /// Secrets that become environment variables.
    pub secrets: Vec<Declared<SecretReference>>,
    pub(crate) volumes: Vec<Declared<Volume>>,
    /// The container's labels.
    pub container_labels: BTreeMap<String, String>,
    /// Whether the network permissions are enforced.
    pub isolate_network: bool,
    pub(crate) permission_profile: Option<PermissionProfile>,
    pub(crate) ignore_config: Option<IgnoreConfig>,
    pub(crate) middleware_configs: Vec<MiddlewareConfig>,
    pub(crate) additional_middleware_configs: Vec<MiddlewareConfig>,
}

impl RunConfig {
    pub(crate) fn network(&self) -> Option<&NetworkPermissions> {
        self.permission_profile.as_ref()?.network.as_ref()
    }

    /// Returns true if the container shares this machine's network, in which no port is published.
    pub(crate) fn shares_host_network(&self) -> bool {
        self.network().is_some_and(|network| network.mode.get() == Ok(&NetworkMode::Host))
    }
}

/// What a server may touch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct PermissionProfile {
    pub(crate) read: Vec<Declared<DeclaredMount>>,
    pub(crate) write: Vec<Declared<DeclaredMount>>,
    pub(crate) privileged: bool,
    pub(crate) network: Option<NetworkPermissions>,
}

/// Which files in mounts are hidden, beside those that a `.thvignore` in a mount names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct IgnoreConfig {
    /// If set, those are hidden too that the user's own list names.
    pub(crate) load_global: bool,
}

/// One middleware. Its parameters may be secrets: debug output does not show them.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct MiddlewareConfig {
    /// The type, such as `auth`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) parameters: Value,
}

impl fmt::Debug for MiddlewareConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MiddlewareConfig").field(&self.kind).finish()
    }
}

/// Environment variables. Their values may be secrets: debug output shows only the names.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Environment(pub(crate) BTreeMap<String, String>);

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What a server may reach, and who may reach it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct NetworkPermissions {
    pub(crate) mode: Declared<NetworkMode>,
    pub(crate) outbound: Outbound,
    pub(crate) inbound: Inbound,
}

/// What a server in an isolated network may call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Outbound {
    /// If set, it may call everything, and the lists have no effect.
    pub(crate) insecure_allow_all: bool,
    pub(crate) allow_host: Vec<String>,
    pub(crate) allow_port: Vec<i64>,
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
pub(crate) struct Inbound {
    pub(crate) allow_host: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runconfig::fields::{FIELDS, FieldSupport, Shown};

    #[test]
    fn typed_fields_are_those_that_the_table_says_are_used() {
        let debug = format!("{:#?}", RunConfig::default());
        let mut typed: Vec<_> = debug
            .lines()
            .filter_map(|line| line.strip_prefix("    ")?.split_once(':'))
            .map(|(name, _)| name)
            .filter(|name| !name.starts_with(' '))
            .collect();
        let is_used =
            |support| matches!(support, FieldSupport::Honoured(_) | FieldSupport::Depends(_));
        let used =
            FIELDS.iter().filter(|field| is_used(field.support) || field.shown == Shown::Line);
        let mut used: Vec<_> = used.map(|field| field.name).collect();
        typed.sort_unstable();
        used.sort_unstable();
        assert_eq!(typed, used);
    }
}
