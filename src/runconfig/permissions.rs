//! The permissions of a run configuration that take effect.
//!
//! This is the only place that computes which network access, mounts and ports of a configuration take
//! effect. `inspect`, the consent of `run` and the container all use it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use super::config::{
    Declared, DeclaredMount, InvalidValue, McpTransport, NetworkMode, Outbound, PublishedPort,
    RunConfig, split_read_only,
};

/// What a server may touch. Texts without meaning are kept for `inspect`; `run` refuses them.
pub(crate) struct EffectivePermissions<'a> {
    pub(crate) network: NetworkAccess<'a>,
    /// The only hosts that may call it. The list is empty if callers are not restricted.
    pub(crate) allowed_callers: &'a [String],
    pub(crate) mounts: Vec<EffectiveMount<'a>>,
    /// Whether this machine publishes the port of an HTTP server.
    pub(crate) publishes_server: bool,
    pub(crate) published_ports: &'a [Declared<PublishedPort>],
    pub(crate) is_privileged: bool,
}

/// What a server reaches. `Display` describes it.
#[derive(PartialEq)]
pub(crate) enum NetworkAccess<'a> {
    /// Everything that this machine reaches.
    Everything {
        /// Lists that have no effect, because the network is not isolated.
        unenforced: Option<&'a Outbound>,
    },
    /// What these lists allow: the network is isolated.
    Listed(&'a Outbound),
    Nothing {
        /// True if `isolate_network` is the reason, false if it is the network mode `none`.
        is_isolated: bool,
    },
    /// This machine's own network.
    Host,
    Named(&'a str),
    /// The mode of the network has no meaning.
    Invalid(&'a str, &'a InvalidValue),
}

pub(crate) struct EffectiveMount<'a> {
    /// The text of the mount, without `:ro`.
    pub(crate) text: &'a str,
    pub(crate) mount: Result<&'a DeclaredMount, &'a InvalidValue>,
    pub(crate) read_only: bool,
}

impl<'a> EffectivePermissions<'a> {
    pub(crate) fn of(config: &'a RunConfig) -> Self {
        let network = network(config);
        let is_http = config.transport.get().is_ok_and(|kind| *kind != McpTransport::Stdio);
        let profile = config.permission_profile.as_ref();
        Self {
            allowed_callers: allowed_callers(config),
            mounts: mounts(config),
            // A remote server has no container.
            publishes_server: is_http && !config.image.is_empty() && network != NetworkAccess::Host,
            published_ports: &config.publish,
            is_privileged: profile.is_some_and(|profile| profile.privileged),
            network,
        }
    }
}

/// Reads the network permissions as `ToolHive` does, with one exception: a network without
/// `outbound`, on which `ToolHive` crashes, allows nothing.
fn network(config: &RunConfig) -> NetworkAccess<'_> {
    let Some(network) = config.network() else {
        return NetworkAccess::Everything { unenforced: None };
    };
    match network.mode.get() {
        Err(error) => return NetworkAccess::Invalid(network.mode.text(), error),
        Ok(NetworkMode::None) => return NetworkAccess::Nothing { is_isolated: false },
        Ok(NetworkMode::Host) => return NetworkAccess::Host,
        Ok(NetworkMode::Named(name)) => return NetworkAccess::Named(name),
        Ok(NetworkMode::Default) => {}
    }
    let Outbound { insecure_allow_all, allow_host, allow_port } = &network.outbound;
    let has_lists = !allow_host.is_empty() || !allow_port.is_empty();
    let lists = has_lists.then_some(&network.outbound);
    match lists {
        _ if *insecure_allow_all => NetworkAccess::Everything { unenforced: None },
        unenforced if !config.isolate_network => NetworkAccess::Everything { unenforced },
        Some(lists) => NetworkAccess::Listed(lists),
        None => NetworkAccess::Nothing { is_isolated: true },
    }
}

/// `ToolHive` drops isolation in any network but the usual one.
fn allowed_callers(config: &RunConfig) -> &[String] {
    match config.network() {
        Some(network)
            if config.isolate_network && network.mode.get() == Ok(&NetworkMode::Default) =>
        {
            &network.inbound.allow_host
        }
        _ => &[],
    }
}

/// Returns the profile's mounts, then the volumes for whose path in the container the profile has no
/// mount. A mount for writing replaces one for reading of the same path.
fn mounts<'a>(config: &'a RunConfig) -> Vec<EffectiveMount<'a>> {
    let mut mounts = Vec::new();
    // The index of the mount for each path in the container, or for each text that is no mount.
    let mut known = HashMap::new();
    let mut add = |text, mount: Result<&'a DeclaredMount, _>, read_only, replaces| {
        let target = mount.map(|mount| mount.target.as_str()).map_err(|_| text);
        let mount = EffectiveMount { text, mount, read_only };
        match known.entry(target) {
            Entry::Occupied(index) if replaces => mounts[*index.get()] = mount,
            Entry::Occupied(_) => {}
            Entry::Vacant(index) => {
                index.insert(mounts.len());
                mounts.push(mount);
            }
        }
    };
    if let Some(profile) = &config.permission_profile {
        for (list, read_only) in [(&profile.read, true), (&profile.write, false)] {
            for declared in list {
                add(declared.text(), declared.get(), read_only, true);
            }
        }
    }
    for declared in &config.volumes {
        let (text, read_only) = split_read_only(declared.text());
        add(text, declared.get().map(|volume| &volume.0), read_only, false);
    }
    mounts
}

impl NetworkAccess<'_> {
    /// Returns the access if nothing isolates the network of `config`.
    pub(crate) fn without_isolation(self) -> Self {
        match self {
            Self::Nothing { is_isolated: true } => Self::Everything { unenforced: None },
            Self::Listed(lists) => Self::Everything { unenforced: Some(lists) },
            other => other,
        }
    }
}

impl fmt::Display for NetworkAccess<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything { unenforced: None } => f.write_str(&NetworkMode::Default.reach()),
            Self::Everything { unenforced: Some(lists) } => {
                let everything = NetworkMode::Default.reach();
                write!(f, "{everything}; not enforced without isolate_network: {lists}")
            }
            Self::Listed(lists) => write!(f, "only {lists}"),
            Self::Nothing { .. } => f.write_str(&NetworkMode::None.reach()),
            Self::Host => write!(f, "{}, without isolation (host)", NetworkMode::Host.reach()),
            Self::Named(name) | Self::Invalid(name, _) => {
                f.write_str(&NetworkMode::Named((*name).to_owned()).reach())
            }
        }
    }
}
