//! The bytes of a request or a response, and how many of them were sent.
//!
//! A body can be sent more than once, from any offset on. A source is read only a few pieces ahead
//! of what the connection takes, and no piece is kept after it was sent.

pub(super) mod content;
pub(super) mod progress;
pub(super) mod source;
