//! Run configurations: `ToolHive`'s JSON that says how to run an MCP server, and its artifact.
//!
//! This layer reads and never rewrites a configuration, and reaches a registry through
//! [`crate::oci`] alone.

mod artifact;
mod collection;
mod compose;
mod creation;
mod difference;
mod document;
mod error;
mod exposure;
mod json;
mod location;
mod name;
mod normal;
mod pull;
mod push;
mod rename;
mod retrieve;
mod review;
mod run_config;
mod schema;
mod secret_shape;
mod shown;
mod syntax;
mod to_secret;
mod transport;
mod unshown;
mod validation;

#[cfg(test)]
mod tests;

pub use artifact::{ARTIFACT_TYPE, INLINE_LIMIT, LAYER_TYPE};
pub use collection::{Collection, IN_FLIGHT};
pub use compose::{ImageRun, name_of_image};
pub use creation::{InvalidEpoch, creation_time};
pub use difference::{Concern, Difference, differences};
pub(crate) use document::is_set;
pub use document::{Document, MAX_SIZE};
pub use error::InvalidDocument;
pub use exposure::{Exposure, Kind as ExposureKind, exposures};
pub use location::{ConfigLocation, InvalidLocation};
pub use name::{InvalidWorkloadName, WorkloadName};
pub use pull::{PullError, Pulled, pull};
pub use push::{PushError, PushOptions, push};
pub use retrieve::{NotRunnable, RetrieveError, Retrieved, retrieve, runnable};
pub use review::{Review, review, review_with_values};
pub use run_config::{
    Environment, IgnoreConfig, Inbound, NetworkPermissions, Outbound, PermissionProfile, RunConfig,
};
pub(crate) use shown::{shown_arguments, shown_text};
pub use to_secret::ToSecretError;
pub use transport::{McpTransport, UnknownTransport};
