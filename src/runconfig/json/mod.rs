//! JSON with byte offsets, checked against the table of fields.

mod node;
mod normal;

pub(super) use node::{Member, Node, Value, invalid_at, read};
pub(super) use normal::normalised;
pub(crate) use normal::{is_set, unknown_fields};
