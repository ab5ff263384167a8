//! A run configuration as text for a reader who has to judge it: what runs, and what it may touch.
//!
//! Every field that is set is shown with its value. `inspect`, the question before a run and the
//! remembered agreement use this one description.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::config::RunConfig;
use super::document::Document;
use super::fields::{FieldCategory, Kind, ROOT, Shown, config_field};
use super::json::is_set;
use super::name::is_ordinary_label;
use super::permissions::{EffectiveMount, EffectivePermissions, NetworkAccess};
use super::secrets::{shown_arguments, shown_text, shown_value, shown_variables, whole_value};
use super::warnings::{path_here, warnings};
use crate::printable::quoted;

/// What a configuration says. Each line has a label and a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Review {
    /// What runs. Fields that are not set have no line.
    pub program: Vec<(&'static str, String)>,
    /// What it may touch. Each label has a line, with the text `none` if there is nothing. The labels
    /// `label` and `also` are there only if needed; `also` has further fields about permissions.
    pub permissions: Vec<(&'static str, String)>,
    /// All other fields that are set: the path and the value of each.
    pub other_fields: Vec<(String, String)>,
    /// What gives this machine away, one sentence for each danger.
    pub warnings: Vec<String>,
}

/// Reviews `document` with every value. Relative paths of mounts stay relative.
#[must_use]
pub fn review(document: &Document) -> Review {
    View::default().review(document)
}

/// What runs the configuration that is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ViewedRunner {
    /// It is not known.
    #[default]
    Unknown,
    /// A container engine alone, which cannot enforce lists of hosts and ports.
    Engine,
    /// `ToolHive`, which publishes a port for a stdio server too.
    ToolHive,
}

/// How a configuration is shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    /// The directory that relative paths of mounts start from. With it, a mount is shown with the path that
    /// it has on this machine, which a symbolic link may hide.
    pub(crate) working_dir: Option<PathBuf>,
    /// The user's home directory, for warnings.
    pub(crate) home: Option<PathBuf>,
    /// Whether what looks like a secret is left out: the configuration is the user's own.
    pub(crate) hides_secrets: bool,
    /// Whether the user allowed to run without isolation of the network.
    pub(crate) without_isolation: bool,
    /// The environment that the container gets, where it differs from the configuration's.
    pub(crate) variables: Option<BTreeMap<String, String>>,
    pub(crate) runner: ViewedRunner,
}

impl View {
    pub(crate) fn review(&self, document: &Document) -> Review {
        let config = document.config();
        let mut permissions = EffectivePermissions::of(config);
        let is_list = matches!(permissions.network, NetworkAccess::Listed(_));
        if self.without_isolation || (is_list && self.runner == ViewedRunner::Engine) {
            permissions.network = permissions.network.without_isolation();
        }
        let working_dir = self.working_dir.as_deref();
        let mut review = Review {
            program: self.program(document),
            warnings: warnings(
                &permissions,
                working_dir.unwrap_or(Path::new("/")),
                self.home.as_deref(),
            ),
            ..Review::default()
        };
        for (label, read_only) in [("reads", true), ("writes", false)] {
            let mounts = permissions.mounts.iter().filter(|mount| mount.read_only == read_only);
            review.add(label, mounts.map(|mount| shown_mount(mount, working_dir)).collect());
        }
        review.add("network", vec![permissions.network.to_string()]);
        review.add("ports", ports(config, &permissions));
        let secrets = config.secrets.iter().map(|secret| secret.text().to_owned());
        review.add("secrets", secrets.collect());
        let variables = self.variables.as_ref().unwrap_or(&config.env_vars.0);
        let variables = if self.hides_secrets {
            shown_variables(variables)
        } else {
            let variables = variables.iter();
            variables.map(|(name, value)| quoted(&format!("{name}={value}"))).collect()
        };
        review.add("environment", variables);
        let privileged = if permissions.is_privileged { "YES" } else { "no" };
        review.add("privileged", vec![privileged.to_owned()]);
        let labels = config.container_labels.iter();
        for (name, value) in labels.filter(|(name, _)| !is_ordinary_label(name)) {
            review.add("label", vec![quoted(&format!("{name}={value}"))]);
        }
        self.add_further_fields(document, &permissions, &mut review);
        review
    }

