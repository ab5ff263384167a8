//! `thv run`: from a reference to a running MCP server.

mod ask;
mod find;
mod launch;
mod port;
mod signals;
mod toolhive;

use std::collections::BTreeMap;
use std::path::Path;

use clap::{Args, ValueEnum};

use self::find::Found;
use super::context::Context;
use super::failure::Failure;
use super::output::Output;
use crate::engine::{
    Engine, EngineError, EngineKind, Lifetime, Plan, PlanError, PlanOptions, declared, hides_files,
    unsupported,
};
use crate::oci::auth::Secret;
use crate::printable::printable;
use crate::runconfig::{Declared, McpTransport, RunConfig, SecretReference, WorkloadName};
use crate::state::{Overwrite, Saved, StateStore};

#[derive(Args)]
pub(super) struct Run {
    /// A run configuration or an image: a file, or a reference such as
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
    image: ImageOptions,
}

/// What a run configuration contains and an image does not.
#[derive(Args, Default)]
struct ImageOptions {
    /// For an image: the transport of its server
    #[arg(long, value_name = "TRANSPORT")]
    transport: Option<McpTransport>,
    /// For an image: the port at which its server listens
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    target_port: Option<u16>,
    /// For an image: an environment variable, as NAME=VALUE, or as NAME to take its value from here
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

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
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
        if self.engine == Some(WantedEngine::Toolhive) {
            return self.run_with_toolhive(context).await;
        }
        let found = self.find(context).await?;
        let config = found.document.config();
        let working_dir = std::env::current_dir().map_err(|error| Failure::Io {
            what: "reading the working directory".to_owned(),
            error,
        })?;
        self.refuse_unsupported(&found, config, &working_dir)?;
        self.refuse_what_does_not_apply(config, found.is_image())?;
        let mut options = PlanOptions {
            secrets: self.known_secrets(&config.secrets)?,
            working_dir: Some(&working_dir),
            without_isolation: self.allows("isolate_network"),
            port: self.choose_port(config)?,
        };
        let missing: Vec<_> = references(&config.secrets)?
            .into_iter()
            .filter(|secret| !options.secrets.contains_key(&secret.name))
            .collect();
        let preview = Plan::new(config, &with_placeholders(&options, &missing))?;
        if self.only_show {
            let engine = self.find_engine().map_or("podman", |engine| engine.kind().as_str());
            let command = preview.command_line(engine, self.lifetime());
            self.note_other_port(context, config, options.port);
            note_what_to_set(context.output, &preview);
            return context.output.text("command", &printable(&command));
        }
        if let Some(source) = preview.missing_source() {
            return Err(PlanError::MissingSource(source.to_owned()).into());
        }
        let engine = self.find_engine()?;
        engine.check(&preview).await?;
        self.note_other_port(context, config, options.port);
        ask::refuse_without_secrets(&missing)?;
        let summary = preview.summary(&config.secrets);
        let shown = summary.iter().map(|(label, text)| format!("{label}: {text}")).collect();
        self.agree(context, &found, shown)?;
        engine.make_room(&preview).await?;
        for secret in missing {
            let value = ask::secret(&secret)?;
            options.secrets.insert(secret.name, value);
        }
        let plan = Plan::new(config, &options)?;
        if !found.is_local {
            engine.provide_image(&plan.image, |text| context.output.note(text)).await?;
        }
        save(context.output, &found)?;
        match plan.transport {
            McpTransport::Stdio => launch::attached(&engine, &plan).await,
            _ => launch::http(context, &engine, &plan, self.lifetime()).await,
        }
    }

    async fn run_with_toolhive(&self, context: &Context) -> Result<(), Failure> {
        let program = toolhive::program()?;
        let found = self.find(context).await?;
        self.refuse_for_toolhive(found.is_image())?;
        let shown = declared(&found.document);
        self.agree(
            context,
            &found,
            shown.iter().map(|(label, text)| format!("{label}: {text}")).collect(),
        )?;
        toolhive::hand_over(program, &found.document).await
    }

    /// Refuses options that this configuration gives no meaning.
    fn refuse_what_does_not_apply(
        &self,
        config: &RunConfig,
        is_image: bool,
    ) -> Result<(), Failure> {
        let is_stdio = config.transport.value() == Some(&McpTransport::Stdio);
        let message = if self.detach && is_stdio {
            "--detach is for HTTP: a stdio server lives as long as its client"
        } else if self.port.is_some() && is_stdio && !is_image {
            "--port is for HTTP: a stdio server has no port"
        } else if self.port.is_some() && config.shares_host_network() {
            "--port: this server shares this machine's network and listens at its target_port"
        } else {
            return Ok(());
        };
        Err(Failure::Usage(message.to_owned()))
    }

    const fn lifetime(&self) -> Lifetime {
        if self.detach { Lifetime::Detached } else { Lifetime::Attached }
    }

    fn allows(&self, field: &str) -> bool {
        self.allow_unsupported.iter().any(|allowed| allowed == field)
    }

    fn find_engine(&self) -> Result<Engine, EngineError> {
        let wanted = match self.engine {
            Some(WantedEngine::Podman) => Some(EngineKind::Podman),
            Some(WantedEngine::Docker) => Some(EngineKind::Docker),
            _ => None,
        };
        Engine::find(wanted, &std::env::var_os("PATH").unwrap_or_default())
    }

    /// Stops where the configuration asks for what nothing here enforces.
    fn refuse_unsupported(
        &self,
        found: &Found,
        config: &RunConfig,
        working_dir: &Path,
    ) -> Result<(), Failure> {
        let home = config_home();
        let hidden = hides_files(config, working_dir, home.as_deref());
        let mut fields = unsupported(&found.document, hidden);
        fields.retain(|found| !self.allows(&found.field));
        if fields.is_empty() { Ok(()) } else { Err(Failure::Unsupported(fields)) }
    }

    /// The secrets that the command line or the environment supplies, by name.
    fn known_secrets(
        &self,
        wanted: &[Declared<SecretReference>],
    ) -> Result<BTreeMap<String, Secret>, Failure> {
        let mut known = BTreeMap::new();
        let wanted = references(wanted)?;
        for secret in wanted.iter().cloned() {
            if let Some(value) = secret.from_environment() {
                known.insert(secret.name, value);
            }
        }
        for given in self.secret.iter().filter(|given| !given.contains(",target=")) {
            let Some((name, file)) = given.split_once("=@") else {
                let message =
                    "--secret takes NAME=@FILE: others can see a value on the command line";
                return Err(Failure::Usage(message.to_owned()));
            };
            if wanted.iter().all(|secret| secret.name != name) {
                let message = format!("the configuration names no secret {name:?}");
                return Err(Failure::Usage(message));
            }
            known.insert(name.to_owned(), ask::secret_file(Path::new(file))?);
        }
        Ok(known)
    }

    /// Has the user agree to what a configuration from a registry may touch.
    fn agree(&self, context: &Context, found: &Found, shown: Vec<String>) -> Result<(), Failure> {
        match &found.artifact {
            Some((reference, digest)) => {
                ask::agreement(context.output, reference, digest, shown, self.yes)
            }
            None => Ok(()),
        }
    }
}

