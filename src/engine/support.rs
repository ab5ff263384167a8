//! What becomes of each field of a run configuration without `ToolHive`'s proxy.
//!
//! The table decides and documents: `protocol-notes/run.md` is made from it.

use serde_json::Value;

use crate::runconfig::{Document, McpTransport, NetworkPermissions, RunConfig, is_set};

/// What becomes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// The container gets it.
    Honoured,
    /// It changes nothing where there is no proxy.
    Harmless,
    /// The engine enforces it, or the run stops, by what it says.
    Depends,
    /// Nothing here enforces it: where it is set, the run stops.
    Unenforceable,
}

impl Treatment {
    /// The word for the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Honoured => "honoured",
            Self::Harmless => "harmless",
            Self::Depends => "depends",
            Self::Unenforceable => "stops the run",
        }
    }
}

/// What becomes of one field.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct FieldRule {
    /// The field.
    pub field: &'static str,
    /// What becomes of it.
    pub treatment: Treatment,
    /// How, or why.
    pub note: &'static str,
}

/// What becomes of one type of middleware.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct MiddlewareRule {
    /// The type.
    pub name: &'static str,
    /// What becomes of it.
    pub treatment: Treatment,
    /// How, or why.
    pub note: &'static str,
}

const fn rule(field: &'static str, treatment: Treatment, note: &'static str) -> FieldRule {
    FieldRule { field, treatment, note }
}

use Treatment::{Depends, Harmless, Honoured, Unenforceable};

const PROXY: &str = "a setting of the proxy, which is not there";
const PROVENANCE: &str = "says where the server came from";
const NEEDS_PROXY: &str = "only a proxy can do it";
const KUBERNETES: &str = "for Kubernetes alone";

