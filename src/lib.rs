//! Share `ToolHive` run configurations through any OCI registry.
pub mod oci;
pub mod printable;
pub mod timestamp;
pub mod wire;
