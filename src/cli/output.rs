//! Results on standard output, messages on standard error.
//!
//! All text passes through here and is made printable. Only the bytes of a result, such as a pulled
//! configuration, stay as they are, unless they are for a terminal.

use std::io::{self, IsTerminal as _, Write as _};

use clap::ColorChoice;
use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::hint::hint;
use crate::printable::{chain, has_steering, printable, printable_json};

/// Returns true if a stream gets colour. `Auto` follows <https://no-color.org>.
fn is_coloured(choice: ColorChoice, is_terminal: bool) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => is_terminal && !is_set("NO_COLOR") && !is_dumb(),
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Tint {
    Heading,
    Added,
    Removed,
    Redirected,
    Asked,
}

impl Tint {
    fn paint(self, text: &str, wanted: bool) -> String {
        let code = match self {
            Self::Heading => "1",
            Self::Added => "32",
            Self::Removed => "31",
            Self::Redirected => "36",
            Self::Asked => "33",
        };
        if wanted { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// One result: a sentence for people, and fields for people and scripts.
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

/// Prints results and messages, as the command line's options say.
#[derive(Clone, Copy)]
pub(super) struct Output {
    pub(super) json: bool,
    /// Print neither notes nor progress.
    pub(super) quiet: bool,
    pub(super) colour: ColorChoice,
}

impl Output {
    /// For messages before the options are known.
    pub(super) const PLAIN: Self = Self { json: false, quiet: false, colour: ColorChoice::Never };
}

#[expect(clippy::unused_self, reason = "everything that is printed goes through `Output`")]
impl Output {
    /// Prints one line on standard output, in colour if standard output is to have it.
    pub(super) fn tinted_line(self, tint: Tint, text: &str) -> Result<(), Failure> {
        if self.json {
            return self.line(text);
        }
        let has_colour = is_coloured(self.colour, io::stdout().is_terminal());
        self.print(&tint.paint(&printable(text), has_colour))
    }

    pub(super) fn report(self, report: Report) -> Result<(), Failure> {
        let Report { sentence, fields } = report;
        if self.json {
            let object: Map<_, _> =
                fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            return self.line(&Value::Object(object).to_string());
        }
        self.line(&sentence)?;
        for (name, value) in fields {
            let shown = match value {
                Value::String(text) => text,
                other => other.to_string(),
            };
            self.line(&format!("  {:<11}{shown}", format!("{name}:")))?;
        }
        Ok(())
    }

    /// Prints a text of several lines; with `--json`, an object with the text as its only field,
    /// `name`.
    pub(super) fn text(self, name: &str, text: &str) -> Result<(), Failure> {
        if self.json {
            return self.line(&json!({ name: text }).to_string());
        }
        text.lines().try_for_each(|line| self.line(line))
    }

    /// Prints one line on standard output; with `--json`, a JSON text of one or several lines.
    pub(super) fn line(self, text: &str) -> Result<(), Failure> {
        if !has_steering(text) {
            // Not copied: the text may be as long as several configurations.
            return self.write_parts(&[text.as_bytes(), b"\n"]);
        }
        self.print(&if self.json { printable_json(text) } else { printable(text).into() })
    }

    /// Writes bytes to standard output, unchanged unless it is a terminal. There, characters that could
    /// steer it are escaped as in JSON, so that a configuration is the same.
    pub(super) fn write(self, content: &[u8]) -> Result<(), Failure> {
        if io::stdout().is_terminal() {
            let text = String::from_utf8_lossy(content);
            return self.write_parts(&[printable_json(&text).as_bytes()]);
        }
        self.write_parts(&[content])
    }

    fn print(self, printable: &str) -> Result<(), Failure> {
        // Not joined: the text may be as long as several configurations.
        self.write_parts(&[printable.as_bytes(), b"\n"])
    }

    fn write_parts(self, parts: &[&[u8]]) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        let written = parts.iter().try_for_each(|part| stdout.write_all(part));
        match written.and_then(|()| stdout.flush()) {
            // A reader such as `head` may close the pipe early, which is no failure.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::Io { what: "writing to standard output".to_owned(), error })
            }
            _ => Ok(()),
        }
    }

    /// Prints a message of one line on standard error that `--quiet` does not suppress.
    pub(super) fn message(self, text: &str) {
        // A failure to write an error message cannot be reported anywhere.
        let _ = writeln!(io::stderr().lock(), "{}", printable(text));
    }

    /// Prints a message that begins with a coloured word.
    fn labelled_message(self, tint: Tint, label: &str, text: &str) {
        let has_colour = is_coloured(self.colour, io::stderr().is_terminal());
        let label = tint.paint(&printable(label), has_colour);
        let _ = writeln!(io::stderr().lock(), "{label} {}", printable(text));
    }

    /// Prints a message about a risk.
    pub(super) fn warn(self, warning: &str) {
        self.message(&format!("warning: {warning}"));
    }

    /// Prints a message on standard error, unless `--quiet` is given.
    pub(super) fn note(self, text: &str) {
        if !self.quiet {
            self.message(text);
        }
    }

    /// Returns true if progress is shown: only on a terminal, and not with `--quiet`.
    pub(super) fn shows_progress(self) -> bool {
        io::stderr().is_terminal() && !self.quiet
    }

    /// Prints a failure on standard error: the command, the error with its causes, and a hint if
    /// there is one.
    ///
    /// Error and hint are one line each, of any length, so that paths and URLs can be copied whole
    /// and a log has one message a line. Only a failure about several things has a line for each.
    pub(super) fn failure(self, command: &str, failure: &Failure) {
        let said = |text: &str| {
            self.labelled_message(Tint::Removed, &format!("{command}:"), text);
        };
        match failure.listed() {
            Some((what, items)) if items.len() > 1 => {
                said(&format!("{what}:"));
                for item in items {
                    self.message(&format!("  {item}"));
                }
            }
            _ => said(&chain(failure)),
        }
        if let Some(hint) = hint(failure) {
            self.labelled_message(Tint::Heading, "hint:", &hint);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_colour_needs_a_terminal() {
        assert!(is_coloured(ColorChoice::Always, false));
        assert!(!is_coloured(ColorChoice::Never, true));
        assert!(!is_coloured(ColorChoice::Auto, false));
        assert_eq!(Tint::Added.paint("a", false), "a");
        assert_eq!(Tint::Added.paint("a", true), "\u{1b}[32ma\u{1b}[0m");
    }
}
