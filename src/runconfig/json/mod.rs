//! JSON with byte offsets, checked against the table of fields.

mod node;
mod normal;
mod syntax;

pub(super) use node::{Member, Node, Value, invalid_at};
pub(super) use normal::normalised;
pub(crate) use normal::{is_set, unknown_fields};
pub(super) use syntax::read;
