//! Uploading blobs (distribution specification, "Pushing Blobs").

mod hashing_source;
pub(crate) mod mount;
mod opening;
pub(crate) mod push;
mod recovery;
mod responses;
pub(crate) mod session;
