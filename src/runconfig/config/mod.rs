//! The fields of a run configuration that this program acts on, parsed once into types.

mod declared;
mod run_config;
mod values;

pub use declared::{Declared, InvalidValue, MountDefect};
pub use run_config::RunConfig;
pub(crate) use run_config::{MiddlewareConfig, Outbound};
pub(super) use values::is_secret_name;
pub(crate) use values::{
    DeclaredMount, NetworkMode, PublishedPort, clean_path, is_engine_name, split_read_only,
};
pub use values::{McpTransport, SecretReference};
