//! The lines that a user reads before agreeing to a run.

use std::collections::BTreeMap;

use serde_json::Value;

use super::mount::Mount;
use super::plan::Plan;
use crate::runconfig::FieldSupport::{Harmless, Unenforceable};
use crate::runconfig::{
    Declared, Document, MiddlewareConfig, NetworkMode, SecretReference, config_field, is_set,
    shown_arguments, shown_text,
};

impl Plan {
    /// Returns what runs and what it may touch, as lines of a label and a text. Values of variables and
    /// what looks like a secret are left out.
    pub(crate) fn summary(&self, secrets: &[Declared<SecretReference>]) -> Vec<String> {
        let mut lines = vec![format!("name: {}", self.name), format!("image: {}", self.image)];
        if !self.arguments.is_empty() {
            lines.push(format!("arguments: {}", shown_arguments(&self.arguments)));
        }
        lines.push(format!("transport: {}", self.transport));
        lines.push(format!("network: {}", self.network.reach()));
        for (index, port) in self.ports.iter().enumerate() {
            let address = port.address.map_or("all addresses".to_owned(), |a| a.to_string());
            // The server's port on this machine is left out, because it changes if the configured one is in
            // use.
            let is_own = index == 0 && self.url.is_some() && self.network != NetworkMode::Host;
            let host =
                port.host.filter(|_| !is_own).map_or(String::new(), |p| format!(", port {p}"));
            lines.push(format!("publishes: its port {} on {address}{host}", port.container));
        }
        for Mount { source, target, read_only } in &self.mounts {
            let label = if *read_only { "reads" } else { "writes" };
            lines.push(format!("{label}: {} (as {target})", source.display()));
        }
        // Labels are shown because other programs read them: reverse proxies, updaters, schedulers.
        let labels = self.labels.iter().filter(|(name, _)| !name.starts_with("toolhive"));
        lines.extend(labels.map(|(name, value)| format!("label: {name}={value}")));
        lines.extend(secrets.iter().map(|secret| format!("secret: {}", secret.text())));
        lines.push(format!("environment: {}", names(&self.variables.plain)));
        lines.push(format!("privileged: {}", if self.privileged { "YES" } else { "no" }));
        lines
    }
}

fn names(variables: &BTreeMap<String, String>) -> String {
    variables.keys().map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// Returns what a configuration asks of `ToolHive`: each field that is set and matters, with a text.
/// Values of variables, and of fields that only a proxy reads, are left out.
pub(crate) fn declared(document: &Document) -> Vec<String> {
    let config = document.config();
    let types = |configs: &[MiddlewareConfig]| {
        configs.iter().map(|config| config.kind.as_str()).collect::<Vec<_>>().join(" ")
    };
    let mut lines = Vec::new();
    for (field, value) in document.fields().iter().filter(|(_, value)| is_set(value)) {
        let text = match (field.as_str(), config_field(field).map(|field| field.support), value) {
            (_, Some(Harmless(_)), _) => continue,
            (_, Some(Unenforceable(_)) | None, _) => "set".to_owned(),
            ("env_vars", ..) => names(&config.env_vars.0),
            ("middleware_configs", ..) => types(&config.middleware_configs),
            ("additional_middleware_configs", ..) => types(&config.additional_middleware_configs),
            ("cmd_args", ..) => shown_arguments(&config.cmd_args),
            (_, _, Value::String(text)) => shown_text(field, text),
            (.., other) => other.to_string(),
        };
        lines.push(format!("{field}: {text}"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_fields_are_listed_without_secrets() {
        let text = r#"{"image":"x","name":"n","transport":"stdio","debug":true,"env_vars":{"A":"FAKE-value"},
                "secrets":["key,target=B"],"permission_profile":{"read":["/etc"],"privileged":true},
                "middleware_configs":[{"type":"audit","parameters":{"a":"FAKE-value"}}],
                "cmd_args":["--password","FAKE-value","a b"],"remote_url":"https://x.example/?token=FAKE-value12345",
                "remote_auth_config":{"client_secret":"FAKE-value"},"new":1}"#;
        let document = Document::parse(text.as_bytes().to_vec()).unwrap();
        let declared = declared(&document);
        for line in [
            "image: x",
            "env_vars: A",
            r#"secrets: ["key,target=B"]"#,
            r#"permission_profile: {"privileged":true,"read":["/etc"]}"#,
            "middleware_configs: audit",
            "remote_auth_config: set",
            "new: set",
        ] {
            assert!(declared.iter().any(|shown| shown == line), "{line:?} {declared:?}");
        }
        assert!(!format!("{declared:?}").contains("FAKE-value"));
        assert!(!declared.iter().any(|line| line.starts_with("debug:")));
    }
}
