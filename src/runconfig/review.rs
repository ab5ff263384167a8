//! A run configuration as text for a reader who has to judge it: what runs, and what it may touch.
//!
//! Every field that is set is shown with its value or listed by its name.

use std::collections::VecDeque;

use serde_json::{Map, Value};

use super::config::RunConfig;
use super::document::Document;
use super::fields::{FieldCategory, Kind, ROOT, Shown};
use super::json::is_set;
use super::permissions::EffectivePermissions;
use super::secrets::{shown_arguments, shown_text};
use crate::printable::quoted;

/// What a configuration says. Each line has a label and a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Review {
    /// What runs. Fields that are not set have no line.
    pub program: Vec<(&'static str, String)>,
    /// What it may touch. Each label has a line, with the text `none` if there is nothing. The label
    /// `also` is there only if needed: it names further fields about permissions.
    pub permissions: Vec<(&'static str, String)>,
    /// The names of all other fields that are set.
    pub other_fields: Vec<String>,
}

/// Reviews `document` without the values of environment variables and without what looks like a
/// secret.
#[must_use]
pub fn review(document: &Document) -> Review {
    reviewed(document, false)
}

/// Reviews `document`, with every value or like [`review`].
pub(crate) fn reviewed(document: &Document, with_values: bool) -> Review {
    let config = document.config();
    let permissions = EffectivePermissions::of(config);
    let mut review = Review { program: program(config, with_values), ..Review::default() };
    let mounts = |read_only| -> Vec<String> {
        let mounts = permissions.mounts.iter().filter(|mount| mount.read_only == read_only);
        mounts.map(|mount| mount.text.to_owned()).collect()
    };
    review.add("reads", &mounts(true));
    review.add("writes", &mounts(false));
    review.add("network", &[permissions.network.to_string()]);
    review.add("ports", &ports(config, &permissions));
    let secrets: Vec<_> = config.secrets.iter().map(|secret| secret.text().to_owned()).collect();
    review.add("secrets", &secrets);
    let variable = |(name, value): (&String, &String)| {
        if with_values { quoted(&format!("{name}={value}")) } else { quoted(name) }
    };
    let variables: Vec<_> = config.env_vars.0.iter().map(variable).collect();
    review.add("environment", &[variables.join(" ")]);
    let privileged = if permissions.is_privileged { "YES" } else { "no" };
    review.add("privileged", &[privileged.to_owned()]);
    let (also, others): (Vec<_>, Vec<_>) = fields_without_line(document.fields())
        .into_iter()
        .partition(|field| FieldCategory::of(field) == FieldCategory::Permissions);
    if !also.is_empty() {
        review.add("also", &[also.join(" ")]);
    }
    review.other_fields = others;
    review
}

fn program(config: &RunConfig, with_values: bool) -> Vec<(&'static str, String)> {
    let words = || config.cmd_args.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    let (remote_url, arguments) = if with_values {
        (config.remote_url.clone(), words())
    } else {
        (shown_text("remote_url", &config.remote_url), shown_arguments(&config.cmd_args))
    };
    let lines = [
        ("name", config.name.clone()),
        ("image", config.image.clone()),
        ("remote url", remote_url),
        ("transport", config.transport.text().to_owned()),
        ("arguments", arguments),
    ];
    lines.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

impl Review {
    fn add(&mut self, label: &'static str, values: &[String]) {
        let set: Vec<_> = values.iter().filter(|value| !value.is_empty()).collect();
        if set.is_empty() {
            self.permissions.push((label, "none".to_owned()));
        }
        self.permissions.extend(set.into_iter().map(|value| (label, value.clone())));
    }
}

fn ports(config: &RunConfig, permissions: &EffectivePermissions<'_>) -> Vec<String> {
    let own = permissions.publishes_server.then(|| {
        let host = Some(config.host.text()).filter(|host| !host.is_empty());
        let port = if config.port == 0 { "any".to_owned() } else { config.port.to_string() };
        let host = host.unwrap_or("all addresses");
        format!("{host}, port {port}: the server's port {}", config.target_port)
    });
    let published =
        permissions.published_ports.iter().map(|port| match port.text().split_once(':') {
            Some((here, there)) => format!("all addresses, port {here}: its port {there}"),
            None => format!("all addresses, any port: its port {}", port.text()),
        });
    own.into_iter().chain(published).collect()
}

/// Returns the path of every field that is set and has no line, members of fields after all fields.
fn fields_without_line(fields: &Map<String, Value>) -> Vec<String> {
    let mut paths = Vec::new();
    let mut objects = VecDeque::from([(String::new(), fields, ROOT)]);
    while let Some((prefix, members, kind)) = objects.pop_front() {
        for (name, value) in members {
            let path = format!("{prefix}{name}");
            match (kind.field(|known| known == name), value) {
                (Some((_, field)), value) if field.shown == Shown::Line => {
                    if let (Kind::Object(_), Value::Object(members)) = (field.kind, value) {
                        objects.push_back((format!("{path}."), members, field.kind));
                    }
                }
                // An empty object within a field changes nothing.
                (_, Value::Object(members)) if members.is_empty() && !prefix.is_empty() => {}
                _ if is_set(value) => paths.push(quoted(&path)),
                _ => {}
            }
        }
    }
    paths
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

    /// Returns the lines with this label.
    fn permissions(config: Value, label: &str) -> Vec<String> {
        let lines = reviewed(config).permissions.into_iter();
        lines.filter(|(found, _)| *found == label).map(|(_, value)| value).collect()
    }

    #[test]
    fn empty_configuration_has_all_labels() {
        let review = reviewed(json!({}));
        assert_eq!(review.program, [("image", "x:1".to_owned())]);
        assert!(review.other_fields.is_empty());
        let lines: Vec<_> =
            review.permissions.iter().map(|(label, value)| format!("{label}: {value}")).collect();
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
    fn network_line_follows_mode_isolation_and_lists() {
        let network = |isolate: bool, network: Value| {
            let profile = json!({ "network": network });
            let config = json!({ "isolate_network": isolate, "permission_profile": profile });
            permissions(config, "network").remove(0)
        };
        let listed = json!({ "outbound": { "allow_host": ["a.example"], "allow_port": [443] } });
        assert_eq!(network(true, listed.clone()), "only hosts a.example; ports 443");
        assert!(
            network(false, listed)
                .contains("not enforced without isolate_network: hosts a.example")
        );
        assert_eq!(network(true, json!({ "outbound": {} })), "none");
        assert_eq!(network(true, json!({})), "none");
        let all = json!({ "outbound": { "insecure_allow_all": true, "allow_port": [1] } });
        assert_eq!(network(true, all), "everything that this machine reaches");
        assert_eq!(network(true, json!({ "mode": "none" })), "none");
        assert!(network(true, json!({ "mode": "host" })).contains("without isolation"));
        assert_eq!(network(true, json!({ "mode": "lan" })), "the network lan");
    }

    #[test]
    fn ports_volumes_and_privileges_have_lines() {
        let config = json!({
            "transport": "sse", "host": "0.0.0.0", "port": 80, "target_port": 8080,
            "publish": ["90:9000", "7"],
            "volumes": ["/a:/a:ro", "/b:/b", "/c:/c:ro"],
            "permission_profile": { "read": ["/a:/a"], "privileged": true },
        });
        assert_eq!(
            permissions(config.clone(), "ports"),
            [
                "0.0.0.0, port 80: the server's port 8080",
                "all addresses, port 90: its port 9000",
                "all addresses, any port: its port 7"
            ]
        );
        assert_eq!(permissions(config.clone(), "reads"), ["/a:/a", "/c:/c"]);
        assert_eq!(permissions(config.clone(), "writes"), ["/b:/b"]);
        assert_eq!(permissions(config, "privileged"), ["YES"]);
    }

    #[test]
    fn arguments_are_quoted_and_secrets_hidden() {
        let config = json!({
            "cmd_args": ["a b", "", "--token=FAKE-9f8a7c6e5d4b3a21", "--password", "FAKE-pw", "/home/me"],
            "remote_url": "https://x.example/?api_key=FAKE-9f8a7c6e5d4b3a21",
            "env_vars": { "A B": "", "C": "FAKE-value" },
        });
        let whole = format!("{:?}", super::reviewed(&document(config.clone()), true));
        assert!(whole.contains("--password FAKE-pw") && whole.contains("C=FAKE-value"), "{whole}");
        let review = reviewed(config);
        let shown = format!("{review:?}");
        assert!(!shown.contains("FAKE"), "{shown}");
        let label = |wanted| review.program.iter().find(|(label, _)| *label == wanted).unwrap();
        let (_, arguments) = label("arguments");
        assert!(arguments.starts_with("'a b' '' --token=<hidden: "), "{arguments}");
        assert!(arguments.ends_with("> /home/me"), "{arguments}");
        assert!(label("remote url").1.starts_with("https://x.example <hidden: "), "{shown}");
        assert!(review.permissions.contains(&("environment", "'A B' C".to_owned())), "{shown}");
    }

    #[test]
    fn fields_without_a_line_are_named() {
        let config = json!({
            "allow_docker_gateway": true, "trust_proxy_headers": false, "unknown": 1, "debug": null,
            "permission_profile": { "gpu": true, "network": { "inbound": {}, "dns": ["x"] } },
            "telemetry_config": { "endpoint": "x" }, "a b": [1], "env_vars": { "A": "b" },
        });
        let also = "allow_docker_gateway permission_profile.gpu permission_profile.network.dns";
        assert_eq!(permissions(config.clone(), "also"), [also]);
        assert_eq!(reviewed(config).other_fields, ["'a b'", "telemetry_config", "unknown"]);
    }

    #[test]
    fn host_network_publishes_no_port_of_the_server() {
        let mut config = json!({
            "transport": "sse", "port": 80, "target_port": 8080,
            "permission_profile": { "network": { "mode": "host" } },
        });
        assert_eq!(permissions(config.clone(), "ports"), ["none"]);
        config["permission_profile"]["network"]["mode"] = "bridge".into();
        let published = ["all addresses, port 80: the server's port 8080"];
        assert_eq!(permissions(config, "ports"), published);
    }

    #[test]
    fn mount_that_another_one_replaces_has_no_line() {
        let config = json!({
            "volumes": ["/c:/data", "/d:/other:ro", "s3://bad"],
            "permission_profile": { "read": ["/a:/data"], "write": ["/b:/data"] },
        });
        assert_eq!(permissions(config.clone(), "reads"), ["/d:/other"]);
        assert_eq!(permissions(config, "writes"), ["/b:/data", "s3://bad"]);
    }
}
