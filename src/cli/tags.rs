//! `thv tags`: what a repository holds.

use clap::Args;
use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use super::push::names_more_than_repository;
use super::transfer::transfer;
use crate::oci::auth::Access;
use crate::oci::{Reference, TagQuery};
use crate::runconfig::InvalidLocation;

#[derive(Args)]
pub(super) struct Tags {
    /// A repository, such as registry.example.com/configs/my-server
    repository: String,
    /// List at most so many
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
}

impl Tags {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let text = self.repository.strip_prefix("oci://").unwrap_or(&self.repository);
        let reference: Reference = text.parse().map_err(|error| {
            Failure::Location(InvalidLocation::Reference { text: text.to_owned(), error })
        })?;
        if names_more_than_repository(text) {
            let message = "tags are listed of a repository: leave out the tag or digest";
            return Err(Failure::Usage(message.to_owned()));
        }
        let repository =
            context.client.repository(reference.registry(), reference.repository(), Access::Pull);
        let query = TagQuery { limit: self.limit, ..TagQuery::default() };
        let doing = format!("listing the tags of {text}");
        let tags = transfer(context, &doing, repository.tags(&query)).await?;
        let tags = tags.map_err(Failure::Listing)?;
        if context.output.is_json() {
            let name = format!("{}/{}", reference.registry(), reference.repository());
            let tags: Vec<_> = tags.iter().map(ToString::to_string).collect();
            return context.output.line(&json!({ "repository": name, "tags": tags }).to_string());
        }
        tags.iter().try_for_each(|tag| context.output.line(tag.as_str()))
    }
}
