//! A plan: everything that an engine is asked for to run a configuration as a container.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use super::environment::Variables;
use super::error::PlanError;
use super::mount::{Mount, resolved_mounts};
use crate::oci::Reference;
use crate::oci::auth::Secret;
use crate::runconfig::{
    BASE_NAME_LABEL, EffectivePermissions, InvalidValue, McpTransport, NAME_LABEL, NetworkAccess,
    NetworkMode, PublishedPort, RunConfig, is_engine_name, is_ordinary_label,
};

#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) name: String,
    /// The image reference, with its registry.
    pub(crate) image: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) transport: McpTransport,
    pub(crate) variables: Variables,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) mounts: Vec<Mount>,
    /// Published ports, the server's own first.
    pub(crate) ports: Vec<PublishedPort>,
    pub(crate) network: NetworkMode,
    pub(crate) privileged: bool,
    /// The URL of the server; none for `stdio`.
    pub(crate) url: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct PlanOptions<'a> {
    /// The port of this machine to publish at, instead of the configuration's.
    pub(crate) port: Option<u16>,
    /// Values of secrets, by their names.
    pub(crate) secrets: BTreeMap<String, Secret>,
    /// The directory that relative paths start from; the root if it is missing.
    pub(crate) working_dir: Option<&'a Path>,
    /// Whether the user allowed to run without isolation if no engine can enforce it.
    pub(crate) without_isolation: bool,
}

impl Plan {
    /// Returns the container that `config` asks for. The result depends on the arguments alone.
    pub(crate) fn new(config: &RunConfig, options: &PlanOptions<'_>) -> Result<Self, PlanError> {
        let permissions = EffectivePermissions::of(config);
        let transport = *config.transport.get()?;
        let name = container_name(config)?;
        let image = qualified_image(&config.image)?;
        // Engines can isolate a stdio server, so `--allow-unsupported isolate_network` has no effect on it.
        let without_isolation = options.without_isolation && transport != McpTransport::Stdio;
        let network = network(&permissions, without_isolation)?;
        let endpoint = Endpoint::of(config, &permissions, transport, options.port)?;
        let endpoint = endpoint.as_ref();
        let ports = ports(&permissions, endpoint)?;
        if network == NetworkMode::None && !ports.is_empty() {
            return Err(PlanError::PortsWithoutNetwork);
        }
        let mut environment = config.env_vars.0.clone();
        let mut secrets = secrets(config, &options.secrets)?;
        for (variable, value) in transport_variables(config, transport, endpoint, &network) {
            secrets.remove(variable);
            environment.insert(variable.to_owned(), value);
        }
        environment.retain(|variable, _| !secrets.contains_key(variable));
        let variables = Variables { plain: environment, secrets };
        variables.check()?;
        let is_isolated = network == NetworkMode::None
            && permissions.network == NetworkAccess::Nothing { is_isolated: true };
        Ok(Self {
            labels: labels(config, &name, transport, endpoint, is_isolated)?,
            url: endpoint.map(|endpoint| endpoint.url(transport)),
            image,
            arguments: config.cmd_args.clone(),
            mounts: resolved_mounts(&permissions, options.working_dir.unwrap_or(Path::new("/")))?,
            privileged: permissions.is_privileged,
            name,
            transport,
            variables,
            ports,
            network,
        })
    }

    /// Returns the source of a mount that is not on this machine.
    pub(crate) fn missing_source(&self) -> Option<&Path> {
        self.mounts.iter().map(|mount| mount.source.as_path()).find(|source| !source.exists())
    }
}

/// An HTTP server's address and port on this machine, and its port in the container.
struct Endpoint {
    address: Option<IpAddr>,
    port: u16,
    target: u16,
    /// False in the host's network, where clients connect to the server's own port.
    is_published: bool,
}

impl Endpoint {
    /// Returns the endpoint of a server; none for `stdio`. `port` replaces the configuration's.
    fn of(
        config: &RunConfig,
        permissions: &EffectivePermissions<'_>,
        transport: McpTransport,
        port: Option<u16>,
    ) -> Result<Option<Self>, PlanError> {
        if transport == McpTransport::Stdio {
            return Ok(None);
        }
        let address = config.host.get()?.0;
        let target = port_number("target_port", config.target_port)?;
        let is_published = permissions.publishes_server;
        let port = match port {
            _ if !is_published => target,
            Some(port) => port,
            None => port_number("port", config.port)?,
        };
        Ok(Some(Self { address, port, target, is_published }))
    }

    fn published(&self) -> Option<PublishedPort> {
        let Self { address, port, target, is_published } = *self;
        is_published.then_some(PublishedPort { address, host: Some(port), container: target })
    }

    fn url(&self, transport: McpTransport) -> String {
        let path = transport.path().unwrap_or_default();
        format!("http://{}:{}{path}", url_host(self.address), self.port)
    }
}

/// Returns the host of a URL for a server that is published at `address`, or at all addresses.
pub(super) fn url_host(address: Option<IpAddr>) -> String {
    match address {
        Some(IpAddr::V6(address)) if address.is_unspecified() => "[::1]".to_owned(),
        Some(IpAddr::V6(address)) => format!("[{address}]"),
        Some(IpAddr::V4(address)) if !address.is_unspecified() => address.to_string(),
        _ => Ipv4Addr::LOCALHOST.to_string(),
    }
}

