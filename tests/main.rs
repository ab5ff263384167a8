//! The tests of the whole: one program, so that the crate is linked once, and tests that wait leave the
//! processor to others. `tests/run.rs` is a program of its own, because its tests look at every process
//! of the machine, and find the passwords of others. `tests/all_transcripts.rs` runs last.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[macro_use]
mod support;

mod all;
mod arguments;
mod audit;
mod client;
mod command_line;
mod compare;
mod completions;
mod conformance;
mod consent;
mod crash;
mod documentation;
mod embedding;
mod end_to_end;
mod errors;
mod faults;
mod help;
mod hostile;
mod hostile_arguments;
mod json;
mod large;
mod leaks;
mod links;
mod login;
mod pages;
mod printable;
mod registry;
mod run_refusals;
mod serve;
mod sharing;
mod signals;
mod skopeo;
mod stored_logins;
mod terminal;
mod threats;
mod token;
mod transcript;
