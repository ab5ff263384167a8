//! What the user has to agree to, and whether it was agreed to before.

use std::collections::{HashMap, HashSet};

use super::error::RunError;
use super::fetch::{Origin, find_engine};
use super::image::ImageChoice;
use super::prepare::{Checked, Runner};
use crate::oci::auth::Secret;
use crate::oci::{Digest, Reference};
use crate::runconfig::{McpTransport, SecretReference};
use crate::state::{Agreement, Agreements, Stored};

/// Whether the user has agreed to a run.
#[derive(Debug)]
pub enum Consent {
    /// The user agreed before, or need not be asked: the configuration is from a file or was made for an
    /// image.
    Given(Box<Agreed>),
    /// The user has to be asked.
    Needed(Box<ConsentRequest>),
}

/// A run that the user agreed to.
#[derive(Debug)]
pub struct Agreed(pub(super) Checked);

/// A question to the user: what a configuration from a registry may touch.
#[derive(Debug)]
pub struct ConsentRequest {
    /// The reference of the configuration.
    pub reference: Reference,
    /// The digest of its manifest. It is missing for an image that is only on this machine.
    pub digest: Option<Digest>,
    /// Whether a stored run configuration of the same name is replaced.
    pub replaces: bool,
    checked: Checked,
    agreements: Agreements,
    summary: Vec<String>,
    warnings: Vec<String>,
    last: Option<Agreement>,
}

/// How a line differs from the last agreement about the same reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The user saw the same line, or never agreed before.
    Unchanged,
    /// The line is new.
    Added,
    /// The line is gone.
    Removed,
}

impl Checked {
    /// Finds out whether the user agreed to this run before. Only a configuration from a registry
    /// needs that, or an image where the user agreed to a configuration before. The agreement is about
    /// the manifest, the digest of the image, and every line that is shown.
    ///
    /// If the user has to be asked, the image is looked up at its registry, with one request.
    ///
    /// # Errors
    /// [`RunError::State`].
    pub async fn consent(mut self, agreements: &Agreements) -> Result<Consent, RunError> {
        let (reference, mut digest) = match &self.fetched.origin {
            Origin::Artifact(reference, digest) => (reference.clone(), Some(digest.clone())),
            Origin::Image(reference) if agreements.last_about(reference)?.is_some() => {
                (reference.clone(), None)
            }
            Origin::Image(_) | Origin::File(_) => {
                return Ok(Consent::Given(Box::new(Agreed(self))));
            }
        };
        if let Some(digest) = &digest
            && let Some(known) = agreements.about(digest)?
            && let Some(image) = known.image.as_ref().filter(|_| !self.fetched.request.pull)
        {
            self.image = ImageChoice::Pinned(image.clone());
            if known.shown == shown(&self.summary()) {
                return Ok(Consent::Given(Box::new(Agreed(self))));
            }
        }
        self.image = self.choose_image().await;
        if digest.is_none() {
            digest = self.image.digest().cloned();
        }
        let summary = self.summary();
        let known = match &digest {
            Some(digest) => agreements.about(digest)?,
            None => None,
        };
        if known.is_some_and(|known| known.shown == shown(&summary)) {
            return Ok(Consent::Given(Box::new(Agreed(self))));
        }
        let (last, agreements) = (agreements.last_about(&reference)?, agreements.clone());
        let replaces = matches!(self.stored, Stored::SameSource | Stored::Other);
        let ((summary, warnings), checked) = (summary, self);
        Ok(Consent::Needed(Box::new(ConsentRequest {
            reference,
            digest,
            replaces,
            checked,
            agreements,
            summary,
            warnings,
            last,
        })))
    }

    async fn choose_image(&self) -> ImageChoice {
        let (client, image) = (&self.fetched.client, &self.fetched.document.config().image);
        match &self.runner {
            Runner::Container(_, engine) => ImageChoice::of(client, Some(engine), image).await,
            Runner::ToolHive(_) => {
                let engine = find_engine(&self.fetched.request).ok();
                ImageChoice::of(client, engine.as_ref(), image).await
            }
        }
    }
}

/// Returns all lines of a summary, as an agreement keeps them.
fn shown((lines, warnings): &(Vec<String>, Vec<String>)) -> Vec<String> {
    let warnings = warnings.iter().map(|warning| format!("warning: {warning}"));
    lines.iter().cloned().chain(warnings).collect()
}

/// Returns the part of a line that says what it is about.
pub(crate) fn label(line: &str) -> &str {
    line.split_once(": ").map_or(line, |(label, _)| label)
}

impl ConsentRequest {
    /// Returns the time of the last agreement about this reference, UTC. Changes are those since then.
    #[must_use]
    pub fn last_agreed(&self) -> Option<&str> {
        self.last.as_ref().map(|last| last.agreed.as_str())
    }

    /// Returns the lines that the user has to see: what runs and what it may touch. A line that is gone
    /// comes before the lines of the same label. The warnings are not among them.
    #[must_use]
    pub fn lines(&self) -> Vec<(Change, &str)> {
        let known = self.last.as_ref().map_or(&self.summary, |last| &last.shown);
        let (before, now): (HashSet<_>, HashSet<_>) =
            (known.iter().collect(), self.summary.iter().collect());
        let mut gone: HashMap<&str, Vec<&str>> = HashMap::new();
        for line in known.iter().filter(|line| !now.contains(line)) {
            gone.entry(label(line)).or_default().push(line);
        }
        // Warnings are shown apart.
        gone.remove("warning");
        let mut lines = Vec::new();
        for line in &self.summary {
            let removed = gone.remove(label(line)).unwrap_or_default();
            lines.extend(removed.into_iter().map(|line| (Change::Removed, line)));
            let change = if before.contains(line) { Change::Unchanged } else { Change::Added };
            lines.push((change, line));
        }
        let rest =
            known.iter().filter(|line| gone.contains_key(label(line)) && !now.contains(line));
        lines.extend(rest.map(|line| (Change::Removed, line.as_str())));
        lines
    }

    /// Returns one sentence for each permission that gives this machine away. Show them last, where a long
    /// configuration cannot move them out of sight.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Records that the user saw these lines and agreed.
    ///
    /// # Errors
    /// [`RunError::State`].
    pub fn agree(self) -> Result<Agreed, RunError> {
        // Without a digest there is nothing that an agreement could be about.
        if let Some(digest) = &self.digest {
            let shown = shown(&(self.summary, self.warnings));
            let image = self.checked.image.digest();
            self.agreements.remember(&self.reference, digest, image, shown)?;
        }
        Ok(Agreed(self.checked))
    }
}

impl Agreed {
    /// Returns true for a stdio server in a container here, without `ToolHive`.
    pub(super) fn is_stdio(&self) -> bool {
        matches!(&self.0.runner, Runner::Container(run, _)
            if run.preview.transport == McpTransport::Stdio)
    }

    /// Returns the secrets that have no value yet. A run without them fails.
    #[must_use]
    pub fn missing_secrets(&self) -> &[SecretReference] {
        self.0.missing_secrets()
    }

    /// Takes the value of the secret `name`.
    pub fn supply(&mut self, name: &str, value: Secret) {
        if let Runner::Container(run, _) = &mut self.0.runner {
            run.secrets.supply(name, value);
        }
    }
}
