//! A terminal for a program that wants one: `script` of util-linux makes it.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::User;

/// A shell command on a terminal of its own. It ends with this value.
pub struct Terminal {
    process: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    /// Everything that was shown so far.
    shown: Vec<u8>,
}

impl Terminal {
    /// Starts `command`, in which `thv` is the program.
    pub fn start(user: &User, command: &str, variables: &[(&str, &str)]) -> Self {
        let command = command.replace("thv", env!("CARGO_BIN_EXE_thv"));
        let mut process: Command = user.command_of("script");
        process
            .args(["--quiet", "--return", "--command", &command, "/dev/null"])
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh")
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = process.spawn().unwrap();
        let (keys, screen) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Self { process, keys, screen, shown: Vec::new() }
    }

    /// Waits until `text` is shown, and returns everything that was shown so far.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) -> String {
        self.wait_for_after(0, text);
        String::from_utf8_lossy(&self.shown).into_owned()
    }

    /// Waits until `text` is shown after all that was shown so far.
    #[track_caller]
    pub fn wait_for_more(&mut self, text: &str) {
        self.wait_for_after(self.shown.len(), text);
    }

    #[track_caller]
    fn wait_for_after(&mut self, start: usize, text: &str) {
        let mut buffer = [0; 1024];
        while !String::from_utf8_lossy(&self.shown[start..]).contains(text) {
            let size = self.screen.read(&mut buffer).unwrap();
            let shown = String::from_utf8_lossy(&self.shown);
            assert!(size > 0, "{text:?} was never shown: {shown}");
            self.shown.extend(&buffer[..size]);
        }
    }

    /// Types `keys`.
    pub fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for the end, and returns everything that was shown, and the exit code.
    pub fn end(mut self) -> (String, i32) {
        self.screen.read_to_end(&mut self.shown).unwrap();
        let code = self.process.wait().unwrap().code().unwrap();
        (String::from_utf8_lossy(&self.shown).into_owned(), code)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
