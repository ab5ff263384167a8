//! What a container may do, for whoever has to agree to it.

use serde_json::Value;

use super::plan::{Network, Plan};
use super::support::{FIELDS, Treatment};
use crate::runconfig::{Document, is_set, shown_arguments, shown_text};

impl Plan {
    /// What runs and what it may touch, a line each: a label and what stands behind it. Values of
    /// variables are left out, and so is what looks like a secret.
    #[must_use]
    pub fn summary(&self, secrets: &[String]) -> Vec<(&'static str, String)> {
        let mut lines = vec![("name", self.name.clone()), ("image", self.image.clone())];
        if !self.arguments.is_empty() {
            lines.push(("arguments", shown_arguments(&self.arguments)));
        }
        lines.push(("transport", self.transport.to_string()));
        lines.push((
            "network",
            match &self.network {
                Network::Default => "everything that this machine reaches".to_owned(),
                Network::None => "none".to_owned(),
                Network::Host => "this machine's own".to_owned(),
                Network::Named(name) => format!("the network {name}"),
            },
        ));
        for (index, port) in self.ports.iter().enumerate() {
            let address = port.address.map_or("all addresses".to_owned(), |a| a.to_string());
            // The server's own is another one in each run where the configured one is taken.
            let is_own = index == 0 && self.url.is_some() && self.network != Network::Host;
            let host =
                port.host.filter(|_| !is_own).map_or(String::new(), |p| format!(", port {p}"));
            lines.push(("publishes", format!("its port {} on {address}{host}", port.container)));
        }
        for mount in &self.mounts {
            let label = if mount.read_only { "reads" } else { "writes" };
            lines.push((label, format!("{} (as {})", mount.source.display(), mount.target)));
        }
        // Other programs act on labels: reverse proxies, updaters, schedulers.
        let labels = self.labels.iter().filter(|(name, _)| !name.starts_with("toolhive"));
        lines.extend(labels.map(|(name, value)| ("label", format!("{name}={value}"))));
        lines.extend(secrets.iter().map(|secret| ("secret", secret.clone())));
        let names: Vec<_> = self.environment.keys().map(String::as_str).collect();
        lines.push(("environment", names.join(" ")));
        lines.push(("privileged", if self.privileged { "YES" } else { "no" }.to_owned()));
        lines
    }
}

/// What a configuration asks `ToolHive` for, field by field: all that is set and matters. Values of
/// variables are left out, and so is what stands in a field that only a proxy reads.
#[must_use]
pub fn declared(document: &Document) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for (field, value) in document.fields().iter().filter(|(_, value)| is_set(value)) {
        let treatment = FIELDS.iter().find(|rule| rule.field == field).map(|rule| rule.treatment);
        let text = match (treatment, value) {
            (Some(Treatment::Harmless), _) => continue,
            (Some(Treatment::Unenforceable) | None, _) => "set".to_owned(),
            (_, Value::Object(variables)) if field == "env_vars" => {
                variables.keys().map(String::as_str).collect::<Vec<_>>().join(" ")
            }
            (_, Value::Array(configs)) if field.ends_with("middleware_configs") => {
                configs.iter().filter_map(|c| c["type"].as_str()).collect::<Vec<_>>().join(" ")
            }
            (_, Value::Array(_)) if field == "cmd_args" => {
                shown_arguments(&document.run_config().cmd_args)
            }
            (_, Value::String(text)) => shown_text(field, text),
            (_, other) => other.to_string(),
        };
        lines.push((field.clone(), text));
    }
    lines
}
