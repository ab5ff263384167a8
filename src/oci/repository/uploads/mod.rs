//! Uploading blobs (distribution specification, "Pushing Blobs").

mod hashing_source;
mod opening;
pub(crate) mod push;
mod recovery;
mod responses;
pub(crate) mod session;
