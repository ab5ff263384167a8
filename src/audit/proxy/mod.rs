//! A recording reverse proxy in front of one registry, for any client.

mod body;
mod operation;
mod server;

pub use server::Proxy;
