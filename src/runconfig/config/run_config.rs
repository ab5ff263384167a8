//! The fields of a run configuration that this program acts on, as types.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::declared::Declared;
use super::mount::{DeclaredMount, Volume};
use super::network::{NetworkMode, NetworkPermissions};
use super::port::{HostAddress, PublishedPort};
use super::secret_reference::SecretReference;
use super::transport::McpTransport;

/// What runs, and what it may touch. A field that is missing or `null` has its type's default value.
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
    pub host: Declared<HostAddress>,
    /// The port of this machine at which it is published; 0 stands for any free port.
    pub port: i64,
    /// The port at which it listens in its container.
    pub target_port: i64,
    /// The address at which it listens in its container.
    pub target_host: String,
    /// Further published ports.
    pub publish: Vec<Declared<PublishedPort>>,
    /// Environment variables.
    pub env_vars: Environment,
    /// Secrets that become environment variables.
    pub secrets: Vec<Declared<SecretReference>>,
    /// Volumes.
    pub volumes: Vec<Declared<Volume>>,
    /// The container's labels.
    pub container_labels: BTreeMap<String, String>,
    /// Whether the network permissions are enforced.
    pub isolate_network: bool,
    /// What it may read, write and reach.
    pub permission_profile: Option<PermissionProfile>,
    /// Which files in its mounts are hidden from it.
    pub ignore_config: Option<IgnoreConfig>,
    /// Middleware of `ToolHive`'s proxy.
    pub middleware_configs: Vec<MiddlewareConfig>,
    /// Further middleware.
    pub additional_middleware_configs: Vec<MiddlewareConfig>,
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
#[non_exhaustive]
pub struct PermissionProfile {
    /// Mounts that it may read.
    pub read: Vec<Declared<DeclaredMount>>,
    /// Mounts that it may read and write.
    pub write: Vec<Declared<DeclaredMount>>,
    /// Whether the container is privileged.
    pub privileged: bool,
    /// What it may reach, and who may reach it.
    pub network: Option<NetworkPermissions>,
}

/// Which files in mounts are hidden, beside those that a `.thvignore` in a mount names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[non_exhaustive]
pub struct IgnoreConfig {
    /// Whether those are hidden that the user's own list names.
    pub load_global: bool,
}

/// One middleware. Its parameters may be secrets: debug output does not show them.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MiddlewareConfig {
    /// The type, such as `auth`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The parameters.
    pub parameters: Value,
}

impl fmt::Debug for MiddlewareConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MiddlewareConfig").field(&self.kind).finish()
    }
}

/// Environment variables. Their values may be secrets: debug output shows only the names.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Environment(pub BTreeMap<String, String>);

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
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
