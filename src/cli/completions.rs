//! `thv completions`: prints a shell script that completes commands, options and their values.

use clap::{Args, Command};
use clap_complete::Shell;

use super::failure::Failure;
use super::options::Context;

#[derive(Args)]
pub(super) struct Completions {
    /// The shell to make the script for
    #[arg(value_parser = ["bash", "zsh", "fish", "powershell"])]
    shell: String,
}

impl Completions {
    pub(super) fn run(self, context: &Context, program: &mut Command) -> Result<(), Failure> {
        let shell: Shell = self.shell.parse().map_err(Failure::Usage)?;
        let mut script = Vec::new();
        clap_complete::generate(shell, program, "thv", &mut script);
        let script = String::from_utf8_lossy(&script);
        context.output.text("script", script.trim_end())
    }
}
