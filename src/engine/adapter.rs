//! What differs from one container engine to the other.
//!
//! Podman and docker take almost the same command line. What they share is in `command_line.rs`; what one
//! of them does in its own way is a method here, and is answered in `podman.rs` and `docker.rs`.

use std::fmt;

/// A container engine that this crate can drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EngineKind {
    /// Podman.
    Podman,
    /// Docker.
    Docker,
}

impl EngineKind {
    /// Returns the name of the engine's program.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Podman => "podman",
            Self::Docker => "docker",
        }
    }
}

/// The peculiarities of one engine.
pub(super) trait ContainerEngine: fmt::Debug + Sync {
    /// Returns which engine this is.
    fn kind(&self) -> EngineKind;

    /// Returns options for `start --attach` that make the engine pass on every byte, and no signal.
    fn attach_options(&self) -> &'static [&'static str];

    /// Returns arguments that make the engine print `false` where it cannot publish a port at IPv6's
    /// loopback address. An engine that can prints anything else, or fails.
    fn ipv6_loopback_query(&self) -> &'static [&'static str];

    /// Returns the name of a container from the one that `container inspect` prints.
    fn container_name<'a>(&self, printed: &'a str) -> &'a str {
        printed
    }
}
