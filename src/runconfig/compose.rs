//! Makes the run configuration that `ToolHive` would store for a plain image.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::config::McpTransport;
use super::config::split_read_only;
use super::document::Document;
use super::error::InvalidDocument;
use super::fields::{ConfigField, FIELDS};
use super::name::{BASE_NAME_LABEL, InvalidWorkloadName, NAME_LABEL, WorkloadName};
use crate::oci::Reference;

/// The port of an HTTP server in an image where the options name none.
const TARGET_PORT: u16 = 8080;

/// How a container image is run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImageOptions {
    /// The server's transport; `streamable-http` by default.
    pub transport: Option<McpTransport>,
    /// The port at which the server listens in its container; 8080 by default.
    pub target_port: Option<u16>,
    /// Environment variables.
    pub environment: BTreeMap<String, String>,
    /// Volumes, as `host:container[:ro]`.
    pub volumes: Vec<String>,
    /// Secrets, as `name,target=VARIABLE`.
    pub secrets: Vec<String>,
    /// Whether the server may reach the network; by default it may.
    pub network: Option<bool>,
    /// Arguments for the image's entry point.
    pub arguments: Vec<String>,
}

impl ImageOptions {
    /// Returns the run configuration for `image`, which is kept as the user typed it. An HTTP server
    /// is published at `port` of 127.0.0.1.
    pub(crate) fn document(
        self,
        image: &str,
        name: &WorkloadName,
        port: u16,
    ) -> Result<Document, InvalidDocument> {
        let name = name.as_str();
        let transport = self.transport.unwrap_or(McpTransport::StreamableHttp);
        let target_port = self.target_port.unwrap_or(TARGET_PORT);
        let is_http = transport != McpTransport::Stdio;
        let mut env_vars = self.environment;
        env_vars.insert("MCP_TRANSPORT".to_owned(), transport.to_string());
        if is_http {
            for variable in ["MCP_PORT", "FASTMCP_PORT"] {
                env_vars.insert(variable.to_owned(), target_port.to_string());
            }
        }
        let mut fields = json!({
            "schema_version": "v0.1.0",
            "image": image,
            "name": name,
            "container_name": name,
            "base_name": name,
            "transport": transport.as_str(),
            "host": "127.0.0.1",
            "port": port,
            "target_host": "127.0.0.1",
            "permission_profile": profile(self.network.unwrap_or(true), &self.volumes),
            "env_vars": env_vars,
            "container_labels": {
                "toolhive": "true", BASE_NAME_LABEL: name, NAME_LABEL: name,
                "toolhive-port": port.to_string(), "toolhive-transport": transport.as_str(),
            },
            "isolate_network": true,
            "proxy_mode": if is_http { transport.as_str() } else { "streamable-http" },
            "group": "default",
            "ignore_config": { "LoadGlobal": true, "PrintOverlays": false },
            "middleware_configs": [
                { "type": "auth", "parameters": {} }, { "type": "mcp-parser", "parameters": {} },
                { "type": "usagemetrics", "parameters": {} },
                { "type": "recovery", "parameters": null },
            ],
        });
        if is_http {
            fields["target_port"] = target_port.into();
        }
        let lists =
            [("cmd_args", self.arguments), ("volumes", self.volumes), ("secrets", self.secrets)];
        for (field, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            fields[field] = list.into();
        }
        let mut bytes = serde_json::to_vec_pretty(&InTableOrder(&fields))
            .map_err(|error| InvalidDocument::Internal(error.to_string()))?;
        bytes.push(b'\n');
        Document::parse(bytes)
    }
}

/// Fields that are written in the order of the table, which is `ToolHive`'s.
struct InTableOrder<'a>(&'a Value);

impl Serialize for InTableOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let set = |field: &ConfigField| Some((field.name, self.0.get(field.name)?));
        serializer.collect_map(FIELDS.iter().filter_map(set))
    }
}

/// Returns `ToolHive`'s own profile `network` or `none`, with mounts.
fn profile(network: bool, volumes: &[String]) -> Value {
    let outbound = if network { json!({ "insecure_allow_all": true }) } else { json!({}) };
    let mut profile = json!({
        "name": if network { "network" } else { "none" },
        "network": { "outbound": outbound, "inbound": {} },
    });
    for (field, is_read) in [("read", true), ("write", false)] {
        let mounts = volumes.iter().map(|volume| split_read_only(volume));
        let mounts: Vec<_> = mounts.filter(|(_, read_only)| *read_only == is_read).collect();
        if !mounts.is_empty() {
            profile[field] = mounts.iter().map(|(mount, _)| *mount).collect();
        }
    }
    profile
}

/// Returns the default name for a workload of this image: the last two parts of the repository's path.
pub(crate) fn name_of_image(reference: &Reference) -> Result<WorkloadName, InvalidWorkloadName> {
    let path = reference.repository().as_str();
    let mut parts: Vec<_> = path.rsplit('/').take(2).collect();
    parts.reverse();
    let legal = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    parts.join("-").chars().map(legal).collect::<String>().parse()
}
