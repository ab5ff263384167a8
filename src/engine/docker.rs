//! Docker's peculiarities.

use super::adapter::{ContainerEngine, EngineKind};
use super::podman::IS_ROOTLESS;

#[derive(Debug)]
pub(super) struct Docker;

impl ContainerEngine for Docker {
    fn kind(&self) -> EngineKind {
        EngineKind::Docker
    }

    fn attach_options(&self) -> &'static [&'static str] {
        &[]
    }

    fn ipv6_loopback_query(&self) -> &'static [&'static str] {
        // Docker has a proxy process for such connections, and fails here: it has no such field. But
        // the package podman-docker installs podman under docker's name.
        IS_ROOTLESS
    }

    fn container_name<'a>(&self, printed: &'a str) -> &'a str {
        printed.trim_start_matches('/')
    }
}
