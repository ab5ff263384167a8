//! `thv logout`: forgets the login at a registry.

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::login::parse_registry;
use super::output::Report;

#[derive(Args)]
pub(super) struct Logout {
    /// The registry, such as registry.example.com or docker.io
    registry: String,
}

impl Logout {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let registry = parse_registry(&self.registry)?;
        let known = context.keychain.erase(&registry).await?;
        let (sentence, status) = if known {
            (format!("Logged out of {registry}"), "removed")
        } else {
            (format!("There was no login at {registry}"), "absent")
        };
        context.output.report(
            Report::new(sentence).field("registry", registry.to_string()).field("status", status),
        )
    }
}
