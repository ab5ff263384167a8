//! Finds the parts of a run configuration that nothing enforces without `ToolHive`'s proxy.
//!
//! The tables of fields and of middleware decide, and `protocol-notes/run.md` is made from them.

use crate::runconfig::FieldSupport::{self, Depends, Harmless, Unenforceable};
use crate::runconfig::{
    Document, EffectivePermissions, McpTransport, MiddlewareConfig, NEEDS_PROXY, NetworkAccess,
    RunConfig, config_field, is_set, unknown_fields,
};

/// The types of middleware that do not always stop the run. Every other type does.
pub(super) const MIDDLEWARE: [(&str, FieldSupport); 4] = [
    ("auth", Depends("harmless without an identity provider (`oidc_config`)")),
    ("mcp-parser", Harmless("parses requests for other middleware")),
    ("usagemetrics", Harmless("collects usage statistics for ToolHive")),
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
pub(crate) fn unsupported(document: &Document, hides_files: bool) -> Vec<Unsupported> {
    let mut found = Vec::new();
    let mut add = |field: String, reason| found.push(Unsupported { field, reason });
    let support = |field: &str| config_field(field).map(|field| field.support);
    for (field, path) in unknown_fields(document.fields()) {
        // All members of a harmless field are harmless, and an unenforceable field is reported as a whole.
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
        add("ignore_config".to_owned(), "a .thvignore file would hide files in a mount");
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
    let is_stdio = config.transport.get() == Ok(&McpTransport::Stdio);
    // Clients reach an HTTP server through ToolHive's proxy, which checks the list.
    if !is_stdio && !permissions.allowed_callers.is_empty() {
        found.push(("permission_profile.network.inbound.allow_host", NEEDS_PROXY));
    }
    match permissions.network {
        NetworkAccess::Listed(lists) => {
            if !lists.allow_host.is_empty() {
                let path = "permission_profile.network.outbound.allow_host";
                found.push((path, "container engines cannot restrict hosts"));
            }
            if !lists.allow_port.is_empty() {
                let path = "permission_profile.network.outbound.allow_port";
                found.push((path, "container engines cannot restrict ports"));
            }
        }
        NetworkAccess::Nothing { is_isolated: true } if !is_stdio => found.push((
            "isolate_network",
            "container engines cannot publish a port of a container without outbound network",
        )),
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::runconfig::FIELDS;

    fn document(text: &str) -> Document {
        Document::parse(text.as_bytes().to_vec()).unwrap()
    }

    /// Fields that `ToolHive`'s own command line stores.
    const STORED: &str = r#""isolate_network":true,"debug":true,"stateless":true,"session_ttl":"30m",
        "proxy_mode":"streamable-http","group":"default","mcpserver_generation":0,"tools_filter":[],
        "permission_profile":{"name":"network","network":{"outbound":{"insecure_allow_all":true},
        "inbound":{}}},"ignore_config":{"LoadGlobal":true,"PrintOverlays":false},
        "oidc_config":null,"middleware_configs":[{"type":"auth","parameters":{}},
        {"type":"mcp-parser","parameters":{}},{"type":"usagemetrics","parameters":{}},
        {"type":"recovery","parameters":null}]"#;

    fn stopping(fields: &str) -> Vec<String> {
        let text = format!(r#"{{"image":"x","name":"n",{fields}}}"#);
        unsupported(&document(&text), false).into_iter().map(|found| found.field).collect()
    }

    #[test]
    fn configurations_that_toolhive_stores_are_supported() {
        for transport in ["stdio", "sse", "streamable-http"] {
            let found = stopping(&format!(r#""transport":"{transport}",{STORED}"#));
            assert_eq!(found, Vec::<String>::new());
        }
    }

    #[test]
    fn unenforceable_fields_are_unsupported() {
        let lists = r#""isolate_network":true,"permission_profile":{"network":{"outbound":
            {"allow_host":["a"],"allow_port":[443]},"inbound":{"allow_host":["b"]}}}"#;
        let outbound = "permission_profile.network.outbound";
        let (hosts, ports) = (format!("{outbound}.allow_host"), format!("{outbound}.allow_port"));
        let inbound = "permission_profile.network.inbound.allow_host";
        for (fields, expected) in [
            (r#""transport":"stdio","tools_filter":["a"]"#, vec!["tools_filter"]),
            (r#""transport":"stdio","OIDC_config":{"Issuer":"a"}"#, vec!["oidc_config"]),
            (r#""transport":"stdio","audit_config":{}"#, vec!["audit_config"]),
            (r#""transport":"stdio","audit_config":null,"tools_filter":[]"#, vec![]),
            (r#""transport":"stdio","new_field":1"#, vec!["new_field"]),
            (r#""transport":"stdio","new_field":null"#, vec![]),
            (
                r#""transport":"stdio","permission_profile":{"Read_only":true,"none":null,"network":
                   {"Egress":{"deny":["a"]}}},"ignore_config":{"Patterns":["a"]},"debug.x":true,
                   "runtime_config":{"new":1},"middleware_configs":[{"type":"auth","when":"a"}]"#,
                vec![
                    "permission_profile.Read_only",
                    "permission_profile.network.Egress",
                    "ignore_config.Patterns",
                    "debug.x",
                    "middleware_configs.0.when",
                ],
            ),
            (
                r#""transport":"stdio","middleware_configs":[{"type":"audit","parameters":{}},
                   {"type":"auth","parameters":{"oidc_config":{"Issuer":"a"}}},{"type":"mine"}]"#,
                vec![
                    "middleware_configs.audit",
                    "middleware_configs.auth",
                    "middleware_configs.mine",
                ],
            ),
            (
                r#""transport":"stdio","additional_middleware_configs":[null]"#,
                vec!["additional_middleware_configs."],
            ),
            (&format!(r#""transport":"stdio",{lists}"#), vec![&hosts, &ports]),
            (&format!(r#""transport":"sse",{lists}"#), vec![&hosts, &ports, inbound]),
            (&format!(r#""transport":"sse",{}"#, lists.replace("true", "false")), vec![]),
            (
                r#""transport":"sse","isolate_network":true,"permission_profile":{"network":
                   {"outbound":{"insecure_allow_all":true},"inbound":{"allow_host":["b"]}}}"#,
                vec![inbound],
            ),
            (
                r#""transport":"sse","isolate_network":true,
                   "permission_profile":{"network":{"outbound":{}}}"#,
                vec!["isolate_network"],
            ),
        ] {
            let mut found = stopping(fields);
            found.sort();
            let mut expected: Vec<_> = expected.into_iter().map(str::to_owned).collect();
            expected.sort();
            assert_eq!(found, expected, "{fields}");
        }
        let hiding = document(r#"{"image":"x","ignore_config":{"LoadGlobal":true}}"#);
        assert_eq!(unsupported(&hiding, true)[0].field, "ignore_config");
    }

    #[test]
    fn the_page_of_fields_is_made_from_the_table() {
        use std::fmt::Write as _;
        let mut table = String::from("\n| field | | how, or why |\n|---|---|---|\n");
        let row = |table: &mut String, name: &str, support: FieldSupport| {
            let (word, note) = match support {
                FieldSupport::Honoured(note) => ("honoured", note),
                FieldSupport::Harmless(note) => ("harmless", note),
                FieldSupport::Depends(note) => ("depends", note),
                FieldSupport::Unenforceable(note) => ("stops the run", note),
            };
            writeln!(table, "| `{name}` | {word} | {note} |").unwrap();
        };
        for field in FIELDS {
            row(&mut table, field.name, field.support);
        }
        table.push_str("\n| middleware | | how, or why |\n|---|---|---|\n");
        for (name, support) in MIDDLEWARE {
            row(&mut table, name, support);
        }
        table.push_str("| any other | stops the run | only a proxy can do it |\n\n");

        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol-notes/run.md");
        let page = std::fs::read_to_string(&file).unwrap();
        let (before, rest) = page.split_once(" makes it again -->\n").unwrap();
        let (_, after) = rest.split_once("<!-- end -->").unwrap();
        let anew = format!("{before} makes it again -->\n{table}<!-- end -->{after}");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &anew).unwrap();
        }
        assert_eq!(std::fs::read_to_string(file).unwrap(), anew);
    }
}
