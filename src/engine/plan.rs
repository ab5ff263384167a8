//! A run configuration as a container: everything that an engine is asked for.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use super::environment;
use super::error::PlanError;
use super::mount::Mount;
use super::secret::SecretReference;
use super::support::{Isolation, isolation};
use crate::oci::Reference;
use crate::oci::auth::Secret;
use crate::runconfig::{McpTransport, RunConfig};

/// A container to be made.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Plan {
    /// The container's name.
    pub name: String,
    /// The image, with its registry.
    pub image: String,
    /// Arguments for the image's entry point.
    pub arguments: Vec<String>,
    /// How the server is spoken to.
    pub transport: McpTransport,
    /// The environment without secrets.
    pub environment: BTreeMap<String, String>,
    /// Secrets by the variable that each is for.
    pub secrets: BTreeMap<String, Secret>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Mounts, by the order of the profile.
    pub mounts: Vec<Mount>,
    /// Published ports.
    pub ports: Vec<Port>,
    /// The network.
    pub network: Network,
    /// Whether the container is privileged.
    pub privileged: bool,
    /// Where the server can be reached; none for `stdio`.
    pub url: Option<String>,
}

/// A port of the container that this machine publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Port {
    /// The address; all where it is missing.
    pub address: Option<IpAddr>,
    /// The port on this machine; any where it is missing.
    pub host: Option<u16>,
    /// The port in the container.
    pub container: u16,
}

/// The container's network.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Network {
    /// The engine's usual one.
    Default,
    /// None.
    None,
    /// This machine's own.
    Host,
    /// The one of this name.
    Named(String),
}

/// What is decided when a configuration is run.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Choices<'a> {
    /// The port to publish at, instead of the configuration's.
    pub port: Option<u16>,
    /// Secrets by name.
    pub secrets: BTreeMap<String, Secret>,
    /// The directory that relative paths start from.
    pub working_dir: Option<&'a Path>,
    /// Isolation that cannot be enforced is left out, because the user allowed it.
    pub without_isolation: bool,
}

impl Plan {
    /// What `config` asks for: a function of its arguments alone.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn new(config: &RunConfig, choices: &Choices<'_>) -> Result<Self, PlanError> {
        let transport: McpTransport = config.transport.parse().map_err(PlanError::Transport)?;
        let name = container_name(config)?;
        let image = whole_name(&config.image)?;
        // Where the engine enforces it, nobody can mean to do without it.
        let without_isolation = choices.without_isolation && transport != McpTransport::Stdio;
        let network = network(config, without_isolation)?;
        let endpoint = Endpoint::of(config, transport, &network, choices.port)?;
        let ports = ports(config, endpoint.as_ref(), &network)?;
        if network == Network::None && !ports.is_empty() {
            return Err(PlanError::PortsWithoutNetwork);
        }
        let mut environment: BTreeMap<_, _> = config
            .env_vars
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut secrets = secrets(config, &choices.secrets)?;
        for (variable, value) in transport_variables(config, transport, endpoint.as_ref(), &network)
        {
            secrets.remove(variable);
            environment.insert(variable.to_owned(), value);
        }
        environment.retain(|variable, _| !secrets.contains_key(variable));
        environment::check(&environment, &secrets)?;
        Ok(Self {
            labels: labels(config, &name, transport, endpoint.as_ref(), &network),
            url: endpoint.map(|endpoint| endpoint.url(transport)),
            image,
            arguments: config.cmd_args.clone(),
            mounts: mounts(config, choices.working_dir.unwrap_or(Path::new("/")))?,
            privileged: config
                .permission_profile
                .as_ref()
                .is_some_and(|profile| profile.privileged),
            name,
            transport,
            environment,
            secrets,
            ports,
            network,
        })
    }

    /// The source of a mount that is not on this machine.
    #[must_use]
    pub fn missing_source(&self) -> Option<&Path> {
        self.mounts.iter().map(|mount| mount.source.as_path()).find(|source| !source.exists())
    }
}

/// Where an HTTP server can be reached, and where it listens in its container: the same port where
/// the container shares this machine's network, in which nothing is published.
struct Endpoint {
    address: Option<IpAddr>,
    port: u16,
    target: u16,
}

impl Endpoint {
    fn of(
        config: &RunConfig,
        transport: McpTransport,
        network: &Network,
        port: Option<u16>,
    ) -> Result<Option<Self>, PlanError> {
        if transport == McpTransport::Stdio {
            return Ok(None);
        }
        let address = match config.host.as_str() {
            "" => None,
            host => Some(host.parse().map_err(|_| PlanError::Host(host.to_owned()))?),
        };
        let target = port_number("target_port", config.target_port)?;
        let port = match port {
            _ if *network == Network::Host => target,
            Some(port) => port,
            None => port_number("port", config.port)?,
        };
        Ok(Some(Self { address, port, target }))
    }

    fn url(&self, transport: McpTransport) -> String {
        let path = transport.path().unwrap_or_default();
        format!("http://{}:{}{path}", reachable(self.address), self.port)
    }
}

/// The host of a URL for what is published at `address`; all of this machine's where it is missing.
pub(super) fn reachable(address: Option<IpAddr>) -> String {
    match address {
        Some(IpAddr::V6(address)) if address.is_unspecified() => "[::1]".to_owned(),
        Some(IpAddr::V6(address)) => format!("[{address}]"),
        Some(IpAddr::V4(address)) if !address.is_unspecified() => address.to_string(),
        _ => Ipv4Addr::LOCALHOST.to_string(),
    }
}

