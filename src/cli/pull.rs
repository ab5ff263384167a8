//! `thv pull`: from a registry to a file or standard output.

use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::output::Report;
use super::push::parse_reference;
use super::transfer::transfer;
use crate::atomic_file;
use crate::oci::auth::Access;
use crate::oci::{Digest, ErrorKind, Reference, Tag, TagOrDigest, TagQuery};
use crate::runconfig::{PullError, Pulled, pull};

/// How many tags are asked for where one is not there, and how many are shown.
const TAGS_ASKED: usize = 1000;
const TAGS_SHOWN: usize = 5;

#[derive(Args)]
pub(super) struct Pull {
    /// What to pull, such as registry.example.com/configs/my-server:v1 or …@sha256:…
    reference: String,
    /// The file to write or to replace; without it, standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Pull {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let reference = parse_reference(&self.reference)?;
        if context.output.is_json() && self.output.is_none() {
            let message = "--json describes what was pulled; name a file for it with -o".to_owned();
            return Err(Failure::Usage(message));
        }
        let pulled = from_registry(context, &reference).await?;
        let bytes = pulled.document.bytes();
        let Some(path) = self.output else {
            return context.output.write(bytes);
        };
        atomic_file::write_with_parents(&path, bytes)
            .map_err(|error| Failure::file("writing", &path, error))?;
        context.output.report(
            Report::new(format!("Pulled {reference} to file {}", path.display()))
                .field("reference", reference.to_string())
                .field("digest", pulled.manifest.descriptor.digest.to_string())
                .field("file", path.display().to_string())
                .field("layer", Digest::sha256(bytes).to_string())
                .field("status", "written"),
        )
    }
}

/// Pulls `reference`, and says so where it takes long.
pub(super) async fn from_registry(
    context: &Context,
    reference: &Reference,
) -> Result<Pulled, Failure> {
    let work = Box::pin(pull(&context.client, reference));
    match transfer(context, &format!("pulling {reference}"), work).await? {
        Ok(pulled) => Ok(pulled),
        Err(error) => Err(pull_failure(context, reference, error).await),
    }
}

/// The failure to pull `reference`. Where there is no such tag, it names some that there are.
pub(super) async fn pull_failure(
    context: &Context,
    reference: &Reference,
    error: PullError,
) -> Failure {
    let others = match (&error, reference.target()) {
        (PullError::Registry(refused), TagOrDigest::Tag(tag)) if is_no_such_tag(refused.kind()) => {
            Box::pin(similar_tags(context, reference, &tag)).await
        }
        _ => Vec::new(),
    };
    Failure::Pull { reference: reference.to_string(), error, others }
}

/// Whether a registry says, in the specification's own words, that there is no such manifest: of one
/// that answers otherwise nothing more is asked.
fn is_no_such_tag(error: &ErrorKind) -> bool {
    matches!(error, ErrorKind::NotFound(refusal) if refusal.has_code("MANIFEST_UNKNOWN"))
}

/// The repository's tags that begin most like `tag`; none where they cannot be listed, for the
/// failure is that there is no such tag.
async fn similar_tags(context: &Context, reference: &Reference, tag: &Tag) -> Vec<Tag> {
    let repository =
        context.client.repository(reference.registry(), reference.repository(), Access::Pull);
    let query = TagQuery::default().limit(TAGS_ASKED);
    let doing = format!("listing the tags of {}", reference.repository());
    let listed = transfer(context, &doing, repository.tags(&query)).await;
    let mut tags = listed.ok().and_then(Result::ok).unwrap_or_default();
    let alike = |other: &Tag| {
        other.as_str().bytes().zip(tag.as_str().bytes()).take_while(|(a, b)| a == b).count()
    };
    tags.sort_by_key(|other| std::cmp::Reverse(alike(other)));
    tags.truncate(TAGS_SHOWN);
    tags
}
