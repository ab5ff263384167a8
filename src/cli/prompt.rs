//! Asks for passwords and answers on the terminal, or reads a password from standard input.
//!
//! On Unix, Ctrl-C is read as a character here and raises no signal, so that the command ends with a
//! message. Other signals end the process, which restores the terminal first.

use std::io::{self, Read as _, Write as _};
#[cfg(unix)]
use std::sync::{Mutex, PoisonError};

use super::failure::Failure;
use crate::oci::auth::Secret;

const LIMIT: usize = 64 * 1024;

/// Asks a question and reads one line without echo. Fails with [`Failure::Interrupted`] at Ctrl-C, or
/// at Ctrl-D if nothing was typed.
pub(super) fn hidden(question: &str) -> Result<Secret, Failure> {
    ask_hidden(question).map_err(failure)
}

/// Asks a question and returns one line, without white space around it. Fails as [`hidden`] does.
pub(super) fn shown(question: &str) -> Result<String, Failure> {
    let answer = ask_shown(question).map_err(failure)?;
    Ok(answer.trim().to_owned())
}

/// Reads a password from standard input. Line breaks at its end are not part of it.
pub(super) fn read_password() -> Result<Secret, Failure> {
    let mut text = String::new();
    let read = io::stdin().lock().take(LIMIT as u64).read_to_string(&mut text);
    read.map_err(|error| Failure::Io { what: "reading the password".to_owned(), error })?;
    let length = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(length);
    if text.is_empty() {
        return Err(Failure::usage("the password on standard input is empty"));
    }
    Ok(Secret::new(text))
}

fn failure(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::Interrupted => Failure::Interrupted,
        _ => Failure::Io { what: "asking on the terminal".to_owned(), error },
    }
}

#[cfg(not(unix))]
fn ask_hidden(question: &str) -> io::Result<Secret> {
    rpassword::prompt_password(question).map(Secret::new)
}

#[cfg(not(unix))]
fn ask_shown(question: &str) -> io::Result<String> {
    let mut stderr = io::stderr().lock();
    stderr.write_all(question.as_bytes()).and_then(|()| stderr.flush())?;
    let mut answer = String::new();
    match io::stdin().read_line(&mut answer)? {
        0 => Err(io::ErrorKind::Interrupted.into()),
        _ => Ok(answer),
    }
}

#[cfg(unix)]
fn ask_hidden(question: &str) -> io::Result<Secret> {
    const CONTROL_D: u8 = 4;
    const BACKSPACE: u8 = 8;
    const CONTROL_U: u8 = 21;
    const DELETE: u8 = 127;

    let (mut terminal, changed) = Changed::open(true)?;
    terminal.write_all(question.as_bytes())?;
    let mut typed = zeroize::Zeroizing::new(Vec::with_capacity(256));
    let mut byte = [0];
    let done = loop {
        if terminal.read(&mut byte)? == 0 {
            break false;
        }
        match byte[0] {
            b'\n' | b'\r' => break true,
            CONTROL_C => break false,
            CONTROL_D if typed.is_empty() => break false,
            CONTROL_U => typed.clear(),
            BACKSPACE | DELETE => erase(&mut typed),
            _ if typed.len() >= LIMIT => {}
            byte => typed.push(byte),
        }
    };
    drop(changed);
    terminal.write_all(b"\n")?;
    if !done {
        return Err(io::ErrorKind::Interrupted.into());
    }
    let text = std::str::from_utf8(&typed).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(Secret::new(text.to_owned()))
}

#[cfg(unix)]
fn ask_shown(question: &str) -> io::Result<String> {
    let (mut terminal, changed) = Changed::open(false)?;
    terminal.write_all(question.as_bytes())?;
    // The terminal delivers one line at a time, and no line is longer than this.
    let mut line = vec![0; 4096];
    let size = terminal.read(&mut line)?;
    line.truncate(size);
    drop(changed);
    match line.last() {
        None | Some(&CONTROL_C) => {
            terminal.write_all(b"\n")?;
            Err(io::ErrorKind::Interrupted.into())
        }
        Some(_) => String::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData.into()),
    }
}

#[cfg(unix)]
const CONTROL_C: u8 = 3;

/// Removes the last character: its first byte and the continuation bytes.
#[cfg(unix)]
fn erase(typed: &mut Vec<u8>) {
    while let Some(byte) = typed.pop() {
        if byte & 0xc0 != 0x80 {
            return;
        }
    }
}

/// A terminal that raises no signals. Dropping this value restores its settings.
#[cfg(unix)]
struct Changed;

/// The terminal of [`Changed`], and its settings before.
#[cfg(unix)]
static BEFORE: Mutex<Option<(std::fs::File, rustix::termios::Termios)>> = Mutex::new(None);

/// Restores the terminal's settings if a prompt changed them. A process that ends in the middle of a
/// prompt calls this first.
#[cfg(unix)]
pub(super) fn restore() {
    use rustix::termios::OptionalActions;
    if let Some((terminal, before)) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // A failure can be neither reported nor repaired here.
        let _ = rustix::termios::tcsetattr(&terminal, OptionalActions::Now, &before);
    }
}

#[cfg(not(unix))]
pub(super) const fn restore() {}

#[cfg(unix)]
impl Changed {
    /// Opens the terminal of the process. It reads an answer byte by byte without echo if `is_hidden`,
    /// and otherwise as a line with echo that can be edited, which Ctrl-C ends.
    fn open(is_hidden: bool) -> io::Result<(std::fs::File, Self)> {
        use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex};
        let terminal = std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        let before = rustix::termios::tcgetattr(&terminal)?;
        let mut wanted = before.clone();
        wanted.local_modes &= !(LocalModes::ISIG | LocalModes::IEXTEN);
        if is_hidden {
            wanted.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON);
            wanted.special_codes[SpecialCodeIndex::VMIN] = 1;
            wanted.special_codes[SpecialCodeIndex::VTIME] = 0;
        } else {
            wanted.local_modes |= LocalModes::ECHO | LocalModes::ICANON;
            wanted.special_codes[SpecialCodeIndex::VEOL] = CONTROL_C;
        }
        let kept = (terminal.try_clone()?, before);
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        let changed = Self;
        rustix::termios::tcsetattr(&terminal, OptionalActions::Flush, &wanted)?;
        Ok((terminal, changed))
    }
}

#[cfg(unix)]
impl Drop for Changed {
    fn drop(&mut self) {
        restore();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn erasing_removes_all_bytes_of_a_character() {
        let mut typed = "aé€".as_bytes().to_vec();
        for left in ["aé", "a", "", ""] {
            erase(&mut typed);
            assert_eq!(typed, left.as_bytes());
        }
    }
}