/// Every field that `ToolHive` knows, in its order. Any other field stops the run where it is set.
pub const FIELDS: &[FieldRule] = &[
    rule("schema_version", Harmless, "`ToolHive` does not look at it"),
    rule("mcpserver_generation", Harmless, KUBERNETES),
    rule("image", Honoured, "the container's image"),
    rule("remote_url", Unenforceable, "a remote server is reached through the proxy"),
    rule("registry_api_url", Harmless, PROVENANCE),
    rule("registry_url", Harmless, PROVENANCE),
    rule("registry_server_name", Harmless, PROVENANCE),
    rule("remote_auth_config", Unenforceable, NEEDS_PROXY),
    rule("cmd_args", Honoured, "arguments after the image"),
    rule("name", Honoured, "the container's name where `container_name` is not set"),
    rule("container_name", Honoured, "the container's name, and the label `toolhive-name`"),
    rule("base_name", Honoured, "the label `toolhive-basename`"),
    rule("transport", Honoured, "`MCP_TRANSPORT`, the label `toolhive-transport`; see below"),
    rule("host", Honoured, "the address at which the port is published"),
    rule("port", Honoured, "the port there: the proxy's with `ToolHive`, the server's own here"),
    rule("target_port", Honoured, "the port in the container; `MCP_PORT` and `FASTMCP_PORT`"),
    rule("target_host", Honoured, "`MCP_HOST`; see below"),
    rule("allowed_origins", Unenforceable, NEEDS_PROXY),
    rule("publish", Honoured, "further published ports, on all addresses as with `ToolHive`"),
    rule("permission_profile_name_or_path", Harmless, "`ToolHive` reads the profile itself alone"),
    rule("permission_profile", Depends, "mounts, privileges and the network's mode; see below"),
    rule("env_vars", Honoured, "the environment; see above"),
    rule("env_file_dir", Unenforceable, KUBERNETES),
    rule("debug", Harmless, PROXY),
    rule("volumes", Honoured, "mounts; `ToolHive` mounts them only if the profile repeats them"),
    rule("container_labels", Honoured, "the container's labels"),
    rule("oidc_config", Unenforceable, NEEDS_PROXY),
    rule("token_exchange_config", Unenforceable, NEEDS_PROXY),
    rule("upstream_swap_config", Unenforceable, NEEDS_PROXY),
    rule("aws_sts_config", Unenforceable, NEEDS_PROXY),
    rule("authz_config", Unenforceable, NEEDS_PROXY),
    rule("authz_config_path", Unenforceable, NEEDS_PROXY),
    rule("audit_config", Unenforceable, NEEDS_PROXY),
    rule("audit_config_path", Unenforceable, NEEDS_PROXY),
    rule("telemetry_config", Unenforceable, NEEDS_PROXY),
    rule("rate_limit_config", Unenforceable, NEEDS_PROXY),
    rule("rate_limit_namespace", Unenforceable, NEEDS_PROXY),
    rule("secrets", Honoured, "variables of the environment; a missing secret stops the run"),
    rule("k8s_pod_template_patch", Unenforceable, KUBERNETES),
    rule("isolate_network", Depends, "see below"),
    rule("allow_docker_gateway", Harmless, "nothing here keeps a container from its gateway"),
    rule("trust_proxy_headers", Harmless, PROXY),
    rule("strict_protocol_validation", Unenforceable, NEEDS_PROXY),
    rule("stateless", Harmless, PROXY),
    rule("session_ttl", Harmless, PROXY),
    rule("proxy_mode", Harmless, PROXY),
    rule("thv_ca_bundle", Harmless, "`ToolHive` does not use it any more"),
    rule("jwks_auth_token_file", Harmless, "`ToolHive` does not use it any more"),
    rule("group", Harmless, "for `ToolHive`'s own lists"),
    rule("tools_filter", Unenforceable, NEEDS_PROXY),
    rule("tools_override", Unenforceable, NEEDS_PROXY),
    rule("ignore_config", Depends, "stops the run where it would hide a file; see below"),
    rule("middleware_configs", Depends, "by type; see below"),
    rule("additional_middleware_configs", Depends, "by type; see below"),
    rule("validating_webhooks", Unenforceable, NEEDS_PROXY),
    rule("mutating_webhooks", Unenforceable, NEEDS_PROXY),
    rule("endpoint_prefix", Unenforceable, NEEDS_PROXY),
    rule("runtime_config", Harmless, "how the image was built"),
    rule("header_forward", Unenforceable, NEEDS_PROXY),
    rule("embedded_auth_server_config", Unenforceable, NEEDS_PROXY),
    rule("scaling_config", Unenforceable, KUBERNETES),
];

const fn middleware(
    name: &'static str,
    treatment: Treatment,
    note: &'static str,
) -> MiddlewareRule {
    MiddlewareRule { name, treatment, note }
}

/// The types of middleware that do not always stop the run. Every other one does.
pub const MIDDLEWARE: &[MiddlewareRule] = &[
    middleware("auth", Depends, "harmless without an identity provider (`oidc_config`)"),
    middleware("mcp-parser", Harmless, "reads for other middleware"),
    middleware("usagemetrics", Harmless, "counts for ToolHive"),
    middleware("recovery", Harmless, "keeps the proxy alive"),
];

/// A part of a run configuration that nothing here enforces.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unsupported {
    /// The field, or the path to it.
    pub field: String,
    /// Why it cannot be honoured.
    pub reason: &'static str,
}