fn references(secrets: &[Declared<SecretReference>]) -> Result<Vec<SecretReference>, Failure> {
    let references = secrets.iter().map(|secret| secret.get().cloned());
    references.collect::<Result<_, _>>().map_err(|error| PlanError::from(error).into())
}

/// The options with an empty value for each secret that is missing, to see what would run.
fn with_placeholders<'a>(
    options: &PlanOptions<'a>,
    missing: &[SecretReference],
) -> PlanOptions<'a> {
    let mut secrets = options.secrets.clone();
    for secret in missing {
        secrets.insert(secret.name.clone(), Secret::new(String::new()));
    }
    PlanOptions { secrets, ..*options }
}

/// A command to paste holds no secret: it takes them from where it is pasted.
fn note_what_to_set(output: Output, plan: &Plan) {
    let variables: Vec<_> = plan.secrets.keys().map(String::as_str).collect();
    if !variables.is_empty() {
        let variables = variables.join(" ");
        output.note(&printable(&format!(
            "before this is pasted, set and export its secrets: {variables}"
        )));
    }
}

/// Where `ToolHive`'s own settings are.
fn config_home() -> Option<std::path::PathBuf> {
    let set = std::env::var_os("XDG_CONFIG_HOME").map(std::path::PathBuf::from);
    let below = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" };
    set.filter(|path| path.is_absolute())
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(below)))
}

/// Saves the run in the state store, as `ToolHive` does, so that it can be exported.
fn save(output: Output, found: &Found) -> Result<(), Failure> {
    let name = found.document.workload_name()?;
    let store = StateStore::from_environment()?;
    if found.is_image()
        && let Ok(stored) = store.load(&name)
        && stored.config().image != found.document.config().image
    {
        // ToolHive refuses it too: another server has this name.
        store.save(&name, &found.document, Overwrite::Never)?;
    }
    if store.save(&name, &found.document, Overwrite::Replace)? == Saved::Replaced
        && !found.is_image()
    {
        output.note(&format!("replaced the stored run configuration '{name}'"));
    }
    Ok(())
}
