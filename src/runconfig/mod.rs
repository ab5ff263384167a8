//! Run configurations: `ToolHive`'s JSON that says how to run an MCP server, and its artifact.
//!
//! A document keeps its bytes and is never written from what was parsed. Registries are reached
//! through [`crate::oci`] alone.

mod artifact;
mod collection;
mod compose;
mod config;
mod creation;
mod difference;
mod document;
mod edit;
mod error;
mod fields;
mod json;
mod location;
mod name;
mod permissions;
mod pull;
mod push;
mod retrieve;
mod review;
mod secrets;

#[cfg(test)]
mod tests;

pub use artifact::{ARTIFACT_TYPE, INLINE_LIMIT, LAYER_TYPE};
pub use collection::{Collection, IN_FLIGHT};
pub use compose::ImageOptions;
pub(crate) use compose::name_of_image;
pub use config::{
    Declared, DeclaredMount, Environment, HostAddress, IgnoreConfig, Inbound, InvalidValue,
    McpTransport, MiddlewareConfig, MountDefect, NetworkMode, NetworkPermissions, Outbound,
    PermissionProfile, PublishedPort, RunConfig, SecretReference, Volume,
};
pub(crate) use config::{clean_path, is_engine_name};
pub use creation::{InvalidEpoch, creation_time};
pub use difference::{Difference, differences};
pub use document::{Document, MAX_SIZE};
pub use edit::{EditError, renamed, with_secret};
pub use error::InvalidDocument;
#[cfg(test)]
pub(crate) use fields::FIELDS;
pub use fields::FieldCategory;
pub(crate) use fields::{FieldSupport, NEEDS_PROXY, config_field};
pub(crate) use json::{is_set, unknown_fields};
pub use location::{ConfigLocation, InvalidLocation};
pub(crate) use name::{BASE_NAME_LABEL, NAME_LABEL};
pub use name::{InvalidWorkloadName, WorkloadName};
pub use permissions::{EffectiveMount, EffectivePermissions, NetworkAccess, ServerPort};
pub use pull::{PullError, Pulled, pull};
pub use push::{PushError, PushOptions, push};
pub use retrieve::{NotRunnable, RetrieveError, Retrieved, retrieve, runnable};
pub use review::{Review, review, review_with_values};
pub use secrets::{Exposure, ExposureKind, exposures};
pub(crate) use secrets::{shown_arguments, shown_text};