/// Every part of `document` that stops a run. `hidden_files` says whether a list of files to hide
/// stands in one of its mounts, or is the user's own.
#[must_use]
pub fn unsupported(document: &Document, hidden_files: bool) -> Vec<Unsupported> {
    let mut found = Vec::new();
    let mut add = |field: String, reason| found.push(Unsupported { field, reason });
    let rule = |field: &str| FIELDS.iter().find(|rule| rule.field == field);
    for (field, path) in document.unknown_fields() {
        // What changes nothing has no part that does, and what stops the run does so as a whole.
        if !rule(&field).is_some_and(|r| matches!(r.treatment, Harmless | Unenforceable)) {
            add(path, "ToolHive does not know this field");
        }
    }
    for (field, value) in &document.fields() {
        if let Some(rule) = rule(field).filter(|rule| rule.treatment == Unenforceable)
            && is_set(value)
        {
            add(field.clone(), rule.note);
        }
        if field.ends_with("middleware_configs") {
            for (path, reason) in unsupported_middleware(field, value) {
                add(path, reason);
            }
        }
    }
    let config = document.run_config();
    for (path, reason) in unsupported_network(&config) {
        add(path.to_owned(), reason);
    }
    if hidden_files {
        add("ignore_config".to_owned(), "a .thvignore hides files of its mounts");
    }
    found
}

fn unsupported_middleware(field: &str, configs: &Value) -> Vec<(String, &'static str)> {
    let configs = configs.as_array().map(Vec::as_slice).unwrap_or_default();
    let stops = |config: &&Value| {
        let name = config["type"].as_str().unwrap_or_default();
        match MIDDLEWARE.iter().find(|rule| rule.name == name) {
            None => true,
            Some(rule) if rule.treatment == Depends => {
                // The parameters are not the configuration's own fields: any case is this one's.
                config["parameters"]
                    .as_object()
                    .is_some_and(|parameters| parameters.values().any(is_set))
            }
            Some(_) => false,
        }
    };
    let path = |config: &Value| format!("{field}.{}", config["type"].as_str().unwrap_or_default());
    configs.iter().filter(stops).map(|config| (path(config), NEEDS_PROXY)).collect()
}

fn unsupported_network(config: &RunConfig) -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    let Some(network) = isolated(config) else { return found };
    let is_stdio = config.transport == McpTransport::Stdio.as_str();
    // Whoever may be called, ToolHive has a proxy in front of the server for those who call it.
    if !is_stdio && network.inbound.as_ref().is_some_and(|inbound| !inbound.allow_host.is_empty()) {
        found.push(("permission_profile.network.inbound.allow_host", NEEDS_PROXY));
    }
    if isolation(config) == Isolation::None {
        return found;
    }
    let outbound = network.outbound.as_ref();
    if outbound.is_some_and(|outbound| !outbound.allow_host.is_empty()) {
        found.push((
            "permission_profile.network.outbound.allow_host",
            "container engines know no list of hosts",
        ));
    }
    if outbound.is_some_and(|outbound| !outbound.allow_port.is_empty()) {
        found.push((
            "permission_profile.network.outbound.allow_port",
            "container engines know no list of ports",
        ));
    }
    if isolation(config) == Isolation::Denied && !is_stdio {
        found.push((
            "isolate_network",
            "container engines do not publish a port of a container without a way out",
        ));
    }
    found
}

/// What network isolation means for a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Isolation {
    /// There is none: it is not asked for, or the network's mode is not a bridge, where `ToolHive`
    /// drops it, or everything is allowed.
    None,
    /// Some hosts or ports are allowed.
    Listed,
    /// Nothing is allowed.
    Denied,
}

/// The network permissions that isolation is about.
fn isolated(config: &RunConfig) -> Option<&NetworkPermissions> {
    let network = config.permission_profile.as_ref()?.network.as_ref()?;
    let is_bridge = matches!(network.mode.as_str(), "" | "bridge" | "default");
    (config.isolate_network && is_bridge).then_some(network)
}

/// Reads the permission profile as `ToolHive` does, but that a network without `outbound`, on which
/// it crashes, allows nothing.
pub(super) fn isolation(config: &RunConfig) -> Isolation {
    let Some(network) = isolated(config) else { return Isolation::None };
    match &network.outbound {
        Some(outbound) if outbound.insecure_allow_all => Isolation::None,
        Some(outbound) if !outbound.allow_host.is_empty() || !outbound.allow_port.is_empty() => {
            Isolation::Listed
        }
        _ => Isolation::Denied,
    }
}
