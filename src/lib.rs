//! Share `ToolHive` run configurations through any OCI registry.
pub mod oci;
