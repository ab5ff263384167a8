//! The OCI Distribution API: references, content, and the client of a repository.
//!
//! This layer knows nothing of run configurations, and it reaches the network through
//! [`crate::wire`] alone.

mod api_path;
pub(crate) mod artifact;
pub mod auth;
mod background;
mod client;
mod descriptor;
mod digest;
mod error;
mod error_response;
mod field_case;
mod manifest;
mod media_type;
mod names;
mod operation;
pub(crate) mod push;
mod reference;
mod registry;
mod repository;
mod retry;
mod value_count;
mod warning;

pub(crate) use api_path::ApiPath;
pub use artifact::UnsupportedArtifact;
pub use auth::error::AuthenticationError;
pub use client::{Client, ClientOptions, LoginOutcome};
pub use descriptor::{Annotations, Descriptor, EMPTY_CONTENT, InlineData, Mismatch};
pub(crate) use digest::Hasher;
pub use digest::{Algorithm, Digest, InvalidDigest};
pub use error::{Error, ErrorKind, ProtocolViolation};
pub(crate) use error_response::error_body;
pub use error_response::{ErrorCode, ErrorResponse, RegistryError};
pub(crate) use field_case::is_same_field;
pub(crate) use manifest::MANIFEST_LIMIT;
pub use manifest::{Index, InvalidManifest, Manifest, ManifestKind};
pub use media_type::{InvalidMediaType, MediaType};
pub use names::{InvalidReference, RegistryName, RepositoryName, Tag};
pub use push::{PushStatus, Pushed};
pub use reference::{Reference, TagOrDigest};
pub use repository::downloads::BlobReader;
pub use repository::handle::Repository;
pub use repository::manifests::FetchedManifest;
pub(crate) use repository::pages::next_link;
pub use repository::tags::TagQuery;
pub use retry::RetryPolicy;
pub use warning::Warning;