fn port_number(field: &'static str, number: i64) -> Result<u16, PlanError> {
    let port = u16::try_from(number).ok().filter(|port| *port > 0);
    port.ok_or_else(|| PlanError::Value(InvalidValue::Port { field, text: number.to_string() }))
}

pub(crate) fn container_name(config: &RunConfig) -> Result<String, PlanError> {
    let names = [&config.container_name, &config.base_name, &config.name];
    let name = names.into_iter().find(|name| !name.is_empty()).cloned().unwrap_or_default();
    if is_engine_name(&name) { Ok(name) } else { Err(PlanError::ContainerName(name)) }
}

/// Returns the image reference with its registry. For a name without one, podman would use a local image of
/// any registry that has the same path.
fn qualified_image(image: &str) -> Result<String, PlanError> {
    match image.parse::<Reference>() {
        Ok(reference) => Ok(reference.to_string()),
        Err(error) => Err(PlanError::Image { image: image.to_owned(), error }),
    }
}

/// Returns the network of the container. With `without_isolation`, an isolated network becomes the engine's
/// usual one.
fn network(
    permissions: &EffectivePermissions<'_>,
    without_isolation: bool,
) -> Result<NetworkMode, PlanError> {
    Ok(match permissions.network {
        NetworkAccess::Nothing { is_isolated } if !is_isolated || !without_isolation => {
            NetworkMode::None
        }
        NetworkAccess::Host => NetworkMode::Host,
        NetworkAccess::Named(name) => NetworkMode::Named(name.to_owned()),
        NetworkAccess::Invalid(_, error) => return Err(error.into()),
        NetworkAccess::Everything { .. }
        | NetworkAccess::Listed(_)
        | NetworkAccess::Nothing { .. } => NetworkMode::Default,
    })
}

fn ports(
    permissions: &EffectivePermissions<'_>,
    endpoint: Option<&Endpoint>,
) -> Result<Vec<PublishedPort>, PlanError> {
    let own = endpoint.and_then(Endpoint::published);
    let further = permissions.published_ports.iter().map(|port| Ok(*port.get()?));
    own.map(Ok).into_iter().chain(further).collect()
}

/// Returns the variables that `ToolHive` sets for a transport. They override all others.
///
/// `MCP_HOST` differs from `ToolHive`: a server that listens on its container's loopback address
/// cannot be reached through a published port, so that it is told to listen on all addresses.
fn transport_variables(
    config: &RunConfig,
    transport: McpTransport,
    endpoint: Option<&Endpoint>,
    network: &NetworkMode,
) -> Vec<(&'static str, String)> {
    let mut variables = vec![("MCP_TRANSPORT", transport.to_string())];
    if let Some(endpoint) = endpoint {
        let target_host = match config.target_host.as_str() {
            "" | "127.0.0.1" | "localhost" if *network == NetworkMode::Host => "127.0.0.1",
            "" | "127.0.0.1" | "localhost" => "0.0.0.0",
            other => other,
        };
        variables.push(("MCP_PORT", endpoint.target.to_string()));
        variables.push(("FASTMCP_PORT", endpoint.target.to_string()));
        variables.push(("MCP_HOST", target_host.to_owned()));
    }
    variables
}

fn secrets(
    config: &RunConfig,
    supplied: &BTreeMap<String, Secret>,
) -> Result<BTreeMap<String, Secret>, PlanError> {
    let mut secrets = BTreeMap::new();
    for secret in &config.secrets {
        let secret = secret.get()?;
        let value = supplied.get(&secret.name).cloned();
        let value = value.ok_or_else(|| PlanError::MissingSecret(secret.name.clone()))?;
        secrets.insert(secret.target.clone(), value);
    }
    Ok(secrets)
}

/// Refuses labels that would be taken for `ToolHive`'s own, or that change what its own ones say.
pub(crate) fn refuse_labels(config: &RunConfig) -> Result<(), PlanError> {
    let is_plain =
        |value: &str| value.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    let is_mistaken = |(name, value): &(&String, &String)| {
        if is_ordinary_label(name) {
            return !is_plain(value);
        }
        // Engines split `--label` at the first `=`, so that this character in a name makes another name.
        name.contains('=') || name.to_ascii_lowercase().starts_with("toolhive")
    };
    match config.container_labels.iter().find(is_mistaken) {
        Some((name, _)) => Err(PlanError::Label(name.clone())),
        None => Ok(()),
    }
}

fn labels(
    config: &RunConfig,
    name: &str,
    transport: McpTransport,
    endpoint: Option<&Endpoint>,
    is_isolated: bool,
) -> Result<BTreeMap<String, String>, PlanError> {
    refuse_labels(config)?;
    let mut labels = config.container_labels.clone();
    labels.retain(|name, _| !is_ordinary_label(name));
    let base = if config.base_name.is_empty() { name } else { &config.base_name };
    let mut own = vec![
        ("toolhive", "true".to_owned()),
        (NAME_LABEL, name.to_owned()),
        (BASE_NAME_LABEL, base.to_owned()),
        ("toolhive-transport", transport.to_string()),
        ("toolhive-network-isolation", is_isolated.to_string()),
    ];
    if let Some(endpoint) = endpoint {
        own.push(("toolhive-port", endpoint.port.to_string()));
    }
    labels.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Ok(labels)
}
