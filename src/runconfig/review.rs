//! A run configuration as somebody reads it who has to judge it: what runs, and what it may touch.
//!
//! This is what the configuration says. What a container engine makes of it is
//! [`crate::engine::Plan`]'s business. No field that is set goes unnamed.

use super::difference::Concern;
use super::document::Document;
use super::run_config::{NetworkPermissions, Outbound, PermissionProfile, RunConfig};
use super::shown::{shown_arguments, shown_text};
use super::transport::McpTransport;
use super::unshown::unshown;
use crate::printable::quoted;

/// What a configuration says, a label and what stands behind it for each line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Review {
    /// What runs. What is not set is left out.
    pub runs: Vec<(&'static str, String)>,
    /// What it may touch. Each label is there at least once, `none` where there is nothing; `also`
    /// alone, with the names of fields that bear on it and have no line, only where there are such.
    pub touches: Vec<(&'static str, String)>,
    /// The names of all other fields that are set.
    pub others: Vec<String>,
}

/// Reviews `document`, without the values of environment variables and what looks like a secret.
#[must_use]
pub fn review(document: &Document) -> Review {
    reviewed(document, false)
}

/// Reviews `document` with every value.
#[must_use]
pub fn review_with_values(document: &Document) -> Review {
    reviewed(document, true)
}

fn reviewed(document: &Document, with_values: bool) -> Review {
    let config = document.run_config();
    let mut review = Review { runs: what_runs(&config, with_values), ..Review::default() };
    let PermissionProfile { mut read, mut write, privileged, network } =
        config.permission_profile.clone().unwrap_or_default();
    for volume in &config.volumes {
        let bare = volume.strip_suffix(":ro");
        // ToolHive repeats each volume in the profile.
        if !read.iter().chain(&write).any(|mount| mount == bare.unwrap_or(volume)) {
            let list = if bare.is_some() { &mut read } else { &mut write };
            list.push(bare.unwrap_or(volume).to_owned());
        }
    }
    review.add("reads", &read);
    review.add("writes", &write);
    review.add("network", &[network_of(&config, network.as_ref())]);
    review.add("ports", &ports(&config));
    review.add("secrets", &config.secrets);
    let variable = |(name, value): (&str, &str)| {
        if with_values { quoted(&format!("{name}={value}")) } else { quoted(name) }
    };
    let variables: Vec<_> = config.env_vars.iter().map(variable).collect();
    review.add("environment", &[variables.join(" ")]);
    review.add("privileged", &[if privileged { "YES" } else { "no" }.to_owned()]);
    let (also, others): (Vec<_>, Vec<_>) = unshown(&document.fields())
        .into_iter()
        .partition(|field| Concern::of(field) == Concern::Permissions);
    if !also.is_empty() {
        review.add("also", &[also.join(" ")]);
    }
    review.others = others;
    review
}

fn what_runs(config: &RunConfig, with_values: bool) -> Vec<(&'static str, String)> {
    let words = || config.cmd_args.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    let (remote_url, arguments) = if with_values {
        (config.remote_url.clone(), words())
    } else {
        (shown_text("remote_url", &config.remote_url), shown_arguments(&config.cmd_args))
    };
    let runs = [
        ("name", config.name.clone()),
        ("image", config.image.clone()),
        ("remote url", remote_url),
        ("transport", config.transport.clone()),
        ("arguments", arguments),
    ];
    runs.into_iter().filter(|(_, value)| !value.is_empty()).collect()
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
    let is_http =
        config.transport.parse().is_ok_and(|kind: McpTransport| kind != McpTransport::Stdio);
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

    fn document(mut config: Value) -> Document {
        config["image"] = "x:1".into();
        Document::parse(config.to_string().into_bytes()).unwrap()
    }

    fn reviewed(config: Value) -> Review {
        review(&document(config))
    }

    /// The lines of `label`.
    fn touches(config: Value, label: &str) -> Vec<String> {
        let lines = reviewed(config).touches.into_iter();
        lines.filter(|(found, _)| *found == label).map(|(_, value)| value).collect()
    }

    #[test]
    fn an_empty_configuration_says_what_it_leaves_open() {
        let review = reviewed(json!({}));
        assert_eq!(review.runs, [("image", "x:1".to_owned())]);
        assert!(review.others.is_empty());
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
            "volumes": ["/a:/a:ro", "/b:/b", "/c:/c:ro"],
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
        assert_eq!(touches(config.clone(), "reads"), ["/a:/a", "/c:/c"]);
        assert_eq!(touches(config.clone(), "writes"), ["/b:/b"]);
        assert_eq!(touches(config, "privileged"), ["YES"]);
    }

    #[test]
    fn arguments_are_told_apart_and_secrets_left_out() {
        let config = json!({
            "cmd_args": ["a b", "", "--token=FAKE-9f8a7c6e5d4b3a21", "--password", "FAKE-pw", "/home/me"],
            "remote_url": "https://x.example/?api_key=FAKE-9f8a7c6e5d4b3a21",
            "env_vars": { "A B": "", "C": "FAKE-value" },
        });
        let whole = format!("{:?}", review_with_values(&document(config.clone())));
        assert!(whole.contains("--password FAKE-pw") && whole.contains("C=FAKE-value"), "{whole}");
        let review = reviewed(config);
        let shown = format!("{review:?}");
        assert!(!shown.contains("FAKE"), "{shown}");
        let label = |wanted| review.runs.iter().find(|(label, _)| *label == wanted).unwrap();
        let (_, arguments) = label("arguments");
        assert!(arguments.starts_with("'a b' '' --token=<hidden: "), "{arguments}");
        assert!(arguments.ends_with("> /home/me"), "{arguments}");
        assert!(label("remote url").1.starts_with("https://x.example <hidden: "), "{shown}");
        assert!(review.touches.contains(&("environment", "'A B' C".to_owned())), "{shown}");
    }

    #[test]
    fn no_field_that_is_set_goes_unnamed() {
        let config = json!({
            "allow_docker_gateway": true, "trust_proxy_headers": false, "unknown": 1, "debug": null,
            "permission_profile": { "gpu": true, "network": { "inbound": {}, "dns": ["x"] } },
            "telemetry_config": { "endpoint": "x" }, "a b": [1],
        });
        let also = "allow_docker_gateway permission_profile.gpu permission_profile.network.dns";
        assert_eq!(touches(config.clone(), "also"), [also]);
        assert_eq!(reviewed(config).others, ["'a b'", "telemetry_config", "unknown"]);
    }
}
