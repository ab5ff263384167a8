//! The run configuration that `ToolHive` would store for a plain image.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::document::Document;
use super::error::InvalidDocument;
use super::name::{InvalidWorkloadName, WorkloadName};
use super::transport::McpTransport;
use crate::oci::Reference;

/// A plain image, and how to run it.
#[derive(Debug, Clone)]
pub struct ImageRun {
    /// The image, as the user typed it.
    pub image: String,
    /// The workload's name.
    pub name: WorkloadName,
    /// How it is spoken to.
    pub transport: McpTransport,
    /// The port at which it can be reached on this machine, at 127.0.0.1.
    pub port: u16,
    /// The port at which it listens in its container. Of no account for `stdio`.
    pub target_port: u16,
    /// Arguments for the image's entry point.
    pub arguments: Vec<String>,
    /// Environment variables.
    pub environment: BTreeMap<String, String>,
    /// Volumes, as `host:container[:ro]`.
    pub volumes: Vec<String>,
    /// Secrets, as `name,target=VARIABLE`.
    pub secrets: Vec<String>,
    /// Whether it may reach anybody.
    pub network: bool,
}

/// The fields in `ToolHive`'s order.
#[derive(Serialize)]
struct Stored {
    schema_version: &'static str,
    image: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cmd_args: Vec<String>,
    name: String,
    container_name: String,
    base_name: String,
    transport: &'static str,
    host: &'static str,
    port: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_port: Option<u16>,
    target_host: &'static str,
    permission_profile: Value,
    env_vars: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    volumes: Vec<String>,
    container_labels: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secrets: Vec<String>,
    isolate_network: bool,
    proxy_mode: &'static str,
    group: &'static str,
    ignore_config: Value,
    middleware_configs: Value,
}

impl ImageRun {
    /// The run configuration.
    ///
    /// # Errors
    /// Where it becomes larger than a configuration may be.
    pub fn document(self) -> Result<Document, InvalidDocument> {
        let (name, transport) = (self.name.to_string(), self.transport);
        let http = transport != McpTransport::Stdio;
        let mut env_vars = self.environment;
        env_vars.insert("MCP_TRANSPORT".to_owned(), transport.to_string());
        if http {
            for variable in ["MCP_PORT", "FASTMCP_PORT"] {
                env_vars.insert(variable.to_owned(), self.target_port.to_string());
            }
        }
        let (read, write) =
            self.volumes.iter().fold((Vec::new(), Vec::new()), |mut all, volume| {
                match volume.strip_suffix(":ro") {
                    Some(read_only) => all.0.push(read_only.to_owned()),
                    None => all.1.push(volume.clone()),
                }
                all
            });
        let stored = Stored {
            schema_version: "v0.1.0",
            image: self.image,
            cmd_args: self.arguments,
            container_name: name.clone(),
            base_name: name.clone(),
            transport: transport.as_str(),
            host: "127.0.0.1",
            port: self.port,
            target_port: http.then_some(self.target_port),
            target_host: "127.0.0.1",
            permission_profile: profile(self.network, &read, &write),
            env_vars,
            volumes: self.volumes,
            container_labels: json!({
                "toolhive": "true", "toolhive-basename": name, "toolhive-name": name,
                "toolhive-port": self.port.to_string(), "toolhive-transport": transport.as_str(),
            }),
            name,
            secrets: self.secrets,
            isolate_network: true,
            proxy_mode: if http { transport.as_str() } else { "streamable-http" },
            group: "default",
            ignore_config: json!({ "LoadGlobal": true, "PrintOverlays": false }),
            middleware_configs: json!([
                { "type": "auth", "parameters": {} }, { "type": "mcp-parser", "parameters": {} },
                { "type": "usagemetrics", "parameters": {} },
                { "type": "recovery", "parameters": null },
            ]),
        };
        let mut bytes = serde_json::to_vec_pretty(&stored).unwrap_or_default();
        bytes.push(b'\n');
        Document::parse(bytes)
    }
}

/// `ToolHive`'s own profiles `network` and `none`, with mounts.
fn profile(network: bool, read: &[String], write: &[String]) -> Value {
    let outbound = if network { json!({ "insecure_allow_all": true }) } else { json!({}) };
    let mut profile = json!({
        "name": if network { "network" } else { "none" },
        "network": { "outbound": outbound, "inbound": {} },
    });
    for (field, mounts) in [("read", read), ("write", write)] {
        if !mounts.is_empty() {
            profile[field] = json!(mounts);
        }
    }
    profile
}

/// The name that a workload of this image has where the user gives none: the last two parts of the
/// repository's path.
///
/// # Errors
/// Where that is too long.
pub fn name_of_image(reference: &Reference) -> Result<WorkloadName, InvalidWorkloadName> {
    let path = reference.repository().as_str();
    let mut parts: Vec<_> = path.rsplit('/').take(2).collect();
    parts.reverse();
    let legal = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    parts.join("-").chars().map(legal).collect::<String>().parse()
}
