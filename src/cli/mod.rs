//! The command line: reads arguments, calls the library, prints.
//!
//! Nothing is done here that a user of the library would miss.

mod demo;
mod export;
mod failure;
mod import;
mod inspect;
mod list;
mod output;
mod pull;
mod push;
mod registry;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};

use self::failure::Failure;
use self::output::Output;
use crate::oci::Client;
use crate::oci::auth::Keychain;
use crate::wire::{JsonLinesRecorder, Recorder, Settings};

#[derive(Parser)]
#[command(
    name = "thv",
    version,
    about = "Share ToolHive run configurations through any OCI registry",
    max_term_width = 100,
    after_help = failure::EXIT_CODES
)]
struct Arguments {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Options {
    /// Print one JSON object instead of text; messages go to standard error
    #[arg(long, global = true)]
    json: bool,
    /// Append every HTTP exchange to FILE, one JSON object a line, without credentials
    #[arg(long, global = true, value_name = "FILE", env = "THV_WIRE_LOG", hide_env_values = true)]
    wire_log: Option<OsString>,
    /// Speak plain http to any registry, not only to loopback addresses
    #[arg(long, global = true)]
    plain_http: bool,
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
    /// Show the manifest and the run configuration behind a reference
    Inspect(inspect::Inspect),
    /// List the run configurations in the state store
    List(list::List),
    /// The embedded development registry
    #[command(subcommand)]
    Registry(registry::Registry),
    /// Show a round trip through the embedded registry; nothing outside is touched
    Demo(demo::Demo),
}

/// What every command works with.
struct Context {
    output: Output,
    client: Client,
}

impl Context {
    fn new(options: &Options) -> Result<Self, Failure> {
        // An empty variable is one that is not set.
        let wire_log = options.wire_log.as_deref().filter(|path| !path.is_empty());
        let recorder = wire_log.map(Path::new).map(open_transcript).transpose()?;
        let user_agent = concat!("thv/", env!("CARGO_PKG_VERSION")).to_owned();
        let settings = Settings { user_agent, recorder, ..Settings::default() };
        Ok(Self {
            output: Output::new(options.json),
            client: Client::builder(settings)
                .keychain(Keychain::from_environment())
                .plain_http(options.plain_http)
                .build(),
        })
    }
}

fn open_transcript(path: &Path) -> Result<Arc<dyn Recorder>, Failure> {
    match JsonLinesRecorder::append_to(path) {
        Ok(recorder) => Ok(Arc::new(recorder)),
        Err(why) => Err(Failure::file("opening the transcript", path, why)),
    }
}

/// Runs the program with the process's arguments and environment.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(why) => Err(Failure::Io { what: "starting".to_owned(), why }),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::report(&failure);
            failure.exit_code()
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let context = Context::new(&arguments.options)?;
    match arguments.command {
        Command::Export(command) => command.run(&context).await,
        Command::Import(command) => command.run(&context).await,
        Command::Push(command) => command.run(&context).await,
        Command::Pull(command) => command.run(&context).await,
        Command::Inspect(command) => command.run(&context).await,
        Command::List(command) => command.run(&context),
        Command::Registry(command) => command.run(&context).await,
        Command::Demo(command) => command.run(&context).await,
    }
}
