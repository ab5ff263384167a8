//! What this user's programs keep between runs: `ToolHive`'s state store, and agreements.
//!
//! The state store is a directory with one run configuration a file. Directory and files are
//! `ToolHive`'s own: this crate finds the workloads that `ToolHive` saved, and `ToolHive` runs the
//! ones that are saved here. Nothing in this module reaches a registry or an engine.

mod agreements;
mod sources;
mod store;

pub(crate) use agreements::Agreement;
pub use agreements::Agreements;
pub(crate) use sources::Stored;
pub use store::{IfExists, SaveOutcome, StateError, StateStore, StoredConfig};
