//! Standard output for results, standard error for messages.
//!
//! What is said and how is decided once, when the command line is read: messages come from
//! everywhere, failures that end the program too.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::OnceLock;

use clap::ValueEnum;
use serde_json::{Map, Value};

use super::failure::Failure;
use super::hint::hint;
use crate::printable::{chain, excerpt, printable};

/// The columns that text is made for.
pub(super) const WIDTH: usize = 80;

/// How messages are shown.
static MANNERS: OnceLock<Manners> = OnceLock::new();

/// What the command line says about output.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Manners {
    pub(super) colour: Colour,
    /// Whether notes and progress are left out.
    pub(super) quiet: bool,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    // No documentation: help would have a paragraph for each.
    #[default]
    Auto,
    Always,
    Never,
}

/// What stands out, and how.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tint {
    Heading,
    Added,
    Removed,
}

impl Manners {
    /// Decides for the whole process. The first decision stays.
    pub(super) fn decide(self) {
        let _ = MANNERS.set(self);
    }

    fn decided() -> Self {
        MANNERS.get().copied().unwrap_or_default()
    }
}

impl Colour {
    fn is_welcome(self, is_terminal: bool) -> bool {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => is_terminal && !is_set("NO_COLOR") && !is_dumb(),
        }
    }
}

impl Tint {
    fn paint(self, text: &str, welcome: bool) -> String {
        let code = match self {
            Self::Heading => "1",
            Self::Added => "32",
            Self::Removed => "31",
        };
        if welcome { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

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

    /// Whether colour is welcome on standard output.
    pub(super) fn has_colour(&self) -> bool {
        !self.json && Manners::decided().colour.is_welcome(io::stdout().is_terminal())
    }

    /// `text` as it stands out on standard output.
    pub(super) fn tinted(&self, tint: Tint, text: &str) -> String {
        tint.paint(text, self.has_colour())
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

    /// Prints text as it is, or the one field `name` that holds it.
    pub(super) fn text(&self, name: &str, text: &str) -> Result<(), Failure> {
        if self.json { line(&serde_json::json!({ name: text }).to_string()) } else { line(text) }
    }
}

/// At most `limit` characters of `text`, [`printable`], and how many more there are.
pub(super) fn cut(text: &str, limit: usize) -> String {
    let shown = excerpt(text, limit);
    match text.chars().count().saturating_sub(limit) {
        0 => shown,
        more => format!("{shown} ({more} more characters)"),
    }
}

/// The lines of `text` after a label, within [`WIDTH`] columns where its words allow. `text` is
/// [`printable`] already.
pub(super) fn labelled(label: &str, text: &str) -> Vec<String> {
    const COLUMN: usize = 15;
    let mut lines = Vec::new();
    let mut current = format!("  {:<width$}", format!("{label}:"), width = COLUMN - 2);
    let mut is_empty = true;
    for word in text.split(' ') {
        let length = current.chars().count() + usize::from(!is_empty) + word.chars().count();
        if !is_empty && length > WIDTH {
            lines.push(std::mem::replace(&mut current, " ".repeat(COLUMN)));
            is_empty = true;
        }
        if !is_empty {
            current.push(' ');
        }
        current.push_str(word);
        is_empty = false;
    }
    lines.push(current.trim_end().to_owned());
    lines
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
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Io { what: "writing to standard output".to_owned(), error })
        }
        _ => Ok(()),
    }
}

/// A message on standard error that has to be seen: a warning, a question, an error. Nobody can be
/// told where that fails.
pub(super) fn message(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A message on standard error that `--quiet` leaves out.
pub(super) fn note(text: &str) {
    if !Manners::decided().quiet {
        message(text);
    }
}

/// Whether progress is shown: to somebody who sits there, and did not ask for quiet.
pub(super) fn shows_progress() -> bool {
    io::stderr().is_terminal() && !Manners::decided().quiet
}

/// A failure on standard error: the command, what failed and why, and what to try next where that is
/// known. Each is one line, however long, which the terminal wraps: paths and URLs in it can be
/// copied, and programs that read logs see one message. Only what lists several things has a line for
/// each.
pub(super) fn report(command: &str, failure: &Failure) {
    let colour = Manners::decided().colour.is_welcome(io::stderr().is_terminal());
    let command = Tint::Removed.paint(&format!("{command}:"), colour);
    match failure.listed() {
        Some((what, each)) if each.len() > 1 => {
            message(&format!("{command} {what}:"));
            for one in each {
                message(&format!("  {}", printable(&one)));
            }
        }
        _ => message(&format!("{command} {}", printable(&chain(failure)))),
    }
    if let Some(hint) = hint(failure) {
        let label = Tint::Heading.paint("hint:", colour);
        message(&format!("{label} {}", printable(&hint)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labelled_text_wraps_between_words() {
        let words = "word ".repeat(30);
        let lines = labelled("arguments", words.trim());
        assert!(lines.len() == 3 && lines.iter().all(|line| line.len() <= WIDTH), "{lines:?}");
        assert!(lines[0].starts_with("  arguments:   word word"), "{lines:?}");
        assert!(lines[1].starts_with("               word word"), "{lines:?}");
        let long = "x".repeat(100);
        assert_eq!(labelled("a", &long), [format!("  a:           {long}")], "no word is cut");
        assert_eq!(labelled("a", ""), ["  a:"]);
    }

    #[test]
    fn colour_is_for_terminals_unless_it_is_asked_for() {
        assert!(Colour::Always.is_welcome(false));
        assert!(!Colour::Never.is_welcome(true));
        assert!(!Colour::Auto.is_welcome(false));
        assert_eq!(Tint::Added.paint("a", false), "a");
        assert_eq!(Tint::Added.paint("a", true), "\u{1b}[32ma\u{1b}[0m");
    }
}