    fn program(&self, document: &Document) -> Vec<(&'static str, String)> {
        let config = document.config();
        let words =
            || config.cmd_args.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        let (remote_url, arguments) = if self.hides_secrets {
            (shown_text("remote_url", &config.remote_url), shown_arguments(&config.cmd_args))
        } else {
            (config.remote_url.clone(), words())
        };
        let unless_name =
            |name: &String| if *name == config.name { String::new() } else { name.clone() };
        let lines = [
            ("name", config.name.clone()),
            ("stored as", unless_name(&config.base_name)),
            ("container", unless_name(&config.container_name)),
            ("image", config.image.clone()),
            ("remote url", remote_url),
            ("transport", config.transport.text().to_owned()),
            ("arguments", arguments),
        ];
        lines.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// Adds every field that has no line yet.
    fn add_further_fields(
        &self,
        document: &Document,
        permissions: &EffectivePermissions<'_>,
        review: &mut Review,
    ) {
        let value_of = if self.hides_secrets {
            shown_value
        } else {
            |_: &str, value: &Value| whole_value(value)
        };
        let mut fields = fields_without_line(document.fields());
        if self.runner == ViewedRunner::ToolHive && !permissions.publishes_server {
            let published = ["host", "port", "target_host", "target_port"];
            let of_proxy = |(name, _): &(&String, &Value)| published.contains(&name.as_str());
            let more = document.fields().iter().filter(of_proxy);
            fields.extend(more.map(|(name, value)| (name.clone(), value)));
        }
        for (path, value) in fields {
            let shown = value_of(&path, value);
            if FieldCategory::of(&path) == FieldCategory::Permissions {
                review.permissions.push(("also", format!("{} = {shown}", quoted(&path))));
            } else {
                review.other_fields.push((quoted(&path), shown));
            }
        }
    }
}

impl Review {
    fn add(&mut self, label: &'static str, values: Vec<String>) {
        if values.is_empty() {
            self.permissions.push((label, "none".to_owned()));
        }
        self.permissions.extend(values.into_iter().map(|value| (label, value)));
    }

