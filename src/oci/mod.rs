//! The OCI Distribution API: references, content, and the client of a repository.
//!
//! This layer knows nothing of run configurations, and it reaches the network through
//! [`crate::wire`] alone.

mod descriptor;
mod digest;
mod media_type;
mod reference;

pub use descriptor::{Annotations, Descriptor, EMPTY_CONTENT, InlineData, Mismatch};
pub use digest::{Algorithm, Digest, Hasher, InvalidDigest};
pub use media_type::{InvalidMediaType, MediaType};
pub use reference::{InvalidReference, Reference, RegistryName, RepositoryName, Tag, TagOrDigest};
