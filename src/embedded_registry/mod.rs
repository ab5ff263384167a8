//! The embedded registry: the OCI Distribution API in this process, for demos, development and tests.
//!
//! It asks for no login, so it must listen on loopback only. With a directory, blobs of any size pass
//! through without being held in memory; without one, everything together may take 1 GiB.

mod api;
mod blobs;
mod directory;
mod discovery;
mod manifests;
mod partial_blob;
mod request_body;
mod response;
mod server;
mod storage;
mod uploads;

pub use server::EmbeddedRegistry;
pub use storage::Storage;
