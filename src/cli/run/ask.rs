//! What the user is asked before something runs: consent, and secrets.

use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;

use crate::cli::failure::Failure;
use crate::cli::layout::cut;
use crate::cli::output::Output;
use crate::cli::prompt;
use crate::engine::PlanError;
use crate::oci::auth::Secret;
use crate::oci::{Digest, Reference};
use crate::printable::{excerpt, printable};
use crate::runconfig::SecretReference;
use crate::state::Agreements;

/// The largest secret, in bytes.
const SECRET_LIMIT: u64 = 64 * 1024;
/// The most characters of one line that are shown.
const LINE_LIMIT: usize = 1000;

/// Whether somebody is there to be asked.
fn is_somebody_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Fails where a secret is missing that nobody can be asked for.
pub(super) fn refuse_without_secrets(missing: &[SecretReference]) -> Result<(), Failure> {
    match missing.first() {
        Some(secret) if !is_somebody_there() => {
            Err(PlanError::MissingSecret(secret.name.clone()).into())
        }
        _ => Ok(()),
    }
}

/// Asks for a secret, without showing it.
pub(super) fn secret(secret: &SecretReference) -> Result<Secret, Failure> {
    let question = format!("Secret {} (for {}): ", secret.name, secret.target);
    let value = prompt::hidden(&printable(&question))?;
    if value.expose().is_empty() {
        return Err(PlanError::MissingSecret(secret.name.clone()).into());
    }
    Ok(value)
}

/// Reads a secret from a file; one line break at its end is not part of it.
pub(super) fn secret_file(path: &Path) -> Result<Secret, Failure> {
    let mut text = zeroize::Zeroizing::new(String::new());
    let file = std::fs::File::open(path);
    // One byte over the limit is enough to refuse it.
    let length = file
        .and_then(|file| file.take(SECRET_LIMIT + 1).read_to_string(&mut text))
        .map_err(|error| Failure::file("reading", path, error))?;
    if length as u64 > SECRET_LIMIT {
        let message = format!("{} has more than {SECRET_LIMIT} bytes", path.display());
        return Err(Failure::Usage(message));
    }
    let text = text.strip_suffix('\n').map_or(&text[..], |t| t.strip_suffix('\r').unwrap_or(t));
    if text.is_empty() {
        return Err(Failure::Usage(format!("{} holds no secret", path.display())));
    }
    Ok(Secret::new(text.to_owned()))
}

/// Goes on only where the user agreed, now or before, to what this manifest asks for.
pub(super) fn agreement(
    output: Output,
    reference: &Reference,
    digest: &Digest,
    shown: Vec<String>,
    yes: bool,
) -> Result<(), Failure> {
    let agreements = Agreements::from_environment()?;
    if agreements.contains(digest, &shown)? {
        return Ok(());
    }
    output.message(&format!("{reference} wants to run:"));
    output.message(&format!("  digest: {digest}"));
    let line = |mark: &str, text: &str| {
        // What was not seen cannot be agreed to.
        let is_cut = text.chars().nth(LINE_LIMIT).is_some();
        let see = if is_cut { ": `thv inspect` shows them" } else { "" };
        output.message(&format!("{mark} {}{see}", cut(text, LINE_LIMIT)));
    };
    match agreements.last_about(reference)? {
        None => shown.iter().for_each(|text| line(" ", text)),
        Some(last) => {
            output.message(&format!("  (+ and - are changes since {})", excerpt(&last.agreed, 40)));
            let gone = last.shown.iter().filter(|text| !shown.contains(text));
            gone.for_each(|text| line("-", text));
            for text in &shown {
                line(if last.shown.contains(text) { " " } else { "+" }, text);
            }
        }
    }
    if !yes && !ask()? {
        return Err(Failure::NotAgreed);
    }
    agreements.remember(reference, digest, shown).map_err(Into::into)
}

fn ask() -> Result<bool, Failure> {
    if !is_somebody_there() {
        return Ok(false);
    }
    let answer = prompt::shown("Run it? [y/N] ")?;
    Ok(matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"))
}
