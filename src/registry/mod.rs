//! The development registry: the OCI Distribution API in this process, for demos and tests.
//!
//! It asks nobody for a login and keeps a whole blob in memory while it is sent: it is meant for
//! loopback and must never be offered to a network.

mod answer;
mod blobs;
mod discovery;
mod manifests;
mod route;
mod server;
mod storage;
mod uploads;

pub use server::Registry;
pub use storage::Storage;
