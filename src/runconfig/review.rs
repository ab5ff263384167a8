//! A run configuration as somebody reads it who has to judge it: what runs, and what it may touch.
//!
//! This is what the configuration says. What a container engine makes of it is
//! [`crate::engine::Plan`]'s business. Values of environment variables are left out.

use super::run_config::{NetworkPermissions, Outbound, PermissionProfile, RunConfig};
use super::transport::Transport;

/// What a configuration says, a label and what stands behind it for each line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Review {
    /// What runs. What is not set is left out.
    pub runs: Vec<(&'static str, String)>,
    /// What it may touch. Each label is there at least once, `none` where there is nothing.
    pub touches: Vec<(&'static str, String)>,
}

/// Reviews `config`.
#[must_use]
pub fn review(config: &RunConfig) -> Review {
    let runs = [
        ("name", config.name.clone()),
        ("image", config.image.clone()),
        ("remote url", config.remote_url.clone()),
        ("transport", config.transport.clone()),
        ("arguments", config.cmd_args.join(" ")),
    ];
    let mut review = Review {
        runs: runs.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        touches: Vec::new(),
    };
    let PermissionProfile { read, write, privileged, network } =
        config.permission_profile.clone().unwrap_or_default();
    review.add("reads", &read);
    review.add("writes", &write);
    // ToolHive repeats each volume in the profile.
    let mut volumes = config.volumes.clone();
    volumes.retain(|volume| {
        let bare = volume.strip_suffix(":ro").unwrap_or(volume);
        !read.iter().chain(&write).any(|mount| mount == bare)
    });
    if !volumes.is_empty() {
        review.add("volumes", &volumes);
    }
    review.add("network", &[network_of(config, network.as_ref())]);
    review.add("ports", &ports(config));
    review.add("secrets", &config.secrets);
    let names: Vec<_> = config.env_vars.names().collect();
    review.add("environment", &[names.join(" ")]);
    review.add("privileged", &[if privileged { "YES" } else { "no" }.to_owned()]);
    review
}

impl Review {
    fn add(&mut self, label: &'static str, values: &[String]) {
        let set: Vec<_> = values.iter().filter(|value| !value.is_empty()).collect();
        if set.is_empty() {
            self.touches.push((label, "none".to_owned()));
        }
        self.touches.extend(set.into_iter().map(|value| (label, value.clone())));
    }
}

/// What the server reaches, as `ToolHive` reads its permissions.
fn network_of(config: &RunConfig, network: Option<&NetworkPermissions>) -> String {
    let everything = || "everything that this machine reaches".to_owned();
    let Some(NetworkPermissions { mode, outbound, .. }) = network else { return everything() };
    match mode.as_str() {
        "" | "bridge" | "default" => {}
        "none" => return "none".to_owned(),
        "host" => return "this machine's own, without a boundary (host)".to_owned(),
        name => return format!("the network {name}"),
    }
    let Outbound { insecure_allow_all, allow_host, allow_port } =
        outbound.clone().unwrap_or_default();
    let mut lists = Vec::new();
    if !allow_host.is_empty() {
        lists.push(format!("hosts {}", allow_host.join(", ")));
    }
    if !allow_port.is_empty() {
        let ports: Vec<_> = allow_port.iter().map(i64::to_string).collect();
        lists.push(format!("ports {}", ports.join(", ")));
    }
    match (insecure_allow_all, lists.is_empty(), config.isolate_network) {
        (true, ..) | (_, true, false) => everything(),
        (_, true, true) => "none".to_owned(),
        (_, false, true) => format!("only {}", lists.join("; ")),
        (_, false, false) => format!(
            "{}: without isolate_network nothing holds it to {}",
            everything(),
            lists.join("; ")
        ),
    }
}

/// The ports that this machine publishes.
fn ports(config: &RunConfig) -> Vec<String> {
    let mut ports = Vec::new();
    let is_http = config.transport.parse().is_ok_and(|kind: Transport| kind != Transport::Stdio);
    if is_http && config.remote_url.is_empty() {
        let host = if config.host.is_empty() { "all addresses" } else { &config.host };
        let port = if config.port == 0 { "any".to_owned() } else { config.port.to_string() };
        ports.push(format!("{host}, port {port}: the server's port {}", config.target_port));
    }
    for published in &config.publish {
        ports.push(match published.split_once(':') {
            Some((here, there)) => format!("all addresses, port {here}: its port {there}"),
            None => format!("all addresses, any port: its port {published}"),
        });
    }
    ports
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The lines of `label`.
    fn touches(config: Value, label: &str) -> Vec<String> {
        let config = serde_json::from_value(config).unwrap();
        let lines = review(&config).touches.into_iter();
        lines.filter(|(found, _)| *found == label).map(|(_, value)| value).collect()
    }

    #[test]
    fn an_empty_configuration_says_what_it_leaves_open() {
        let review = review(&RunConfig::default());
        assert_eq!(review.runs, []);
        let lines: Vec<_> =
            review.touches.iter().map(|(label, value)| format!("{label}: {value}")).collect();
        assert_eq!(
            lines,
            [
                "reads: none",
                "writes: none",
                "network: everything that this machine reaches",
                "ports: none",
                "secrets: none",
                "environment: none",
                "privileged: no"
            ]
        );
    }

    #[test]
    fn the_network_is_what_the_permissions_come_to() {
        let network = |isolate: bool, network: Value| {
            let profile = json!({ "network": network });
            let config = json!({ "isolate_network": isolate, "permission_profile": profile });
            touches(config, "network").remove(0)
        };
        let listed = json!({ "outbound": { "allow_host": ["a.example"], "allow_port": [443] } });
        assert_eq!(network(true, listed.clone()), "only hosts a.example; ports 443");
        assert!(network(false, listed).contains("nothing holds it to hosts a.example"));
        assert_eq!(network(true, json!({ "outbound": {} })), "none");
        assert_eq!(network(true, json!({})), "none");
        let all = json!({ "outbound": { "insecure_allow_all": true, "allow_port": [1] } });
        assert_eq!(network(true, all), "everything that this machine reaches");
        assert_eq!(network(true, json!({ "mode": "none" })), "none");
        assert!(network(true, json!({ "mode": "host" })).contains("without a boundary"));
        assert_eq!(network(true, json!({ "mode": "lan" })), "the network lan");
    }

    #[test]
    fn ports_volumes_and_privileges_are_named() {
        let config = json!({
            "transport": "sse", "host": "0.0.0.0", "port": 80, "target_port": 8080,
            "publish": ["90:9000", "7"],
            "volumes": ["/a:/a:ro", "/b:/b"],
            "permission_profile": { "read": ["/a:/a"], "privileged": true },
        });
        assert_eq!(
            touches(config.clone(), "ports"),
            [
                "0.0.0.0, port 80: the server's port 8080",
                "all addresses, port 90: its port 9000",
                "all addresses, any port: its port 7"
            ]
        );
        assert_eq!(touches(config.clone(), "volumes"), ["/b:/b"]);
        assert_eq!(touches(config, "privileged"), ["YES"]);
    }
}
