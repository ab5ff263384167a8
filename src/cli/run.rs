//! `thv run`: from a reference to a running MCP server. It reads options, prints and asks; the run
//! itself is in [`crate::run`].

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::arguments::{STANDARD, parse_reference};
use super::failure::Failure;
use super::layout::cut;
use super::options::Context;
use super::output::{Output, Report};
use super::prompt;
use super::signals::Serving;
use super::source::{pull_failure, read_document};
use super::transfer::transfer;
use crate::engine::{EngineKind, Lifetime, PlanError};
use crate::oci::auth::Secret;
use crate::printable::{excerpt, printable, quoted};
use crate::run::{
    Agreed, Change, Checked, Consent, ConsentRequest, EngineChoice, Fetched, Note, ProcessSignals,
    RunError, RunObserver, RunOutcome, RunRequest, Server, Started, fetch, label,
};
use crate::runconfig::{ImageOptions, McpTransport, PullError, SecretReference, WorkloadName};
use crate::state::{Agreements, StateStore};

/// The most characters of a line that are shown.
const LINE_LIMIT: usize = 1000;
const LABEL_LIMIT: usize = 40;
/// The most lines that are shown of one label, such as `environment`.
const LINES_OF_A_LABEL: usize = 12;

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Run {
    /// A run configuration or an image: a file, - for standard input, or a reference such as
    /// registry.example.com/configs/my-server:v1
    #[arg(required_unless_present = "from_config")]
    source: Option<String>,
    /// Run the configuration of a file or a reference; refuse an image
    #[arg(long, value_name = "FILE|REF", conflicts_with = "source")]
    from_config: Option<String>,
    /// Run it as the workload NAME
    #[arg(long)]
    name: Option<WorkloadName>,
    /// The container engine; toolhive is the program that `THV_TOOLHIVE` names
    #[arg(long, value_enum, env = "THV_ENGINE")]
    engine: Option<WantedEngine>,
    /// Agree to what a configuration from a registry may access
    #[arg(long)]
    yes: bool,
    /// Replace a stored configuration or a container that came from another source
    #[arg(long)]
    force: bool,
    /// Look the image up at its registry again, and ask again if its tag has moved
    #[arg(long)]
    pull: bool,
    /// Run without FIELD, which is not supported here
    #[arg(long, value_name = "FIELD")]
    allow_unsupported: Vec<String>,
    /// The value of a secret, as NAME=@FILE; for an image also NAME,target=VARIABLE
    #[arg(long, value_name = "SECRET")]
    secret: Vec<String>,
    /// Publish an HTTP server at this port; fail if the port is taken
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Leave an HTTP server running in the background
    #[arg(long)]
    detach: bool,
    /// Print the engine's command and run nothing
    #[arg(long = "dry-run")]
    only_show: bool,
    #[command(flatten)]
    image: Image,
}

