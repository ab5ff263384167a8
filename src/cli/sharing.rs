//! Pushes a run configuration for `push` and `export`.

use clap::Args;

use super::failure::Failure;
use super::options::Context;
use super::output::Report;
use super::transfer::transfer;
use crate::oci::{PushStatus, Reference};
use crate::runconfig::{Document, PushOptions, creation_time, push, with_secret};

#[derive(Args)]
pub(super) struct Sharing {
    /// Replace the value of the environment variable VARIABLE with a reference to the secret NAME
    #[arg(long, value_name = "VARIABLE=NAME")]
    secret: Vec<String>,
    /// Push the value at PATH although it looks like a secret or a private path
    #[arg(long, value_name = "PATH")]
    allow: Vec<String>,
}

impl Sharing {
    pub(super) const fn is_given(&self) -> bool {
        !self.secret.is_empty() || !self.allow.is_empty()
    }

    /// Returns `document` with each variable of `--secret` as a reference to a secret.
    pub(super) fn with_secrets(&self, document: Document) -> Result<Document, Failure> {
        self.secret.iter().try_fold(document, |document, given| {
            let (variable, name) = given
                .split_once('=')
                .ok_or_else(|| Failure::usage("--secret takes VARIABLE=NAME, not the value"))?;
            with_secret(&document, variable, name).map_err(Failure::misused)
        })
    }

    pub(super) fn push_options(&self) -> Result<PushOptions, Failure> {
        let created = creation_time().map_err(Failure::misused)?;
        let home = std::env::var("HOME").ok();
        let allowed = self.allow.clone();
        Ok(PushOptions { created: Some(created), home, allowed, ..PushOptions::default() })
    }
}

/// Pushes a document and prints the result: `{verb} {what} {reference}`.
pub(super) async fn push_document(
    context: &Context,
    document: Document,
    sharing: &Sharing,
    reference: &Reference,
    [verb, what]: [&str; 2],
) -> Result<(), Failure> {
    let document = sharing.with_secrets(document)?;
    let options = sharing.push_options()?;
    let doing = format!("pushing {reference}");
    let work = Box::pin(push(&context.client, reference, &document, &options));
    let pushed = transfer(context, &doing, work).await??;
    let sentence = match pushed.status {
        PushStatus::Pushed => format!("{verb} {what} {reference}"),
        PushStatus::Unchanged => format!("{reference} already holds this run configuration"),
    };
    context.output.report(
        Report::new(sentence)
            .field("reference", reference.to_string())
            .field("digest", pushed.digest.to_string())
            .field("status", pushed.status.as_str()),
    )
}
