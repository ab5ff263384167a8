//! The differences between container engines.
//!
//! Podman and docker take almost the same command line. What they share is in `command_line.rs`; what
//! one of them does in its own way is a method here.

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
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Podman => "podman",
            Self::Docker => "docker",
        }
    }
}

pub(super) trait ContainerEngine: fmt::Debug + Sync {
    fn kind(&self) -> EngineKind;

    /// Returns options for `start --attach` that make the engine pass on every byte of the input, and no
    /// signal.
    fn attach_options(&self) -> &'static [&'static str];

    /// Returns the name of a container from the one that `container inspect` prints.
    fn container_name<'a>(&self, printed: &'a str) -> &'a str {
        printed
    }
}

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
}

#[derive(Debug)]
pub(super) struct Docker;

impl ContainerEngine for Docker {
    fn kind(&self) -> EngineKind {
        EngineKind::Docker
    }

    fn attach_options(&self) -> &'static [&'static str] {
        &[]
    }

    fn container_name<'a>(&self, printed: &'a str) -> &'a str {
        printed.trim_start_matches('/')
    }
}
