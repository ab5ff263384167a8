//! The table of all fields of a run configuration, in the order in which `ToolHive` writes them.
//!
//! Everything that treats fields by name reads this table: the check of a document, `inspect`,
//! `diff`, `run`, and the page `protocol-notes/run.md`.

use serde::Serialize;

use super::kind::Kind::{Bool, Int, List, Map, Object};
use super::kind::Shown::{self, Line, Name};
use super::kind::{
    ANY_OBJECT, AUDIT, AWS_STS, Fields, HEADER_FORWARD, IGNORE, Kind, MIDDLEWARE, OIDC,
    PERMISSION_PROFILE, REMOTE_AUTH, RUNTIME, SCALING, STRING, STRING_MAP, STRINGS, TELEMETRY,
    TOKEN_EXCHANGE, TOOL_OVERRIDE, Text, UPSTREAM_SWAP, WEBHOOK,
};

/// What a field is about. Permissions come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldCategory {
    /// What the server may touch, and who may reach it.
    Permissions,
    /// What runs.
    Program,
    /// Anything else.
    Other,
}

impl FieldCategory {
    /// Returns the category of a field, given its path, such as `permission_profile.read`.
    pub(crate) fn of(path: &str) -> Self {
        let name = path.split('.').next().unwrap_or(path);
        config_field(name).map_or(Self::Other, |field| field.category)
    }
}

