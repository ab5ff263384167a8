//! Container engines: a run configuration as the arguments of podman or docker.
//!
//! What a configuration asks for is honoured, or refused by name: nothing is dropped silently. No
//! value of an environment variable ever stands among the arguments of a process.

mod arguments;
mod container;
mod endpoint;
mod environment;
mod error;
mod mount;
mod obstacle;
mod plan;
mod plan_error;
mod program;
#[cfg(feature = "cli")]
mod ready;
mod summary;
mod support;

#[cfg(test)]
mod tests;

pub use arguments::Lifetime;
pub use container::Container;
pub use endpoint::free_port;
pub use error::EngineError;
pub use mount::{Mount, hides_files};
pub use plan::{Plan, PlanOptions};
pub use plan_error::PlanError;
pub use program::{Engine, EngineKind};
#[cfg(feature = "cli")]
pub use ready::NotReady;
#[cfg(feature = "cli")]
pub(crate) use ready::wait_until_ready;
pub use summary::declared;
pub use support::{Unsupported, unsupported};