    /// Returns every line as `label: text`, without the warnings.
    pub(crate) fn lines(&self) -> Vec<String> {
        let lines = self.program.iter().chain(&self.permissions);
        let others = self.other_fields.iter().map(|(path, value)| {
            let name = path.split('.').next().unwrap_or(path);
            let label = if config_field(name).is_some() { "field" } else { "unknown field" };
            format!("{label}: {path} = {value}")
        });
        lines.map(|(label, text)| format!("{label}: {text}")).chain(others).collect()
    }
}

/// Returns a mount as it is written, and what else it is: the path in the container without `..`, and
/// where it is on this machine.
fn shown_mount(declared: &EffectiveMount<'_>, working_dir: Option<&Path>) -> String {
    let mut text = declared.text.to_owned();
    let Ok(mount) = declared.mount else { return text };
    let before = text.strip_suffix(&*mount.target);
    if !before.is_some_and(|before| before.is_empty() || before.ends_with(':')) {
        text = format!("{text}, {} in the container", mount.target);
    }
    if let Some(path) = working_dir.map(|dir| path_here(&mount.source, dir))
        && path != mount.source
    {
        text = format!("{text}, which is {}", path.display());
    }
    text
}

fn ports(config: &RunConfig, permissions: &EffectivePermissions<'_>) -> Vec<String> {
    let own = permissions.publishes_server.then(|| {
        let host = Some(config.host.text()).filter(|host| !host.is_empty());
        let port = if config.port == 0 { "any".to_owned() } else { config.port.to_string() };
        let host = host.unwrap_or("all addresses");
        let listens = match config.target_host.as_str() {
            "" | "127.0.0.1" | "localhost" | "0.0.0.0" => String::new(),
            other => format!(" at {other}"),
        };
        format!("{host}, port {port}: the server's port {}{listens}", config.target_port)
    });
    let published =
        permissions.published_ports.iter().map(|port| match port.text().split_once(':') {
            Some((here, there)) => format!("all addresses, port {here}: its port {there}"),
            None => format!("all addresses, any port: its port {}", port.text()),
        });
    own.into_iter().chain(published).collect()
}

/// Returns the path and the value of every field that is set and has no line, members of fields after
/// all fields.
fn fields_without_line(fields: &Map<String, Value>) -> Vec<(String, &Value)> {
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
                _ if is_set(value) => paths.push((path, value)),
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
    fn everything_is_shown_unless_secrets_are_hidden() {
        let config = json!({
            "cmd_args": ["a b", "", "--token=FAKE-9f8a7c6e5d4b3a21", "--password", "FAKE-pw", "/home/me"],
            "remote_url": "https://x.example/?api_key=FAKE-9f8a7c6e5d4b3a21",
            "env_vars": { "A B": "", "C": "value", "MY_TOKEN": "FAKE-9f8a7c6e5d4b3a21" },
            "remote_auth_config": { "client_secret": "FAKE-9f8a7c6e5d4b3a21" },
        });
        let whole = reviewed(config.clone()).lines().join("\n");
        for expected in [
            "arguments: 'a b' '' --token=FAKE-9f8a7c6e5d4b3a21 --password FAKE-pw /home/me",
            "remote url: https://x.example/?api_key=FAKE-9f8a7c6e5d4b3a21",
            "environment: 'A B='\nenvironment: C=value\nenvironment: MY_TOKEN=FAKE-9f8a7c6e5d4b3a21",
            r#"field: remote_auth_config = {"client_secret":"FAKE-9f8a7c6e5d4b3a21"}"#,
        ] {
            assert!(whole.contains(expected), "{whole}");
        }
        let view = View { hides_secrets: true, ..View::default() };
        let shown = view.review(&document(config)).lines().join("\n");
        assert!(!shown.contains("FAKE"), "{shown}");
        for expected in [
            "arguments: 'a b' '' --token=<hidden: ",
            "> /home/me",
            "remote url: https://x.example <hidden: ",
            "environment: C=value\nenvironment: MY_TOKEN=<hidden: ",
            "field: remote_auth_config = <hidden: ",
        ] {
            assert!(shown.contains(expected), "{shown}");
        }
    }

    #[test]
    fn fields_without_a_line_have_their_path_and_value() {
        let config = json!({
            "allow_docker_gateway": true, "trust_proxy_headers": false, "unknown": 1, "debug": null,
            "permission_profile": { "gpu": true, "network": { "inbound": {}, "dns": ["x"] } },
            "telemetry_config": { "endpoint": "x" }, "a b": [1], "env_vars": { "A": "b" },
        });
        assert_eq!(
            permissions(config.clone(), "also"),
            [
                "allow_docker_gateway = true",
                "permission_profile.gpu = true",
                r#"permission_profile.network.dns = ["x"]"#
            ]
        );
        let others =
            [("'a b'", "[1]"), ("telemetry_config", r#"{"endpoint":"x"}"#), ("unknown", "1")];
        let others = others.map(|(path, value)| (path.to_owned(), value.to_owned()));
        assert_eq!(reviewed(config).other_fields, others);
    }

    #[test]
    fn names_and_labels_of_a_stranger_are_shown() {
        let config = json!({
            "name": "a", "base_name": "b", "container_name": "c",
            "container_labels": { "toolhive-name": "a", "traefik.enable": "true", "toolhive-x": "1" },
        });
        let lines = reviewed(config.clone()).lines();
        for expected in [
            "name: a",
            "stored as: b",
            "container: c",
            "label: toolhive-x=1",
            "label: traefik.enable=true",
        ] {
            assert!(lines.iter().any(|line| line == expected), "{lines:?}");
        }
        assert!(!lines.iter().any(|line| line.contains("toolhive-name")), "{lines:?}");
    }

    #[test]
    fn toolhive_acts_on_the_port_of_a_stdio_server_too() {
        let config = json!({ "transport": "stdio", "host": "0.0.0.0", "port": 80 });
        assert_eq!(permissions(config.clone(), "also"), [""; 0]);
        let view = View { runner: ViewedRunner::ToolHive, ..View::default() };
        let lines = view.review(&document(config)).lines();
        for expected in ["also: host = 0.0.0.0", "also: port = 80"] {
            assert!(lines.iter().any(|line| line == expected), "{lines:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn mount_through_a_symbolic_link_shows_where_it_leads() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().canonicalize().unwrap();
        std::os::unix::fs::symlink("/", dir.join("data")).unwrap();
        let view = View { working_dir: Some(dir), ..View::default() };
        let review = view.review(&document(json!({ "volumes": ["./data:/data"] })));
        let mount = ("writes", "./data:/data, which is /".to_owned());
        assert!(review.permissions.contains(&mount), "{review:?}");
        assert_eq!(review.warnings, ["writes /: the whole disk of this machine"]);
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
