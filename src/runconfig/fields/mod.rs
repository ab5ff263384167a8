//! The fields of a run configuration that `ToolHive` knows.

mod kind;
mod table;

pub(super) use kind::{Kind, Shown, Text};
pub use table::FieldCategory;
pub(super) use table::{ConfigField, ROOT};
pub(crate) use table::{FIELDS, FieldSupport, NEEDS_PROXY, config_field};
