//! `thv push`: from a file or standard input to a registry.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::output::Report;
use super::transfer::transfer;
use crate::oci::{PushStatus, Reference};
use crate::printable::chain;
use crate::runconfig::{ConfigLocation, Document, MAX_SIZE, PushOptions, creation_time, push};

#[derive(Args)]
pub(super) struct Push {
    /// The run configuration's file; - reads standard input
    file: PathBuf,
    /// Where to push it, such as registry.example.com/configs/my-server:v1
    reference: String,
    #[command(flatten)]
    sharing: Sharing,
}

/// What may be shared of a configuration.
#[derive(Args)]
pub(super) struct Sharing {
    /// Share the environment variable VARIABLE as a reference to the secret NAME
    #[arg(long, value_name = "VARIABLE=NAME")]
    secret: Vec<String>,
    /// Share what stands at PATH although it looks like a secret or a private path
    #[arg(long, value_name = "PATH")]
    allow: Vec<String>,
}

impl Sharing {
    /// Returns true if any of these options was given.
    pub(super) const fn is_given(&self) -> bool {
        !self.secret.is_empty() || !self.allow.is_empty()
    }

    /// Returns `document` with each variable of `--secret` as a reference to a secret.
    pub(super) fn with_secrets(&self, document: Document) -> Result<Document, Failure> {
        self.secret.iter().try_fold(document, |document, given| {
            let (variable, name) = given.split_once('=').ok_or_else(|| {
                Failure::Usage("--secret takes VARIABLE=NAME: the value stays here".to_owned())
            })?;
            let changed = document.with_secret(variable, name);
            changed.map_err(|error| Failure::Usage(chain(&error)))
        })
    }

    /// Returns the options of a push.
    pub(super) fn push_options(&self) -> Result<PushOptions, Failure> {
        let mut options = PushOptions::default().created(creation_time().map_err(Failure::Usage)?);
        if let Ok(home) = std::env::var("HOME") {
            options = options.home(home);
        }
        Ok(self.allow.iter().fold(options, PushOptions::allow))
    }
}

impl Push {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        if Path::new(&self.reference).is_file() {
            let message = format!(
                "{:?} is a file; the file comes first, then where to push it",
                self.reference
            );
            return Err(Failure::Usage(message));
        }
        let reference = parse_reference(&self.reference)?;
        if names_something_else(&self.file) {
            return Err(Failure::NoFile(self.file));
        }
        let document = read_document(context, &self.file)?;
        let what = format!("{} to OCI registry", self.file.display());
        push_document(context, document, &self.sharing, &reference, ["Pushed", &what]).await
    }
}

/// Whether there is no file at `path`, and it reads as a workload's name or a reference.
fn names_something_else(path: &Path) -> bool {
    let text = path.to_str().unwrap_or("-");
    text != "-" && !matches!(ConfigLocation::parse(text), Ok(ConfigLocation::File(_)))
}

/// Whether an argument names a tag or digest, and so more than a repository.
pub(super) fn names_more_than_repository(text: &str) -> bool {
    text.rsplit('/').next().unwrap_or(text).contains([':', '@'])
}

/// Reads an argument that can only be a reference.
pub(super) fn parse_reference(text: &str) -> Result<Reference, Failure> {
    let reference = text.strip_prefix("oci://").unwrap_or(text);
    reference.parse().map_err(|error| {
        Failure::Location(crate::runconfig::InvalidLocation::Reference {
            text: text.to_owned(),
            error,
        })
    })
}

/// Reads a run configuration from a file, or from standard input for `-`.
pub(super) fn read_document(context: &Context, path: &Path) -> Result<Document, Failure> {
    if path == Path::new("-") && context.password_stdin {
        let message = "standard input cannot hold both the password and the configuration";
        return Err(Failure::Usage(message.to_owned()));
    }
    // One byte over the limit is enough for the document to refuse it.
    let limit = MAX_SIZE as u64 + 1;
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::file("reading", path, error))?;
    let source = if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    Document::parse(bytes).map_err(|error| Failure::Document { source, error })
}

/// Pushes a document and prints what came of it: `{verb} {what} {reference}`.
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
        PushStatus::Unchanged => format!("{reference} holds this run configuration already"),
    };
    context.output.report(
        Report::new(sentence)
            .field("reference", reference.to_string())
            .field("digest", pushed.digest.to_string())
            .field("status", pushed.status.as_str()),
    )
}
