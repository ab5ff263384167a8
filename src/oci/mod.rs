//! The OCI Distribution API: references, content, and the client of a repository.
//!
//! This layer knows nothing of run configurations, and it reaches the network through
//! [`crate::wire`] alone.

pub(crate) mod artifact;
pub mod auth;
mod blobs;
mod client;
mod copy;
mod delete;
mod descriptor;
mod digest;
mod download;
mod error;
mod error_response;
mod link;
mod manifest;
mod manifests;
mod media_type;
mod pages;
mod reference;
mod referrers;
mod repository;
mod retry;
mod session;
mod similar_tags;
mod spelling;
mod tags;
mod upload;
mod warning;

pub use artifact::{PushStatus, Pushed, UnsupportedArtifact};
pub use client::{Client, ClientBuilder};
pub use descriptor::{Annotations, Descriptor, EMPTY_CONTENT, InlineData, Mismatch};
pub use digest::{Algorithm, Digest, Hasher, InvalidDigest};
pub use download::BlobReader;
pub use error::{AuthenticationError, Error, ErrorKind, Violation};
pub use error_response::{ErrorResponse, RegistryError};
pub(crate) use link::next as next_link;
pub use manifest::{Index, InvalidManifest, MANIFEST_LIMIT, Manifest, ManifestKind};
pub use manifests::FetchedManifest;
pub use media_type::{InvalidMediaType, MediaType};
pub use reference::{InvalidReference, Reference, RegistryName, RepositoryName, Tag, TagOrDigest};
pub use repository::Repository;
pub use retry::RetryPolicy;
pub use session::LoginOutcome;
pub(crate) use spelling::names;
pub use tags::{TAG_LIST_LIMIT, TagQuery};
pub use upload::{CHUNK_SIZE, Mounted, SINGLE_REQUEST_LIMIT};
pub use warning::Warning;
