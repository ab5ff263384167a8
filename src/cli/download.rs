//! Pulls a run configuration for a command, and explains why that failed.

use super::failure::Failure;
use super::options::Context;
use super::transfer::transfer;
use crate::oci::auth::Access;
use crate::oci::{ErrorCode, ErrorKind, Reference, Tag, TagOrDigest};
use crate::runconfig::{PullError, Pulled, pull};

const SUGGESTIONS: usize = 5;

pub(super) async fn download(context: &Context, reference: &Reference) -> Result<Pulled, Failure> {
    let work = Box::pin(pull(&context.client, reference));
    match transfer(context, &format!("pulling {reference}"), work).await? {
        Ok(pulled) => Ok(pulled),
        Err(error) => Err(pull_failure(context, reference, error).await),
    }
}

/// Returns the failure to pull `reference`. If the tag does not exist, the failure names similar tags.
pub(super) async fn pull_failure(
    context: &Context,
    reference: &Reference,
    error: PullError,
) -> Failure {
    let suggestions = match (&error, reference.target()) {
        (PullError::Registry(error), TagOrDigest::Tag(tag)) if is_no_such_tag(error.kind()) => {
            Box::pin(similar_tags(context, reference, &tag)).await
        }
        _ => Vec::new(),
    };
    Failure::Pull { reference: Box::new(reference.clone()), error, suggestions }
}

/// Returns true if the registry sent the specification's error code for a manifest that does not
/// exist. After a 404 without it the tags are not asked for: the repository may not exist either.
fn is_no_such_tag(error: &ErrorKind) -> bool {
    matches!(error, ErrorKind::NotFound(response) if response.has_code(&ErrorCode::ManifestUnknown))
}

/// Returns tags of the repository that are similar to `tag`; none if they cannot be listed, because
/// only the missing tag is worth an error.
async fn similar_tags(context: &Context, reference: &Reference, tag: &Tag) -> Vec<Tag> {
    let (registry, name) = (reference.registry(), reference.repository());
    let repository = context.client.repository(registry, name, Access::Pull);
    let doing = format!("listing the tags of {name}");
    let work = Box::pin(repository.similar_tags(tag, SUGGESTIONS));
    let listed = transfer(context, &doing, work).await;
    listed.ok().and_then(Result::ok).unwrap_or_default()
}
