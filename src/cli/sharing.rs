//! Pushes a run configuration for `push` and `export`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;

use super::failure::Failure;
use super::options::Context;
use super::output::Report;
use super::transfer::transfer;
use crate::oci::{PushStatus, Reference};
use crate::runconfig::{Document, PushOptions, push, with_secret};
use crate::timestamp::Timestamp;

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
        let created = creation_time()?;
        let home = std::env::var("HOME").ok();
        let allowed = self.allow.clone();
        Ok(PushOptions { created: Some(created), home, allowed, ..PushOptions::default() })
    }
}

/// Returns the time in `SOURCE_DATE_EPOCH` if that is set, so that the same input makes the same
/// artifact; else the current time.
pub(super) fn creation_time() -> Result<SystemTime, Failure> {
    let epoch = std::env::var_os("SOURCE_DATE_EPOCH").unwrap_or_default();
    from_epoch(&epoch.to_string_lossy())
}

fn from_epoch(epoch: &str) -> Result<SystemTime, Failure> {
    if epoch.is_empty() {
        return Ok(SystemTime::now());
    }
    let seconds = epoch.parse().ok().filter(|seconds| Timestamp::from_unix(*seconds).is_some());
    seconds.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds)).ok_or_else(|| {
        let reason = "not a number of seconds since 1970";
        Failure::Usage(format!("SOURCE_DATE_EPOCH is {epoch:?}, {reason}"))
    })
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
        PushStatus::Unchanged => format!("{reference} already holds this run configuration"),
        _ => format!("{verb} {what} {reference}"),
    };
    let mut report = Report::new(sentence)
        .field("reference", reference.to_string())
        .field("digest", pushed.digest.to_string())
        .field("status", pushed.status.as_str());
    if let PushStatus::Replaced { before } = &pushed.status {
        report = report.field("before", before.to_string());
    }
    context.output.report(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epoch_is_used_if_it_is_set() {
        let epoch = from_epoch("1700000000").unwrap();
        assert_eq!(Timestamp::from(epoch).to_string(), "2023-11-14T22:13:20Z");
        assert!(from_epoch("").unwrap() > epoch);
        for bad in ["-1", "1.5", "soon", "253402300800"] {
            assert!(from_epoch(bad).is_err(), "{bad}");
        }
    }
}
