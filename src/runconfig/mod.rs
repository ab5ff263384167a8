//! Run configurations: `ToolHive`'s JSON that says how to run an MCP server, and its artifact.
//!
//! A document keeps its bytes and is never written from what was parsed. Registries are reached
//! through [`crate::oci`] alone.

mod artifact;
mod collection;
mod compose;
mod config;
mod difference;
mod document;
mod edit;
mod error;
mod fields;
mod json;
mod lint;
mod location;
mod name;
mod permissions;
mod pull;
mod push;
mod review;
mod secrets;
mod warnings;

#[cfg(test)]
mod tests;

pub use artifact::ARTIFACT_TYPE;
pub use collection::Collection;
pub use compose::ImageOptions;
pub(crate) use compose::name_of_image;
pub use config::{Declared, InvalidValue, McpTransport, MountDefect, RunConfig, SecretReference};
pub(crate) use config::{MiddlewareConfig, NetworkMode, PublishedPort, is_engine_name};
pub use difference::{Difference, differences};
pub use document::Document;
pub(crate) use edit::with_secret;
pub use edit::{EditError, renamed};
pub(crate) use error::MAX_SIZE;
pub use error::{DocumentDefect, InvalidDocument};
#[cfg(test)]
pub(crate) use fields::FIELDS;
pub use fields::FieldCategory;
pub(crate) use fields::{FieldSupport, NEEDS_PROXY, config_field};
pub(crate) use json::{is_set, unknown_fields};
pub use lint::{Lint, lints};
pub use location::InvalidLocation;
pub(crate) use location::{ConfigLocation, is_built_by_toolhive, runnable};
pub(crate) use name::{BASE_NAME_LABEL, NAME_LABEL, is_ordinary_label};
pub use name::{InvalidWorkloadName, WorkloadName};
pub(crate) use permissions::{EffectiveMount, EffectivePermissions, NetworkAccess};
pub use pull::{PullError, Pulled, pull};
pub use push::{PushError, PushOptions, push};
pub use review::{Review, review};
pub(crate) use review::{View, ViewedRunner};
pub(crate) use secrets::exposures;
pub(crate) use secrets::shown_text;
pub use secrets::{Exposure, ExposureKind};
pub(crate) use warnings::path_here;
