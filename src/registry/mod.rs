//! The development registry: the OCI Distribution API in this process, for demos and tests.
//!
//! It asks nobody for a login: it is meant for loopback and must never be offered to a network.
//! Blobs of any size pass through a directory; in memory there is room for 1 GiB.

mod answer;
mod blobs;
mod discovery;
mod draft;
mod manifests;
mod payload;
mod received;
mod route;
mod server;
mod storage;
mod uploads;

pub use server::Registry;
pub use storage::Storage;
