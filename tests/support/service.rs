//! A `thv` command that serves: it prints its address and ends at a signal.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A running service. It ends with this value.
pub struct Service {
    pub address: SocketAddr,
    process: Child,
}

impl Service {
    /// Starts `command` with `--json`, and reads where it listens.
    pub fn start(mut command: Command) -> Self {
        let command = command.arg("--json").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let address = said["address"].as_str().unwrap().parse().unwrap();
        Self { address, process }
    }

    /// Asks it to end, as a service manager does, and returns what it wrote to standard error.
    pub fn stop(mut self) -> String {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let mut said = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(self.process.wait().unwrap().success(), "{said}");
        said
    }

    /// The most memory that it has taken so far, in bytes (Linux).
    pub fn peak_memory(&self) -> u64 {
        super::peak_memory(self.process.id())
    }

    pub fn reference(&self, rest: &str) -> String {
        format!("{}/{rest}", self.address)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
