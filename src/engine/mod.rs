//! Container engines, driven through their command lines: podman and docker, and `ToolHive` itself.
//!
//! Each field of a configuration is either honoured, or refused with its name: none is ignored silently. No
//! value of an environment variable is ever an argument of a process.

mod adapter;
mod arguments;
mod command_line;
mod container;
mod environment;
mod error;
mod mount;
mod plan;
mod process;
mod support;
mod toolhive;

#[cfg(test)]
mod tests;

pub use adapter::EngineKind;
pub use arguments::Lifetime;
pub(crate) use command_line::Engine;
pub(crate) use container::Container;
pub use error::{EngineError, PlanError};
pub(crate) use mount::hides_files;
pub(crate) use plan::{Plan, PlanOptions, container_name, refuse_labels};
pub use support::Unsupported;
pub(crate) use support::unsupported;
pub(crate) use toolhive::ToolHive;
