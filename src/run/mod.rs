//! Runs an MCP server from a run configuration or an image: everything that `thv run` does, without
//! a command line.
//!
//! A run passes through these types, and each step takes the one before:
//!
//! 1. [`fetch`] finds what a [`RunRequest`] names, in a file or a registry: [`Fetched`].
//! 2. [`Fetched::prepare`] checks that the configuration can be honoured and plans it: [`Prepared`].
//! 3. [`Prepared::check`] finds the container engine and checks that it can run the plan: [`Checked`].
//! 4. [`Checked::consent`] finds out whether the user agreed to it: [`Consent`], then [`Agreed`].
//! 5. [`Agreed::start`] pulls the image, saves the configuration and runs the server: [`Started`].
//!
//! Nothing here prints or asks. A [`RunObserver`] is told what happens, the caller asks the user
//! about a [`ConsentRequest`] and about [`Agreed::missing_secrets`], and [`Signals`] end the run.

mod consent;
mod error;
mod fetch;
mod image;
mod launch;
mod observer;
mod prepare;
mod secrets;
mod server;
mod signals;

pub use crate::engine::{EngineError, EngineKind, Lifetime, PlanError, Unsupported};
pub(crate) use consent::label;
pub use consent::{Agreed, Change, Consent, ConsentRequest};
pub use error::{NoAnswer, RunError, UnusableOption};
pub use fetch::{EngineChoice, Fetched, RunRequest, fetch};
pub use observer::{Note, RunObserver};
pub use prepare::{Checked, Prepared};
pub use server::{RunOutcome, Server, Started};
pub use signals::{ProcessSignals, Signal, Signals};
