//! Finds the parts of a run configuration that nothing enforces without `ToolHive`'s proxy.
//!
//! The tables of fields and of middleware decide, and `protocol-notes/run.md` is made from them.

use crate::runconfig::FieldSupport::{self, Depends, Harmless, Unenforceable};
use crate::runconfig::{
    Document, EffectivePermissions, McpTransport, MiddlewareConfig, NEEDS_PROXY, NetworkAccess,
    RunConfig, find, is_set, unknown_fields,
};

/// The types of middleware that do not always stop the run. Every other type does.
pub(super) const MIDDLEWARE: [(&str, FieldSupport); 4] = [
    ("auth", Depends("harmless without an identity provider (`oidc_config`)")),
    ("mcp-parser", Harmless("reads for other middleware")),
    ("usagemetrics", Harmless("counts for ToolHive")),
    ("recovery", Harmless("keeps the proxy alive")),
];

/// A part of a run configuration that nothing enforces.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unsupported {
    /// The path of the field.
    pub field: String,
    /// Why it cannot be honoured.
    pub reason: &'static str,
}

/// Returns every part of `document` that stops a run. `hides_files` is the result of
/// [`hides_files`](super::hides_files).
#[must_use]
pub fn unsupported(document: &Document, hides_files: bool) -> Vec<Unsupported> {
    let mut found = Vec::new();
    let mut add = |field: String, reason| found.push(Unsupported { field, reason });
    let support = |field: &str| find(field).map(|field| field.support);
    for (field, path) in unknown_fields(document.fields()) {
        // A harmless field has no harmful member, and an unenforceable one stops the run as a whole.
        if !matches!(support(field), Some(Harmless(_) | Unenforceable(_))) {
            add(path, "ToolHive does not know this field");
        }
    }
    let config = document.config();
    for (field, value) in document.fields() {
        if let Some(Unenforceable(reason)) = support(field)
            && is_set(value)
        {
            add(field.clone(), reason);
        }
        let middleware = match field.as_str() {
            "middleware_configs" => &config.middleware_configs,
            "additional_middleware_configs" => &config.additional_middleware_configs,
            _ => continue,
        };
        for MiddlewareConfig { kind, .. } in middleware.iter().filter(|config| stops(config)) {
            add(format!("{field}.{kind}"), NEEDS_PROXY);
        }
    }
    for (path, reason) in unsupported_network(config) {
        add(path.to_owned(), reason);
    }
    if hides_files {
        add("ignore_config".to_owned(), "a .thvignore hides files of its mounts");
    }
    found
}

fn stops(MiddlewareConfig { kind, parameters, .. }: &MiddlewareConfig) -> bool {
    match MIDDLEWARE.iter().find(|(known, _)| known == kind) {
        None => true,
        // Any parameter could be an identity provider, whatever the case of its name.
        Some((_, Depends(_))) => {
            parameters.as_object().is_some_and(|parameters| parameters.values().any(is_set))
        }
        Some(_) => false,
    }
}

fn unsupported_network(config: &RunConfig) -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    let permissions = EffectivePermissions::of(config);
    let is_stdio = config.transport.value() == Some(&McpTransport::Stdio);
    // Clients reach an HTTP server through ToolHive's proxy, which checks the list.
    if !is_stdio && !permissions.allowed_callers.is_empty() {
        found.push(("permission_profile.network.inbound.allow_host", NEEDS_PROXY));
    }
    match permissions.network {
        NetworkAccess::Listed(lists) => {
            if !lists.allow_host.is_empty() {
                let path = "permission_profile.network.outbound.allow_host";
                found.push((path, "container engines know no list of hosts"));
            }
            if !lists.allow_port.is_empty() {
                let path = "permission_profile.network.outbound.allow_port";
                found.push((path, "container engines know no list of ports"));
            }
        }
        NetworkAccess::Nothing { is_isolated: true } if !is_stdio => found.push((
            "isolate_network",
            "container engines do not publish a port of a container without a way out",
        )),
        _ => {}
    }
    found
}