fn port_number(field: &'static str, number: i64) -> Result<u16, PlanError> {
    let port = u16::try_from(number).ok().filter(|port| *port > 0);
    port.ok_or_else(|| PlanError::Port { field, found: number.to_string() })
}

fn container_name(config: &RunConfig) -> Result<String, PlanError> {
    let names = [&config.container_name, &config.base_name, &config.name];
    let name = names.into_iter().find(|name| !name.is_empty()).cloned().unwrap_or_default();
    if is_engine_name(&name) { Ok(name) } else { Err(PlanError::ContainerName(name)) }
}

/// What podman and docker take for the name of a container or a network.
fn is_engine_name(name: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
    name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric()) && name.bytes().all(legal)
}

/// The image's name with its registry: without one, podman would take an image of any registry that
/// has the same path.
fn whole_name(image: &str) -> Result<String, PlanError> {
    match image.parse::<Reference>() {
        Ok(reference) => Ok(reference.to_string()),
        Err(error) => Err(PlanError::Image { image: image.to_owned(), error }),
    }
}

fn network(config: &RunConfig, without_isolation: bool) -> Result<Network, PlanError> {
    let profile = config.permission_profile.as_ref();
    let mode = profile.and_then(|profile| profile.network.as_ref()).map(|network| &network.mode);
    match mode.map_or("", String::as_str) {
        "" | "bridge" | "default" => Ok(match isolation(config) {
            Isolation::Denied if !without_isolation => Network::None,
            _ => Network::Default,
        }),
        "none" => Ok(Network::None),
        "host" => Ok(Network::Host),
        name if is_engine_name(name) => Ok(Network::Named(name.to_owned())),
        other => Err(PlanError::NetworkMode(other.to_owned())),
    }
}

fn ports(
    config: &RunConfig,
    endpoint: Option<&Endpoint>,
    network: &Network,
) -> Result<Vec<Port>, PlanError> {
    let own = endpoint.filter(|_| *network != Network::Host).map(|endpoint| Port {
        address: endpoint.address,
        host: Some(endpoint.port),
        container: endpoint.target,
    });
    let published = config.publish.iter().map(|entry| {
        let port = |text: &str| {
            let invalid = || PlanError::Port { field: "publish", found: entry.clone() };
            text.parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(invalid)
        };
        match entry.split_once(':') {
            Some((host, container)) => {
                Ok(Port { address: None, host: Some(port(host)?), container: port(container)? })
            }
            None => Ok(Port { address: None, host: None, container: port(entry)? }),
        }
    });
    own.map(Ok).into_iter().chain(published).collect()
}

/// The variables that `ToolHive` sets for each transport, over all others.
///
/// `MCP_HOST` differs: a server that listens on its container's own loopback address cannot be
/// reached through a published port, so that it is told to listen on all.
fn transport_variables(
    config: &RunConfig,
    transport: McpTransport,
    endpoint: Option<&Endpoint>,
    network: &Network,
) -> Vec<(&'static str, String)> {
    let mut variables = vec![("MCP_TRANSPORT", transport.to_string())];
    if let Some(endpoint) = endpoint {
        let target_host = match config.target_host.as_str() {
            "" | "127.0.0.1" | "localhost" if *network == Network::Host => "127.0.0.1",
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
    for text in &config.secrets {
        let SecretReference { name, target } = text.parse().map_err(PlanError::Secret)?;
        let value = supplied.get(&name).cloned().ok_or(PlanError::MissingSecret(name))?;
        secrets.insert(target, value);
    }
    Ok(secrets)
}

/// The configuration's labels, with `ToolHive`'s own as they are for this run.
fn labels(
    config: &RunConfig,
    name: &str,
    transport: McpTransport,
    endpoint: Option<&Endpoint>,
    network: &Network,
) -> BTreeMap<String, String> {
    let is_isolated = isolation(config) != Isolation::None && *network == Network::None;
    let mut labels = config.container_labels.clone();
    let base = if config.base_name.is_empty() { name } else { &config.base_name };
    let mut own = vec![
        ("toolhive", "true".to_owned()),
        ("toolhive-name", name.to_owned()),
        ("toolhive-basename", base.to_owned()),
        ("toolhive-transport", transport.to_string()),
        ("toolhive-network-isolation", is_isolated.to_string()),
    ];
    if let Some(endpoint) = endpoint {
        own.push(("toolhive-port", endpoint.port.to_string()));
    }
    labels.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
    labels
}

/// The profile's mounts, then the volumes that it does not repeat. What is declared for writing at
/// the same place may be written.
pub(super) fn mounts(config: &RunConfig, working_dir: &Path) -> Result<Vec<Mount>, PlanError> {
    let profile = config.permission_profile.clone().unwrap_or_default();
    let read = profile.read.iter().map(|declared| Mount::parse(declared, true, working_dir));
    let write = profile.write.iter().map(|declared| Mount::parse(declared, false, working_dir));
    let mut mounts: Vec<Mount> = Vec::new();
    for mount in read.chain(write) {
        let mount = mount?;
        match mounts.iter_mut().find(|known| known.target == mount.target) {
            Some(known) => *known = mount,
            None => mounts.push(mount),
        }
    }
    for declared in &config.volumes {
        let mount = Mount::parse_volume(declared, working_dir)?;
        if !mounts.iter().any(|known| known.target == mount.target) {
            mounts.push(mount);
        }
    }
    Ok(mounts)
}
