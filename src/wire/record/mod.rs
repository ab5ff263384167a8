//! Records of exchanges: their form, their redaction, and the recorders that take them.
//!
//! A record never contains a secret.

pub(super) mod exchange;
pub(super) mod handshake;
pub(super) mod recording;
pub(super) mod redact;
pub(super) mod redaction_mark;