/// Options for an image. A run configuration contains these settings itself.
#[derive(Args)]
struct Image {
    /// For an image: the transport of its server
    #[arg(long, value_name = "TRANSPORT")]
    transport: Option<McpTransport>,
    /// For an image: the port at which its server listens
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    target_port: Option<u16>,
    /// For an image: an environment variable, as NAME=VALUE, or as NAME to copy its value from the
    /// environment of thv
    #[arg(long, short, value_name = "VARIABLE")]
    env: Vec<String>,
    /// For an image: a mount, as HOST:CONTAINER[:ro]
    #[arg(long, short, value_name = "VOLUME")]
    volume: Vec<String>,
    /// For an image: the network access of its server
    #[arg(long, value_enum)]
    permission_profile: Option<Profile>,
    /// For an image: arguments for its entry point
    #[arg(last = true)]
    arguments: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum WantedEngine {
    Podman,
    Docker,
    Toolhive,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Profile {
    /// No network
    None,
    /// Every destination
    Network,
}

impl Run {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (only_show, yes) = (self.only_show, self.yes);
        let notes = Notes(context.output);
        let mut request = self.request()?;
        if request.source == STANDARD {
            request.document = Some(read_document(context, Path::new(STANDARD))?);
        }
        if only_show && request.engine == EngineChoice::ToolHive {
            let text = "--dry-run cannot be used with --engine toolhive, which passes the \
                        configuration to ToolHive unchanged";
            return Err(Failure::Usage(text.to_owned()));
        }
        let reads_standard_input = request.document.is_some();
        if !reads_standard_input {
            refuse_workload(&request.source)?;
        }
        let fetched = fetched(context, request).await?;
        let is_stdio = fetched.document().config().transport.get() == Ok(&McpTransport::Stdio);
        if reads_standard_input && is_stdio && !only_show {
            return Err(Failure::usage(
                "standard input holds the configuration, and this stdio server needs it too; name \
                 a file for the configuration",
            ));
        }
        let prepared = fetched.prepare(&notes)?;
        if only_show {
            let command = prepared.command_line(&notes).unwrap_or_default();
            return context.output.text("command", &printable(&command));
        }
        let store = StateStore::from_environment()?;
        let checked = prepared.check(&store, &notes).await?;
        let mut agreed = agreed(context, checked, yes).await?;
        while let Some(secret) = agreed.missing_secrets().first() {
            let (name, value) = (secret.name.clone(), ask_secret(secret)?);
            agreed.supply(&name, value);
        }
        start(context, &store, agreed, is_stdio).await
    }

    fn request(self) -> Result<RunRequest, Failure> {
        let (of_image, files): (Vec<_>, Vec<_>) =
            self.secret.into_iter().partition(|secret| secret.contains(",target="));
        let usage = "--secret takes NAME=@FILE: others can see a value on the command line";
        let file = |text: String| match text.split_once("=@") {
            Some((name, file)) => Ok((name.to_owned(), PathBuf::from(file))),
            None => Err(Failure::usage(usage)),
        };
        Ok(RunRequest {
            only_configuration: self.from_config.is_some(),
            source: self.from_config.or(self.source).unwrap_or_default(),
            document: None,
            name: self.name,
            engine: match self.engine {
                None => EngineChoice::Installed,
                Some(WantedEngine::Podman) => EngineChoice::Only(EngineKind::Podman),
                Some(WantedEngine::Docker) => EngineChoice::Only(EngineKind::Docker),
                Some(WantedEngine::Toolhive) => EngineChoice::ToolHive,
            },
            allowed: self.allow_unsupported,
            secret_files: files.into_iter().map(file).collect::<Result<_, _>>()?,
            force: self.force,
            pull: self.pull,
            port: self.port,
            lifetime: if self.detach { Lifetime::Detached } else { Lifetime::Attached },
            image: ImageOptions {
                transport: self.image.transport,
                target_port: self.image.target_port,
                environment: environment(&self.image.env)?,
                volumes: self.image.volume,
                secrets: of_image,
                network: self.image.permission_profile.map(|profile| profile != Profile::None),
                arguments: self.image.arguments,
            },
        })
    }
}

/// Refuses the bare name of a stored workload, with what to type instead: as an image or a file it would
/// be something else.
fn refuse_workload(source: &str) -> Result<(), Failure> {
    let Ok(name) = source.parse::<WorkloadName>() else { return Ok(()) };
    let store = StateStore::from_environment()?;
    if Path::new(source).exists() || store.load(&name).is_err() {
        return Ok(());
    }
    let file = store.path_of(&name);
    Err(Failure::Usage(format!(
        "{name} is a stored workload; `thv run {}` runs it here, and ToolHive's own `thv restart \
         {name}` there",
        quoted(&file.display().to_string())
    )))
}

fn environment(given: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let variable = |text: &String| match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => match std::env::var(text) {
            Ok(value) => Ok((text.clone(), value)),
            Err(_) => Err(Failure::Usage(format!("the environment has no variable {text:?}"))),
        },
    };
    given.iter().map(variable).collect()
}

async fn fetched(context: &Context, request: RunRequest) -> Result<Fetched, Failure> {
    let source = request.source.clone();
    let doing = format!("looking for {source}");
    let work = Box::pin(fetch(&context.client, request));
    match transfer(context, &doing, work).await? {
        Err(RunError::Pull(error @ PullError::Registry(_))) => {
            Err(pull_failure(context, &parse_reference(&source)?, error).await)
        }
        other => Ok(other?),
    }
}

/// Shows what the configuration may access, and asks, if the user has not agreed to it before.
async fn agreed(context: &Context, checked: Checked, yes: bool) -> Result<Agreed, Failure> {
    // A missing secret ends the run in any case, so it is reported before the question.
    if let Some(secret) = checked.missing_secrets().first().filter(|_| !can_ask()) {
        return Err(RunError::from(PlanError::MissingSecret(secret.name.clone())).into());
    }
    let agreements = Agreements::from_environment()?;
    let work = Box::pin(checked.consent(&agreements));
    match transfer(context, "looking up the image", work).await?? {
        Consent::Given(agreed) => Ok(*agreed),
        Consent::Needed(request) => {
            show(context.output, &request);
            match yes || ask_consent()? {
                true => Ok(request.agree()?),
                false if can_ask() => Err(Failure::NotAgreed),
                false => Err(Failure::NotAsked),
            }
        }
    }
}

