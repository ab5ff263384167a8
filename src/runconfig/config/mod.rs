//! The fields of a run configuration that this program acts on, parsed once into types.

mod declared;
mod mount;
mod network;
mod port;
mod run_config;
mod secret_reference;
mod transport;

pub use declared::{Declared, InvalidValue, MountDefect};
pub use mount::{DeclaredMount, Volume};
pub(crate) use mount::{clean_path, split_read_only};
pub(crate) use network::is_engine_name;
pub use network::{Inbound, NetworkMode, NetworkPermissions, Outbound};
pub use port::{HostAddress, PublishedPort};
pub use run_config::{Environment, IgnoreConfig, MiddlewareConfig, PermissionProfile, RunConfig};
pub use secret_reference::SecretReference;
pub(super) use secret_reference::is_secret_name;
pub use transport::McpTransport;
