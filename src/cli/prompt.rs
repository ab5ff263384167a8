//! Asks for what must not be shown while it is typed, and leaves the terminal as it was.
//!
//! On Unix the terminal is read byte by byte, so that Ctrl-C is read too instead of ending the
//! process while nothing is echoed.

use super::failure::Failure;
use crate::oci::auth::Secret;

/// The longest answer, in bytes.
#[cfg(unix)]
const LIMIT: usize = 64 * 1024;

/// Asks on the terminal and reads one line without showing it.
///
/// # Errors
/// [`Failure::Interrupted`] at Ctrl-C, or at Ctrl-D where nothing was typed.
pub(super) fn hidden(question: &str) -> Result<Secret, Failure> {
    let asked = ask(question);
    asked.map_err(|why| match why.kind() {
        std::io::ErrorKind::Interrupted => Failure::Interrupted,
        _ => Failure::Io { what: "asking on the terminal".to_owned(), why },
    })
}

#[cfg(not(unix))]
fn ask(question: &str) -> std::io::Result<Secret> {
    rpassword::prompt_password(question).map(Secret::new)
}

#[cfg(unix)]
fn ask(question: &str) -> std::io::Result<Secret> {
    use std::io::{Read as _, Write as _};
    let mut terminal = std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    let unechoed = Unechoed::new(terminal.try_clone()?)?;
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
    drop(unechoed);
    terminal.write_all(b"\n")?;
    if !done {
        return Err(std::io::ErrorKind::Interrupted.into());
    }
    let text = std::str::from_utf8(&typed).map_err(|_| std::io::ErrorKind::InvalidData)?;
    Ok(Secret::new(text.to_owned()))
}

#[cfg(unix)]
const CONTROL_C: u8 = 3;
#[cfg(unix)]
const CONTROL_D: u8 = 4;
#[cfg(unix)]
const BACKSPACE: u8 = 8;
#[cfg(unix)]
const CONTROL_U: u8 = 21;
#[cfg(unix)]
const DELETE: u8 = 127;

/// Takes the last character away: its first byte, and the bytes that continue it.
#[cfg(unix)]
fn erase(typed: &mut Vec<u8>) {
    while let Some(byte) = typed.pop() {
        if byte & 0xc0 != 0x80 {
            return;
        }
    }
}

/// A terminal that echoes nothing and raises no signals. It is as it was when this is dropped.
#[cfg(unix)]
struct Unechoed {
    terminal: std::fs::File,
    before: rustix::termios::Termios,
}

#[cfg(unix)]
impl Unechoed {
    fn new(terminal: std::fs::File) -> std::io::Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex};
        let before = rustix::termios::tcgetattr(&terminal)?;
        let mut unechoed = before.clone();
        unechoed.local_modes &=
            !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG | LocalModes::IEXTEN);
        unechoed.special_codes[SpecialCodeIndex::VMIN] = 1;
        unechoed.special_codes[SpecialCodeIndex::VTIME] = 0;
        rustix::termios::tcsetattr(&terminal, OptionalActions::Flush, &unechoed)?;
        Ok(Self { terminal, before })
    }
}

#[cfg(unix)]
impl Drop for Unechoed {
    fn drop(&mut self) {
        use rustix::termios::OptionalActions;
        // Nobody can be told, and nothing else can be tried.
        let _ = rustix::termios::tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_erased_with_all_its_bytes() {
        let mut typed = "aé€".as_bytes().to_vec();
        for left in ["aé", "a", "", ""] {
            erase(&mut typed);
            assert_eq!(typed, left.as_bytes());
        }
    }
}
