//! A plan as arguments for an engine's program. Podman and docker take the same ones.

use super::mount::Mount;
use super::plan::Plan;
use crate::printable::quoted;
use crate::runconfig::{McpTransport, NetworkMode, PublishedPort};

/// How long a container lives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lifetime {
    /// It runs no longer than the process that started it, and is removed afterwards.
    #[default]
    Attached,
    /// It runs until a user stops it. If its server ends, the engine starts it again.
    Detached,
}

impl Plan {
    /// Returns the arguments that make the container. Other users can see a process's arguments, so
    /// the environment is not among them: `file()` of its variables has to be the engine's standard
    /// input, and `inherited()` part of its process's environment.
    pub(crate) fn create_arguments(&self, lifetime: Lifetime) -> Vec<String> {
        self.arguments("create", lifetime)
    }

    /// Returns a shell command that runs the same container, once the variables of secrets are set. It is
    /// one line, without characters that control a terminal.
    pub(crate) fn command_line(&self, engine: &str, lifetime: Lifetime) -> String {
        let arguments = self.arguments("run", lifetime);
        let words = std::iter::once(engine.to_owned()).chain(arguments);
        words.map(|word| quoted(&word)).collect::<Vec<_>>().join(" ")
    }

    /// For `create`, no value of a variable is an argument: the engine reads values from its standard
    /// input, and takes the others from its own process by their names. For `run`, all but the values of
    /// secrets are.
    fn arguments(&self, verb: &str, lifetime: Lifetime) -> Vec<String> {
        // Value and option are one argument (`--name=VALUE`), so that no value is read as an option.
        let mut arguments = vec![verb.to_owned(), format!("--name={}", self.name)];
        let mut add = |argument: String| arguments.push(argument);
        match lifetime {
            Lifetime::Attached => add("--rm".to_owned()),
            Lifetime::Detached => {
                if verb == "run" {
                    add("--detach".to_owned());
                }
                add("--restart=unless-stopped".to_owned());
            }
        }
        if self.transport == McpTransport::Stdio {
            add("--interactive".to_owned());
        }
        if verb == "create" {
            add("--pull=never".to_owned());
        }
        for (name, value) in &self.labels {
            add(format!("--label={name}={value}"));
        }
        add("--cap-drop=ALL".to_owned());
        add("--security-opt=label=disable".to_owned());
        if self.privileged {
            add("--privileged".to_owned());
        }
        match &self.network {
            NetworkMode::Default => {}
            NetworkMode::None => add("--network=none".to_owned()),
            NetworkMode::Host => add("--network=host".to_owned()),
            NetworkMode::Named(name) => add(format!("--network={name}")),
        }
        self.ports.iter().for_each(|port| add(format!("--publish={}", published(port))));
        self.mounts.iter().for_each(|mount| add(format!("--mount={}", bind(mount))));
        if verb == "create" {
            add("--env-file=/dev/stdin".to_owned());
            self.variables.inherited().for_each(|(name, _)| add(format!("--env={name}")));
        } else {
            self.variables
                .plain
                .iter()
                .for_each(|(name, value)| add(format!("--env={name}={value}")));
            self.variables.secrets.keys().for_each(|name| add(format!("--env={name}")));
        }
        arguments.push(self.image.clone());
        arguments.extend(self.arguments.iter().cloned());
        arguments
    }
}

fn published(port: &PublishedPort) -> String {
    let host = port.host.map_or(String::new(), |port| port.to_string());
    match port.address {
        Some(address) if address.is_ipv6() => format!("[{address}]:{host}:{}", port.container),
        Some(address) => format!("{address}:{host}:{}", port.container),
        None if host.is_empty() => port.container.to_string(),
        None => format!("{host}:{}", port.container),
    }
}

fn bind(mount: &Mount) -> String {
    let read_only = if mount.read_only { ",readonly" } else { "" };
    format!("type=bind,source={},target={}{read_only}", mount.source.display(), mount.target)
}