fn show(output: Output, request: &ConsentRequest) {
    output.message(&format!("{} wants to run:", request.reference));
    if let Some(digest) = &request.digest {
        output.message(&format!("  digest: {digest}"));
    }
    if let Some(time) = request.last_agreed() {
        output.message(&format!("  (+ and - are changes since {})", excerpt(time, 40)));
    }
    let (mut group, mut count, mut hidden) = ((Change::Unchanged, ""), 0, 0);
    for (change, text) in request.lines() {
        let label = label(text);
        if group != (change, label) {
            show_rest(output, group, count);
            (group, count) = ((change, label), 0);
        }
        count += 1;
        if count > limit(label) {
            hidden += 1;
            continue;
        }
        // The user has to be able to see all of what is agreed to.
        let is_cut = text.chars().nth(LINE_LIMIT).is_some();
        let rest = if is_cut { ": `thv inspect` shows them" } else { "" };
        output.message(&format!("{} {}{rest}", mark(change), cut(text, LINE_LIMIT)));
    }
    show_rest(output, group, count);
    if request.replaces {
        output.message("  It replaces the stored run configuration of the same name.");
    }
    if hidden > 0 {
        output.warn(&format!("{hidden} lines are not shown; `thv inspect` shows them"));
    }
    for warning in request.warnings() {
        output.warn(&cut(warning, LINE_LIMIT));
    }
}

/// Returns how many lines of a label are shown. The known fields are few, and names of secrets leave.
fn limit(label: &str) -> usize {
    match label {
        "field" | "secrets" | "also" => LINES_OF_A_LABEL * 10,
        _ => LINES_OF_A_LABEL,
    }
}

const fn mark(change: Change) -> char {
    match change {
        Change::Unchanged => ' ',
        Change::Added => '+',
        Change::Removed => '-',
    }
}

/// Says how many lines of a label are not shown.
fn show_rest(output: Output, (change, label): (Change, &str), count: usize) {
    if let Some(more @ 1..) = count.checked_sub(limit(label)) {
        let label = cut(label, LABEL_LIMIT);
        let text = format!("{} {label}: … and {more} more; `thv inspect` shows them", mark(change));
        output.message(&text);
    }
}

fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn ask_consent() -> Result<bool, Failure> {
    if !can_ask() {
        return Ok(false);
    }
    let answer = prompt::shown("Run it? [y/N] ")?;
    Ok(matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn ask_secret(secret: &SecretReference) -> Result<Secret, Failure> {
    let question = format!("Secret {} (for {}): ", secret.name, secret.target);
    let value = prompt::hidden(&printable(&question))?;
    if value.expose().is_empty() {
        return Err(RunError::from(PlanError::MissingSecret(secret.name.clone())).into());
    }
    Ok(value)
}

/// Runs the server until it ends; a detached server until it answers.
async fn start(
    context: &Context,
    store: &StateStore,
    agreed: Agreed,
    is_stdio: bool,
) -> Result<(), Failure> {
    let notes = Notes(context.output);
    let mut signals = ProcessSignals::catch(&agreed)
        .map_err(|error| Failure::Io { what: "watching for signals".to_owned(), error })?;
    let _serving = Serving::new(is_stdio);
    let outcome = match agreed.start(store, &mut signals, &notes).await? {
        Started::Over(outcome) => outcome,
        Started::Serving(server) => {
            if let Err(failure) = report(context, &server) {
                server.remove().await?;
                return Err(failure);
            }
            server.wait(&mut signals, &notes).await?
        }
    };
    match outcome {
        RunOutcome::Exited(status) if !status.success() => Err(Failure::Ended(status.code())),
        _ => Ok(()),
    }
}

fn report(context: &Context, server: &Server) -> Result<(), Failure> {
    let (engine, name, url) = (server.engine().as_str(), &*server.name, server.url.as_str());
    let mut report = Report::new(format!("{name} answers at {url}, with no proxy in between"))
        .field("name", name)
        .field("url", url)
        .field("engine", engine);
    if server.is_detached() {
        report = report
            .field("follow", format!("{engine} logs --follow {name}"))
            .field("stop", format!("{engine} rm --force {name}"));
    }
    context.output.report(report)
}

struct Notes(Output);

impl RunObserver for Notes {
    fn note(&self, note: Note<'_>) {
        match note {
            Note::LocalImage(_) | Note::Waiting(_) | Note::Stopping => {
                self.0.message(&note.to_string());
            }
            _ => self.0.note(&note.to_string()),
        }
    }
}
