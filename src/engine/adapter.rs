//! The differences between container engines.
//!
//! Podman and docker take almost the same command line. What they share is in `command_line.rs`; what
//! one of them does in its own way is a method here.

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
    /// All engines, in the order in which they are looked for.
    pub(super) const ALL: [Self; 2] = [Self::Podman, Self::Docker];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Podman => "podman",
            Self::Docker => "docker",
        }
    }

    /// Returns options for `start --attach` that make the engine pass on every byte of the input, and no
    /// signal.
    pub(super) const fn attach_options(self) -> &'static [&'static str] {
        match self {
            // By default podman detaches when it reads Ctrl-P, Ctrl-Q, even if a program sends them.
            Self::Podman => &["--sig-proxy=false", "--detach-keys="],
            Self::Docker => &[],
        }
    }
}
