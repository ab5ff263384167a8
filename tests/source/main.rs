//! What holds for the source as a whole: its structure, and its public interface.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod api;
mod modules;
mod structure;
