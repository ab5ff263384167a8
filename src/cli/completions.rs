//! `thv completions`: prints a shell script that completes commands, options and their values.

use clap::{Args, Command, ValueEnum};
use clap_complete::Shell as Generator;

use super::failure::Failure;
use super::options::Context;

#[derive(Args)]
pub(super) struct Completions {
    /// The shell to make the script for
    shell: Shell,
}

#[derive(Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

impl Completions {
    pub(super) fn run(self, context: &Context, program: &mut Command) -> Result<(), Failure> {
        let generator = match self.shell {
            Shell::Bash => Generator::Bash,
            Shell::Zsh => Generator::Zsh,
            Shell::Fish => Generator::Fish,
            Shell::Powershell => Generator::PowerShell,
        };
        let mut script = Vec::new();
        clap_complete::generate(generator, program, "thv", &mut script);
        let script = String::from_utf8_lossy(&script);
        context.output.text("script", script.trim_end())
    }
}
