//! Share `ToolHive` run configurations through any OCI registry.
//!
//! A run configuration is JSON that says how to run an MCP server. This crate packs one as an OCI
//! artifact, pushes it to a registry, and brings it back byte for byte, with a small client of the
//! OCI Distribution API that records every exchange.
//!
//! The layers look only down:
//!
//! 1. [`wire`]: HTTP, one recorded exchange at a time.
//! 2. [`oci`]: references, digests, manifests, and the client of a repository.
//! 3. [`runconfig`]: run configurations, and their artifacts.
//! 4. Each with a feature of its own: `state`, `ToolHive`'s state store; `audit`, which works on
//!    recorded exchanges; `registry`, an embedded registry.
//! 5. With the feature `run`: from a reference to a running server in a container.
//! 6. With the feature `cli`, which is on by default: the program `thv`, and all of the above.
//!
//! ```no_run
//! use thv_oci::{oci::Client, runconfig, wire::Settings};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(Settings::default());
//! let reference = "registry.example.com/configs/my-server:v1".parse()?;
//! let pulled = runconfig::pull(&client, &reference).await?;
//! println!("{}", pulled.document.text());
//! # Ok(())
//! # }
//! ```

// Some parts serve only modules that a feature turns on. With all features, none of them is unused.
#![cfg_attr(not(feature = "cli"), allow(dead_code, unused_imports))]

mod atomic_file;
#[cfg(feature = "audit")]
pub mod audit;
mod capped_read;
#[cfg(feature = "cli")]
pub mod cli;
mod directories;
#[cfg(feature = "registry")]
pub mod embedded_registry;
#[cfg(feature = "run")]
mod engine;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod oci;
mod printable;
mod program_search;
mod random;
#[cfg(feature = "run")]
pub mod run;
pub mod runconfig;
#[cfg(feature = "state")]
pub mod state;
mod timestamp;
pub mod wire;

/// The examples of the page for embedders, as tests.
#[cfg(doctest)]
#[doc = include_str!("../protocol-notes/for-embedders.md")]
struct PageForEmbedders;
