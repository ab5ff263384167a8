//! Records of exchanges: their form, their redaction, and the recorders that take them.
//!
//! No secret may ever stand in a record.

pub(super) mod exchange;
pub(super) mod handshake;
pub(super) mod recorder;
pub(super) mod recording;
pub(super) mod redact;
pub(super) mod redaction_mark;
