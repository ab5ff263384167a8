//! Container engines, driven through their command lines: podman and docker, and `ToolHive` itself.
//!
//! What a configuration asks for is honoured, or refused by name: nothing is dropped silently. No
//! value of an environment variable ever stands among the arguments of a process.

mod adapter;
mod arguments;
mod check;
mod command_line;
mod container;
mod docker;
mod endpoint;
mod environment;
mod error;
mod mount;
mod plan;
mod plan_error;
mod podman;
mod process;
mod summary;
mod support;
mod toolhive;

#[cfg(test)]
mod tests;

pub use adapter::EngineKind;
pub use arguments::Lifetime;
pub use command_line::Engine;
pub use container::Container;
pub use error::EngineError;
pub use mount::{Mount, hides_files};
pub use plan::{Plan, PlanOptions};
pub use plan_error::PlanError;
pub use summary::declared;
pub use support::{Unsupported, unsupported};
pub use toolhive::ToolHive;
