//! Asks for passwords and answers on the terminal, or reads a password from standard input.
//!
//! On Unix, Ctrl-C, Ctrl-Z and Ctrl-\ are read as characters here. A signal would end or suspend the process
//! while the terminal does not echo, or have no effect where the program already watches for signals.

use std::io::{self, Read as _, Write as _};
#[cfg(unix)]
use std::sync::{Mutex, PoisonError};

#[cfg(unix)]
use rustix::process::Signal;
#[cfg(unix)]
use rustix::termios::{self, LocalModes, OptionalActions, SpecialCodeIndex, Termios};
#[cfg(unix)]
use zeroize::Zeroizing;

use super::failure::Failure;
use crate::oci::auth::Secret;
use crate::printable::printable;

/// The longest answer, in bytes.
const LIMIT: usize = 64 * 1024;

/// Asks a question and reads one line without echo. Fails with [`Failure::Interrupted`] at Ctrl-C, or
/// at Ctrl-D if nothing was typed.
pub(super) fn hidden(question: &str) -> Result<Secret, Failure> {
    ask_hidden(&printable(question)).map_err(failure)
}

/// Asks a question and returns one line, without white space around it. Fails as [`hidden`] does.
pub(super) fn shown(question: &str) -> Result<String, Failure> {
    let answer = ask_shown(&printable(question)).map_err(failure)?;
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
    ask(question, false)
}

#[cfg(unix)]
fn ask_shown(question: &str) -> io::Result<String> {
    Ok(ask(question, true)?.expose().to_owned())
}

/// Asks until the user has answered with a line.
///
/// After Ctrl-Z the terminal is as it was before, until the process continues. Then the question is asked
/// anew, and nothing that was typed before counts.
#[cfg(unix)]
fn ask(question: &str, is_shown: bool) -> io::Result<Secret> {
    loop {
        let mut terminal = Terminal::open()?;
        terminal.show(question)?;
        let mut typed = Zeroizing::new(Vec::with_capacity(LIMIT));
        let end = terminal.read_line(&mut typed, is_shown)?;
        terminal.show("\n")?;
        drop(terminal);
        match end {
            End::Line => {
                let text = std::str::from_utf8(&typed).map_err(|_| io::ErrorKind::InvalidData)?;
                return Ok(Secret::new(text.to_owned()));
            }
            End::Interrupt => return Err(io::ErrorKind::Interrupted.into()),
            End::Signal(signal) => {
                drop(typed);
                rustix::process::kill_current_process_group(signal)?;
            }
        }
    }
}

/// What ends an answer.
#[cfg(unix)]
enum End {
    Line,
    Interrupt,
    /// Suspends or ends the processes of this command, if they do not ignore it.
    Signal(rustix::process::Signal),
}

/// Removes the last character: its first byte and the continuation bytes. Returns false if there is none.
#[cfg(unix)]
fn erase(typed: &mut Vec<u8>) -> bool {
    while let Some(byte) = typed.pop() {
        if byte & 0xc0 != 0x80 {
            return true;
        }
    }
    false
}

/// A terminal that neither echoes nor raises signals, and delivers each character at once. Dropping it
/// restores the settings.
#[cfg(unix)]
struct Terminal {
    file: std::fs::File,
    before: Termios,
}

/// The terminal of a prompt, and its settings before.
#[cfg(unix)]
static BEFORE: Mutex<Option<(std::fs::File, Termios)>> = Mutex::new(None);

/// Restores the terminal's settings if a prompt changed them. A process that ends in the middle of a
/// prompt calls this first.
#[cfg(unix)]
pub(super) fn restore() {
    if let Some((terminal, before)) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // A failure can be neither reported nor repaired here.
        let _ = termios::tcsetattr(&terminal, OptionalActions::Now, &before);
    }
}

#[cfg(not(unix))]
pub(super) const fn restore() {}

#[cfg(unix)]
impl Terminal {
    /// Opens the terminal of the process. What was typed before and not read is discarded.
    fn open() -> io::Result<Self> {
        let file = std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        let before = termios::tcgetattr(&file)?;
        let mut wanted = before.clone();
        wanted.local_modes &=
            !(LocalModes::ISIG | LocalModes::IEXTEN | LocalModes::ECHO | LocalModes::ICANON);
        wanted.special_codes[SpecialCodeIndex::VMIN] = 1;
        wanted.special_codes[SpecialCodeIndex::VTIME] = 0;
        let kept = (file.try_clone()?, before.clone());
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        let terminal = Self { file, before };
        termios::tcsetattr(&terminal.file, OptionalActions::Flush, &wanted)?;
        Ok(terminal)
    }

    fn show(&mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())
    }

    fn read_line(&mut self, typed: &mut Vec<u8>, is_shown: bool) -> io::Result<End> {
        const CONTROL_C: u8 = 3;
        const CONTROL_D: u8 = 4;
        const BACKSPACE: u8 = 8;
        const CONTROL_U: u8 = 21;
        const DELETE: u8 = 127;

        let mut byte = [0];
        loop {
            if self.file.read(&mut byte)? == 0 {
                return Ok(End::Interrupt);
            }
            let byte = byte[0];
            match byte {
                b'\n' | b'\r' => return Ok(End::Line),
                CONTROL_C => return Ok(End::Interrupt),
                CONTROL_D if typed.is_empty() => return Ok(End::Interrupt),
                _ if self.is_key(SpecialCodeIndex::VSUSP, byte) => {
                    return Ok(End::Signal(Signal::TSTP));
                }
                _ if self.is_key(SpecialCodeIndex::VQUIT, byte) => {
                    return Ok(End::Signal(Signal::QUIT));
                }
                CONTROL_U => {
                    while erase(typed) {
                        self.show(if is_shown { ERASED } else { "" })?;
                    }
                }
                BACKSPACE | DELETE => {
                    if erase(typed) && is_shown {
                        self.show(ERASED)?;
                    }
                }
                // The buffer never grows: that would leave a copy of a password in memory.
                _ if typed.len() >= LIMIT => {}
                _ if is_shown && byte.is_ascii_control() => {}
                _ => {
                    typed.push(byte);
                    if is_shown {
                        self.file.write_all(&[byte])?;
                    }
                }
            }
        }
    }

    /// Returns true if `byte` is the key that the user's settings give this meaning.
    fn is_key(&self, meaning: SpecialCodeIndex, byte: u8) -> bool {
        // Either of these says that there is no such key, depending on the system.
        !matches!(byte, 0 | 0xff) && self.before.special_codes[meaning] == byte
    }
}

/// Removes a character from the screen.
#[cfg(unix)]
const ERASED: &str = "\u{8} \u{8}";

#[cfg(unix)]
impl Drop for Terminal {
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
