//! The OCI Distribution API: references, content, and the client of a repository.
//!
//! This layer knows nothing of run configurations, and it reaches the network through
//! [`crate::wire`] alone.

pub mod auth;
mod blobs;
mod client;
mod descriptor;
mod digest;
mod error;
mod manifest;
mod manifests;
mod media_type;
mod reference;
mod refusal;
mod repository;
mod session;
mod upload;

pub use client::{Client, ClientBuilder};
pub use descriptor::{Annotations, Descriptor, EMPTY_CONTENT, InlineData, Mismatch};
pub use digest::{Algorithm, Digest, Hasher, InvalidDigest};
pub use error::{AuthenticationError, Error, ErrorKind, Violation};
pub use manifest::{Index, InvalidManifest, MANIFEST_LIMIT, Manifest, ManifestKind};
pub use manifests::FetchedManifest;
pub use media_type::{InvalidMediaType, MediaType};
pub use reference::{InvalidReference, Reference, RegistryName, RepositoryName, Tag, TagOrDigest};
pub use refusal::{Refusal, RegistryError};
pub use repository::Repository;
pub use session::Login;
pub use upload::SINGLE_REQUEST_LIMIT;
