//! Pushes a run configuration for `push` and `export`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use serde_json::{Value, json};

use super::failure::Failure;
use super::options::Context;
use super::output::Report;
use super::transfer::transfer;
use crate::oci::{PushStatus, Pushed, Reference};
use crate::printable::printable;
use crate::runconfig::{Document, Lint, PushOptions, lints, push, with_secret};
use crate::timestamp::Timestamp;

#[derive(Args)]
pub(super) struct Sharing {
    /// Replace the value of the environment variable VARIABLE with a reference to the secret NAME
    #[arg(long, value_name = "VARIABLE=NAME")]
    secret: Vec<String>,
    /// Push the value at PATH although it looks like a secret or a private path, or names a local image
    #[arg(long, value_name = "PATH")]
    allow: Vec<String>,
    /// Say what would be refused, sent and replaced, and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
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
        let dry_run = self.dry_run;
        Ok(PushOptions { created: Some(created), home, allowed, dry_run, ..PushOptions::default() })
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

/// Returns `Pushed` or such a word as it begins a sentence: in a dry run, nothing was done.
pub(super) fn done(verb: &str, dry_run: bool) -> String {
    if dry_run { format!("Dry run, not {}:", verb.to_lowercase()) } else { verb.to_owned() }
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
    note_lints(context, "", lints(&document));
    let doing = if options.dry_run { "asking about" } else { "pushing" };
    let work = Box::pin(push(&context.client, reference, &document, &options));
    let pushed = transfer(context, &format!("{doing} {reference}"), work).await??;
    let sentence = match pushed.status {
        PushStatus::Unchanged => format!("{reference} already holds this run configuration"),
        _ => format!("{} {what} {reference}", done(verb, options.dry_run)),
    };
    let mut report = Report::new(sentence);
    for (name, value) in fields_of(context, reference, &pushed, options.dry_run) {
        report = report.field(name, value);
    }
    if options.dry_run && context.output.json {
        report = report.field("dry_run", true);
    }
    context.output.report(report)
}

/// Says what keeps others from using a configuration; `about` stands in front.
pub(super) fn note_lints(context: &Context, about: &str, lints: Vec<Lint>) {
    for lint in lints {
        context.output.note(&printable(&format!("note: {about}{lint}")));
    }
}

/// Returns what is printed about a push or a dry run; as JSON a part more.
pub(super) fn fields_of(
    context: &Context,
    reference: &Reference,
    pushed: &Pushed,
    dry_run: bool,
) -> Vec<(&'static str, Value)> {
    let mut fields = vec![("reference", json!(reference.to_string()))];
    // The manifest has the time at which it is made: a later push has another digest.
    if !dry_run || pushed.status == PushStatus::Unchanged {
        fields.push(("digest", json!(pushed.digest.to_string())));
    }
    fields.push(("status", json!(pushed.status.as_str())));
    if let PushStatus::Replaced { before } = &pushed.status {
        fields.push(("before", json!(before.to_string())));
    }
    if dry_run {
        if pushed.is_tag_hidden {
            context.output.note(&format!(
                "note: the registry does not let this login read {reference}; only the push itself \
                 shows whether it may write there"
            ));
        }
        fields.push(("sends", sends(pushed, context.output.json)));
    }
    fields
}

/// Returns what a push would send, as JSON or in words.
fn sends(pushed: &Pushed, as_json: bool) -> Value {
    let bytes: u64 = pushed.sent.iter().map(|sent| sent.size).sum();
    let blobs = pushed.sent.split_last().map(|(_, blobs)| blobs).unwrap_or_default();
    if as_json {
        let blobs: Vec<_> = blobs.iter().map(|blob| blob.digest.to_string()).collect();
        return json!({ "blobs": blobs, "bytes": bytes });
    }
    let blobs = match blobs.len() {
        _ if pushed.sent.is_empty() => return json!("nothing"),
        0 => "the manifest".to_owned(),
        1 => "a blob and the manifest".to_owned(),
        count => format!("{count} blobs and the manifest"),
    };
    json!(format!("{blobs}, {bytes} bytes"))
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
