//! `thv tags`: lists the tags of a repository.

use clap::Args;
use serde_json::json;

use super::arguments::{parse_repository, repository_of};
use super::failure::Failure;
use super::options::Context;
use super::transfer::transfer;
use crate::oci::TagQuery;
use crate::oci::auth::Access;

#[derive(Args)]
pub(super) struct Tags {
    /// A repository, such as registry.example.com/configs/my-server
    repository: String,
    /// List at most NUMBER tags
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
}

impl Tags {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let reference = parse_repository(&self.repository)?;
        let name = repository_of(&reference);
        let repository =
            context.client.repository(reference.registry(), reference.repository(), Access::Pull);
        let query = TagQuery { limit: self.limit, ..TagQuery::default() };
        let doing = format!("listing the tags of {name}");
        let tags = transfer(context, &doing, repository.tags(&query)).await?;
        let tags = tags.map_err(Failure::Listing)?;
        if context.output.json {
            let tags: Vec<_> = tags.iter().map(ToString::to_string).collect();
            return context.output.line(&json!({ "repository": name, "tags": tags }).to_string());
        }
        tags.iter().try_for_each(|tag| context.output.line(tag.as_str()))
    }
}
