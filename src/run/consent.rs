//! What the user has to agree to, and whether it was agreed to before.

use std::collections::HashSet;

use super::error::RunError;
use super::fetch::Origin;
use super::prepare::{Checked, Runner};
use crate::oci::auth::Secret;
use crate::oci::{Digest, Reference};
use crate::runconfig::{McpTransport, SecretReference};
use crate::state::{Agreement, Agreements};

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
    /// The digest of its manifest.
    pub digest: Digest,
    checked: Checked,
    agreements: Agreements,
    summary: Vec<String>,
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
    /// needs that, and the agreement is about its manifest and every line of its summary.
    ///
    /// # Errors
    /// [`RunError::State`].
    pub fn consent(self, agreements: &Agreements) -> Result<Consent, RunError> {
        if let Origin::Artifact(reference, digest) = &self.fetched.origin {
            let (reference, digest, summary) = (reference.clone(), digest.clone(), self.summary());
            if !agreements.contains(&digest, &summary)? {
                let (last, agreements) = (agreements.last_about(&reference)?, agreements.clone());
                let checked = self;
                let request =
                    ConsentRequest { reference, digest, checked, agreements, summary, last };
                return Ok(Consent::Needed(Box::new(request)));
            }
        }
        Ok(Consent::Given(Box::new(Agreed(self))))
    }
}

impl ConsentRequest {
    /// Returns the time of the last agreement about this reference, UTC. Changes are those since then.
    #[must_use]
    pub fn last_agreed(&self) -> Option<&str> {
        self.last.as_ref().map(|last| last.agreed.as_str())
    }

    /// Returns the lines that the user has to see: what runs and what it may touch. Lines that are
    /// gone come first.
    #[must_use]
    pub fn lines(&self) -> Vec<(Change, &str)> {
        let known = self.last.as_ref().map_or(&self.summary, |last| &last.shown);
        // A hostile configuration has many lines, so that each is looked up in a set.
        let [shown_before, shown_now] =
            [known, &self.summary].map(|lines| lines.iter().collect::<HashSet<_>>());
        let removed = known.iter().filter(|line| !shown_now.contains(line));
        let current = self.summary.iter().map(|line| {
            let change =
                if shown_before.contains(line) { Change::Unchanged } else { Change::Added };
            (change, line.as_str())
        });
        removed.map(|line| (Change::Removed, line.as_str())).chain(current).collect()
    }

    /// Records that the user saw these lines and agreed.
    ///
    /// # Errors
    /// [`RunError::State`].
    pub fn agree(self) -> Result<Agreed, RunError> {
        self.agreements.remember(&self.reference, &self.digest, self.summary)?;
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
