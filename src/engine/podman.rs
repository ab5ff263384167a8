//! Podman's peculiarities.

use super::adapter::{ContainerEngine, EngineKind};

/// Asks whether podman runs without root's rights. With them, rules of the kernel lead to a
/// container, and those do not apply to connections from IPv6's loopback address. Without them,
/// podman has a proxy process that takes such connections.
pub(super) const IS_ROOTLESS: &[&str] = &["info", "--format={{.Host.Security.Rootless}}"];

#[derive(Debug)]
pub(super) struct Podman;

impl ContainerEngine for Podman {
    fn kind(&self) -> EngineKind {
        EngineKind::Podman
    }

    fn attach_options(&self) -> &'static [&'static str] {
        // By default podman detaches when it reads Ctrl-P, Ctrl-Q, even if a program sends them.
        &["--sig-proxy=false", "--detach-keys="]
    }

    fn ipv6_loopback_query(&self) -> &'static [&'static str] {
        IS_ROOTLESS
    }
}
