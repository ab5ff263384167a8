//! The fields of a run configuration that people look at before they run it.

use super::document::Document;
use super::json::{Member, Node, Value};
use super::schema::names;

/// What runs, and what it may touch. Values of environment variables are left out: they may be
/// secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunConfig {
    /// The workload's name.
    pub name: Option<String>,
    /// The container image.
    pub image: Option<String>,
    /// The URL of a remote server, which has no image.
    pub remote_url: Option<String>,
    /// `stdio`, `sse` or `streamable-http`.
    pub transport: Option<String>,
    /// Arguments for the container's entry point.
    pub cmd_args: Vec<String>,
    /// The names of the environment variables that are set.
    pub env_var_names: Vec<String>,
    /// Secrets, as `name,target=VARIABLE`.
    pub secrets: Vec<String>,
    /// Volumes, as `host:container[:ro]`.
    pub volumes: Vec<String>,
    /// What it may read, write and reach.
    pub permission_profile: Option<PermissionProfile>,
}

/// What a server may touch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PermissionProfile {
    /// Mounts that it may read.
    pub read: Vec<String>,
    /// Mounts that it may read and write.
    pub write: Vec<String>,
    /// Whether the container is privileged.
    pub privileged: bool,
}

impl RunConfig {
    /// Reads a document, whose fields are known to have their types.
    pub(super) fn read(document: &Document) -> Self {
        let root = document.root();
        let string = |name| document.string(name).filter(|text| !text.is_empty());
        let strings = |name| strings(document, root.field(name));
        Self {
            name: string("name"),
            image: string("image"),
            remote_url: string("remote_url"),
            transport: string("transport"),
            cmd_args: strings("cmd_args"),
            env_var_names: root
                .field("env_vars")
                .map(|node| node.members().iter().map(|member| member.key.clone()).collect())
                .unwrap_or_default(),
            secrets: strings("secrets"),
            volumes: strings("volumes"),
            permission_profile: root
                .field("permission_profile")
                .filter(|node| node.value != Value::Null)
                .map(|node| PermissionProfile::read(document, node)),
        }
    }
}

impl PermissionProfile {
    fn read(document: &Document, node: &Node) -> Self {
        Self {
            read: strings(document, node.field("read")),
            write: strings(document, node.field("write")),
            privileged: node
                .field("privileged")
                .and_then(|node| document.text().get(node.span.clone()))
                .is_some_and(|word| word == "true"),
        }
    }
}

fn strings(document: &Document, node: Option<&Node>) -> Vec<String> {
    match node.map(|node| &node.value) {
        Some(Value::Array(items)) => {
            items.iter().filter_map(|item| document.decode(item)).collect()
        }
        _ => Vec::new(),
    }
}

impl Node {
    /// The members of an object; none of anything else.
    pub(super) fn members(&self) -> &[Member] {
        match &self.value {
            Value::Object(members) => members,
            _ => &[],
        }
    }

    /// The value of a known field.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        let member = self.members().iter().find(|member| names(&member.key, name));
        member.map(|member| &member.node)
    }
}
