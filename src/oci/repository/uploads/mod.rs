//! Uploading blobs (distribution specification, "Pushing Blobs").

mod hashing_source;
pub(in crate::oci) mod mount;
mod opening;
pub(in crate::oci) mod push;
mod recovery;
mod responses;
pub(in crate::oci) mod session;
