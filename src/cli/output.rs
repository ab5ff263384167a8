//! Standard output for results, standard error for messages.

use std::io::{self, IsTerminal as _, Write as _};

use serde_json::{Map, Value};

use super::failure::Failure;
use crate::printable::printable;

/// Prints results as text or as JSON.
pub(super) struct Output {
    json: bool,
}

/// One result: a sentence for people, and fields for both.
pub(super) struct Report {
    sentence: String,
    fields: Vec<(&'static str, Value)>,
}

impl Report {
    pub(super) fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), fields: Vec::new() }
    }

    pub(super) fn field(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.fields.push((name, value.into()));
        self
    }
}

impl Output {
    pub(super) const fn new(json: bool) -> Self {
        Self { json }
    }

    pub(super) const fn is_json(&self) -> bool {
        self.json
    }

    /// Whether standard output is a terminal on which colour is welcome.
    pub(super) fn has_colour(&self) -> bool {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        !self.json && io::stdout().is_terminal() && !unwanted
    }

    /// Prints a command's result.
    pub(super) fn report(&self, report: Report) -> Result<(), Failure> {
        let Report { sentence, fields } = report;
        if self.json {
            let object: Map<_, _> =
                fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            return line(&Value::Object(object).to_string());
        }
        line(&sentence)?;
        for (name, value) in fields {
            let shown = match value {
                Value::String(text) => text,
                other => other.to_string(),
            };
            line(&format!("  {:<11}{}", format!("{name}:"), printable(&shown)))?;
        }
        Ok(())
    }
}

/// One line on standard output. What it holds from elsewhere is [`printable`] already.
pub(super) fn line(text: &str) -> Result<(), Failure> {
    write_out(format!("{text}\n").as_bytes())
}

/// Bytes as they are on standard output.
pub(super) fn write_out(content: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(content).and_then(|()| stdout.flush()) {
        // A reader that has seen enough, such as `head`, is no failure.
        Err(why) if why.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Io { what: "writing to standard output".to_owned(), why })
        }
        _ => Ok(()),
    }
}

/// A message on standard error. Nobody can be told where that fails.
pub(super) fn message(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A failure on standard error, with what to do about it where that is known.
pub(super) fn report(failure: &Failure) {
    message(&format!("thv: {}", printable(&failure.to_string())));
    if let Some(hint) = failure.hint() {
        message(&format!("hint: {}", printable(&hint)));
    }
}
