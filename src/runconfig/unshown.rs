//! The fields that a review has no line for: named at least, so that none goes unseen.

use serde_json::{Map, Value};

use super::document::is_set;
use crate::printable::quoted;

/// Fields of which a line of its own speaks. For a stdio server, `host` and the ports are those of
/// `ToolHive`'s own proxy.
const SHOWN: [&str; 15] = [
    "name",
    "image",
    "remote_url",
    "transport",
    "cmd_args",
    "permission_profile",
    "volumes",
    "isolate_network",
    "host",
    "port",
    "target_host",
    "target_port",
    "publish",
    "secrets",
    "env_vars",
];
/// The same within the permission profile, and within its `network`.
const SHOWN_OF_PROFILE: [&str; 5] = ["name", "read", "write", "privileged", "network"];
const SHOWN_OF_NETWORK: [&str; 2] = ["mode", "outbound"];

/// The path of every field that is set and has no line.
pub(super) fn unshown(fields: &Map<String, Value>) -> Vec<String> {
    let profile = fields.get("permission_profile").and_then(Value::as_object);
    let network = profile.and_then(|profile| profile.get("network")).and_then(Value::as_object);
    let mut names = Vec::new();
    for (prefix, fields, shown) in [
        ("", Some(fields), &SHOWN[..]),
        ("permission_profile.", profile, &SHOWN_OF_PROFILE),
        ("permission_profile.network.", network, &SHOWN_OF_NETWORK),
    ] {
        let is_empty = |value: &Value| value.as_object().is_some_and(Map::is_empty);
        let set = fields.into_iter().flatten().filter(|(name, value)| {
            is_set(value)
                && !shown.contains(&name.as_str())
                && (prefix.is_empty() || !is_empty(value))
        });
        names.extend(set.map(|(name, _)| quoted(&format!("{prefix}{name}"))));
    }
    names
}
