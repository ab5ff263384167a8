//! The command line: reads arguments, calls the library, prints results.
//!
//! It has no logic that users of the library need too. Each command has a file, which imports
//! shared files and never another command's.

mod arguments;
mod completions;
mod demo;
mod destination;
mod diff;
mod exit_code;
mod export;
mod failure;
mod help;
mod hint;
mod import;
mod inspect;
mod layout;
mod list;
mod login;
mod options;
mod outcomes;
mod output;
mod prompt;
mod pull;
mod push;
mod registry;
mod run;
mod sharing;
mod signals;
mod source;
mod tags;
mod transfer;
mod wire;

use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use self::failure::Failure;
use self::options::Options;
use self::output::Output;
use crate::printable::has_steering;

#[derive(Parser)]
#[command(
    name = "thv",
    version,
    about = "Share ToolHive run configurations through any OCI registry",
    max_term_width = 100,
    disable_help_subcommand = true
)]
struct Arguments {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Export a workload from the state store to a file or an OCI registry
    Export(export::Export),
    /// Import a run configuration from a file or an OCI registry into the state store
    Import(import::Import),
    /// Push a run configuration file to an OCI registry
    Push(push::Push),
    /// Pull a run configuration from an OCI registry to a file or standard output
    Pull(pull::Pull),
    /// Show what a run configuration runs and what it may access
    Inspect(inspect::Inspect),
    /// Compare two run configurations; differences in permissions come first
    Diff(diff::Diff),
    /// List the run configurations in the state store
    List(list::List),
    /// List the tags of a repository
    Tags(tags::Tags),
    /// Run an MCP server from a run configuration or an image
    Run(Box<run::Run>),
    /// Log in to a registry and store the credential, for docker and podman too
    Login(login::Login),
    /// Remove the stored credential for a registry
    Logout(login::Logout),
    /// Show, check and convert transcripts, the records of registry traffic
    #[command(subcommand)]
    Wire(wire::Wire),
    /// Run the embedded development registry
    #[command(subcommand)]
    Registry(registry::Registry),
    /// Push and pull a sample through the embedded registry, and show each request
    Demo(demo::Demo),
    /// Print a shell script that completes commands and options
    Completions(completions::Completions),
    /// Show the help of a command, or explain exit-codes, auth or references
    Help(help::Help),
}

/// Returns the definition of the command line, with examples for every command. Man pages and
/// completions are made from it.
#[must_use]
pub fn command() -> clap::Command {
    help::with_examples(Arguments::command(), "thv")
}

/// Runs the program with the arguments and environment of the process.
#[must_use]
pub fn main() -> ExitCode {
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return misused(&error),
    };
    let mut arguments = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => return misused(&error),
    };
    arguments.options.ignore_empty_variable(matches.value_source("wire_log"));
    let output = arguments.options.output();
    let runtime = signals::watch()
        .and_then(|()| tokio::runtime::Builder::new_current_thread().enable_all().build());
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments, output)),
        Err(error) => Err(Failure::Io { what: "starting".to_owned(), error }),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&name(&matches), &failure);
            failure.exit_code()
        }
    }
}

/// Prints help, or an error about the arguments.
///
/// The error repeats them. The library for arguments would print them as they are.
fn misused(error: &clap::Error) -> ExitCode {
    if !std::env::args_os().any(|argument| has_steering(&argument.to_string_lossy())) {
        error.exit();
    }
    for line in error.render().to_string().lines() {
        Output::PLAIN.message(line);
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Returns the command that was given, such as `thv wire show`.
fn name(matches: &ArgMatches) -> String {
    let mut name = "thv".to_owned();
    let mut matches = matches;
    while let Some((below, further)) = matches.subcommand() {
        name = format!("{name} {below}");
        matches = further;
    }
    name
}

async fn run(arguments: Arguments, output: Output) -> Result<(), Failure> {
    let context = {
        let logging_in = matches!(arguments.command, Command::Login(_));
        arguments.options.context(output, logging_in)?
    };
    match arguments.command {
        Command::Export(command) => command.run(&context).await,
        Command::Import(command) => command.run(&context).await,
        Command::Push(command) => command.run(&context).await,
        Command::Pull(command) => command.run(&context).await,
        Command::Inspect(command) => command.run(&context).await,
        Command::Diff(command) => command.run(&context).await,
        Command::List(command) => command.run(&context).await,
        Command::Tags(command) => command.run(&context).await,
        Command::Run(command) => command.run(&context).await,
        Command::Login(command) => command.run(&context).await,
        Command::Logout(command) => command.run(&context).await,
        Command::Wire(command) => command.run(&context).await,
        Command::Registry(command) => command.run(&context).await,
        Command::Demo(command) => command.run(&context).await,
        Command::Completions(completions) => completions.run(&context, &mut command()),
        Command::Help(help) => help.run(&context, &mut command()),
    }
}