/// How `run` treats a field that is set, and why. Unlike `ToolHive`, it has no proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldSupport {
    /// The container gets it.
    Honoured(&'static str),
    /// Without a proxy it changes nothing.
    Harmless(&'static str),
    /// The value decides: the engine enforces it, or the run stops.
    Depends(&'static str),
    /// The run stops, because nothing enforces it.
    Unenforceable(&'static str),
}

use FieldCategory::{Other, Permissions, Program};
use FieldSupport::{Depends, Harmless, Honoured, Unenforceable};

/// A field of a run configuration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConfigField {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) shown: Shown,
    pub(crate) category: FieldCategory,
    pub(crate) support: FieldSupport,
}

const fn row(
    name: &'static str,
    kind: Kind,
    shown: Shown,
    category: FieldCategory,
    support: FieldSupport,
) -> ConfigField {
    ConfigField { name, kind, shown, category, support }
}

/// The reason for fields that only `ToolHive`'s proxy can enforce.
pub(crate) const NEEDS_PROXY: &str = "needs ToolHive's proxy";
const PROXY: &str = "configures ToolHive's proxy, which is not used";
const PROVENANCE: &str = "says where the server came from";
const KUBERNETES: &str = "only for Kubernetes";
const UNUSED: &str = "`ToolHive` does not use it any more";

const WORKLOAD_NAME: Kind = Kind::String(Text::WorkloadName);

/// All fields that `ToolHive` knows. `run` stops at any other field that is set.
#[rustfmt::skip]
pub(crate) const FIELDS: &[ConfigField] = &[
    row("schema_version", STRING, Name, Other, Harmless("`ToolHive` does not look at it")),
    row("mcpserver_generation", Int, Name, Other, Harmless(KUBERNETES)),
    row("image", STRING, Line, Program, Honoured("the container's image")),
    row("remote_url", STRING, Line, Program, Unenforceable("a remote server is reached through the proxy")),
    row("registry_api_url", STRING, Name, Other, Harmless(PROVENANCE)),
    row("registry_url", STRING, Name, Other, Harmless(PROVENANCE)),
    row("registry_server_name", STRING, Name, Other, Harmless(PROVENANCE)),
    row("remote_auth_config", Object(REMOTE_AUTH), Name, Other, Unenforceable(NEEDS_PROXY)),
    row("cmd_args", STRINGS, Line, Program, Honoured("arguments after the image")),
    row("name", WORKLOAD_NAME, Line, Other, Honoured("the container's name where `container_name` is not set")),
    row("container_name", WORKLOAD_NAME, Line, Other, Honoured("the container's name, and the label `toolhive-name`")),
    row("base_name", WORKLOAD_NAME, Line, Other, Honoured("the label `toolhive-basename`")),
    row("transport", STRING, Line, Program, Honoured("`MCP_TRANSPORT`, the label `toolhive-transport`; see below")),
    row("host", STRING, Line, Permissions, Honoured("the address at which the port is published")),
    row("port", Int, Line, Permissions, Honoured("the port there: the proxy's with `ToolHive`, the server's own here")),
    row("target_port", Int, Line, Permissions, Honoured("the port in the container; `MCP_PORT` and `FASTMCP_PORT`")),
    row("target_host", STRING, Line, Permissions, Honoured("`MCP_HOST`; see below")),
    row("allowed_origins", STRINGS, Name, Permissions, Unenforceable(NEEDS_PROXY)),
    row("publish", STRINGS, Line, Permissions, Honoured("further published ports, on all addresses as with `ToolHive`")),
    row("permission_profile_name_or_path", STRING, Name, Permissions, Harmless("`ToolHive` reads only `permission_profile`")),
    row("permission_profile", Object(PERMISSION_PROFILE), Line, Permissions, Depends("mounts, privileges and the network's mode; see below")),
    row("env_vars", STRING_MAP, Line, Program, Honoured("the environment; see above")),
    row("env_file_dir", STRING, Name, Other, Unenforceable(KUBERNETES)),
    row("debug", Bool, Name, Other, Harmless(PROXY)),
    row("volumes", List(&Kind::String(Text::Mount)), Line, Permissions, Honoured("mounts; `ToolHive` mounts them only if the profile repeats them")),
    row("container_labels", STRING_MAP, Line, Other, Honoured("the container's labels")),
    row("oidc_config", Object(OIDC), Name, Permissions, Unenforceable(NEEDS_PROXY)),
    row("token_exchange_config", Object(TOKEN_EXCHANGE), Name, Other, Unenforceable(NEEDS_PROXY)),
    row("upstream_swap_config", Object(UPSTREAM_SWAP), Name, Other, Unenforceable(NEEDS_PROXY)),
    row("aws_sts_config", Object(AWS_STS), Name, Other, Unenforceable(NEEDS_PROXY)),
    row("authz_config", ANY_OBJECT, Name, Permissions, Unenforceable(NEEDS_PROXY)),
    row("authz_config_path", STRING, Name, Permissions, Unenforceable(NEEDS_PROXY)),
    row("audit_config", Object(AUDIT), Name, Other, Unenforceable(NEEDS_PROXY)),
    row("audit_config_path", STRING, Name, Other, Unenforceable(NEEDS_PROXY)),
    row("telemetry_config", Object(TELEMETRY), Name, Other, Unenforceable(NEEDS_PROXY)),
    row("rate_limit_config", ANY_OBJECT, Name, Other, Unenforceable(NEEDS_PROXY)),
    row("rate_limit_namespace", STRING, Name, Other, Unenforceable(NEEDS_PROXY)),
    row("secrets", List(&Kind::String(Text::SecretReference)), Line, Permissions, Honoured("variables of the environment; a missing secret stops the run")),
    row("k8s_pod_template_patch", STRING, Name, Permissions, Unenforceable(KUBERNETES)),
    row("isolate_network", Bool, Line, Permissions, Depends("see below")),
    row("allow_docker_gateway", Bool, Name, Permissions, Harmless("`thv run` never blocks the gateway")),
    row("trust_proxy_headers", Bool, Name, Permissions, Harmless(PROXY)),
    row("strict_protocol_validation", Bool, Name, Other, Unenforceable(NEEDS_PROXY)),
    row("stateless", Bool, Name, Other, Harmless(PROXY)),
    row("session_ttl", STRING, Name, Other, Harmless(PROXY)),
    row("proxy_mode", STRING, Name, Other, Harmless(PROXY)),
    row("thv_ca_bundle", STRING, Name, Other, Harmless(UNUSED)),
    row("jwks_auth_token_file", STRING, Name, Other, Harmless(UNUSED)),
    row("group", STRING, Name, Other, Harmless("for `ToolHive`'s own lists")),
    row("tools_filter", STRINGS, Name, Permissions, Unenforceable(NEEDS_PROXY)),
    row("tools_override", Map(&Object(TOOL_OVERRIDE)), Name, Other, Unenforceable(NEEDS_PROXY)),
    row("ignore_config", Object(IGNORE), Name, Permissions, Depends("stops the run where it would hide a file; see below")),
    row("middleware_configs", List(&Object(MIDDLEWARE)), Name, Other, Depends("by type; see below")),
    row("additional_middleware_configs", List(&Object(MIDDLEWARE)), Name, Other, Depends("by type; see below")),
    row("validating_webhooks", List(&Object(WEBHOOK)), Name, Other, Unenforceable(NEEDS_PROXY)),
    row("mutating_webhooks", List(&Object(WEBHOOK)), Name, Other, Unenforceable(NEEDS_PROXY)),
    row("endpoint_prefix", STRING, Name, Other, Unenforceable(NEEDS_PROXY)),
    row("runtime_config", Object(RUNTIME), Name, Other, Harmless("how the image was built")),
    row("header_forward", Object(HEADER_FORWARD), Name, Permissions, Unenforceable(NEEDS_PROXY)),
    row("embedded_auth_server_config", ANY_OBJECT, Name, Other, Unenforceable(NEEDS_PROXY)),
    row("scaling_config", Object(SCALING), Name, Other, Unenforceable(KUBERNETES)),
];

/// The kind of a whole run configuration: an object with the fields of the table.
pub(crate) const ROOT: Kind = Object(&{
    let mut members = [Fields { names: "", kind: Kind::Any, shown: Name }; FIELDS.len()];
    let mut index = 0;
    while index < members.len() {
        let ConfigField { name: names, kind, shown, .. } = FIELDS[index];
        members[index] = Fields { names, kind, shown };
        index += 1;
    }
    members
});

/// Returns the field `name`, which has to be spelled as in the table.
pub(crate) fn config_field(name: &str) -> Option<&'static ConfigField> {
    FIELDS.iter().find(|field| field.name == name)
}
