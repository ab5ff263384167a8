//! Checks a fetched run configuration and plans its container.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::{RunError, UnusableOption};
use super::fetch::{Fetched, Origin, RunRequest, find_engine, unused_port};
use super::image::ImageChoice;
use super::observer::{Note, RunObserver};
use super::secrets::Secrets;
use crate::directories::{config_home, home};
use crate::engine::{
    Engine, Lifetime, Plan, PlanError, PlanOptions, ToolHive, container_name, hides_files,
    refuse_labels, unsupported,
};
use crate::oci::auth::Secret;
use crate::runconfig::{McpTransport, RunConfig, SecretReference, View, ViewedRunner};
use crate::state::{StateError, StateStore, Stored};

/// A run configuration that passed all checks that need no container engine.
#[derive(Debug)]
pub struct Prepared {
    fetched: Fetched,
    runner: Runner<()>,
}

/// A run configuration that can be run on this machine now.
#[derive(Debug)]
pub struct Checked {
    pub(super) fetched: Fetched,
    pub(super) runner: Runner<Engine>,
    pub(super) image: ImageChoice,
    /// What the state store holds under the configuration's name.
    pub(super) stored: Stored,
}

/// What runs the server. `E` is the container engine, once it is known.
#[derive(Debug)]
pub(super) enum Runner<E> {
    Container(Box<ContainerRun>, E),
    ToolHive(ToolHive),
}

/// A server in a container.
#[derive(Debug)]
pub(super) struct ContainerRun {
    /// The plan with an empty value for each missing secret.
    pub(super) preview: Plan,
    pub(super) secrets: Secrets,
    working_dir: PathBuf,
    port: Option<u16>,
}

impl Fetched {
    /// Checks that the run configuration can be honoured, and plans its container.
    ///
    /// # Errors
    /// [`RunError::Unsupported`], [`RunError::Option`], [`RunError::Plan`].
    pub fn prepare(self, observer: &dyn RunObserver) -> Result<Prepared, RunError> {
        if let Some(error) = &self.local_image {
            observer.note(Note::LocalImage(error));
        }
        if let Some(path) = &self.file_by_name {
            observer.note(Note::FileByName(path));
        }
        let working_dir = std::env::current_dir().map_err(|error| RunError::Io {
            doing: "reading the working directory".to_owned(),
            error,
        })?;
        self.check_policy(&working_dir)?;
        let runner = match &self.toolhive {
            Some(toolhive) => Runner::ToolHive(toolhive.clone()),
            None => Runner::Container(Box::new(self.container_run(working_dir)?), ()),
        };
        Ok(Prepared { fetched: self, runner })
    }

    /// Decides whether the fetched configuration may be run at all. Other rules, such as one about the
    /// publisher's signature, belong here too: the digests were verified, and nothing was planned or shown
    /// yet. A rule that asks a registry makes this function and
    /// [`Self::prepare`] asynchronous.
    fn check_policy(&self, working_dir: &Path) -> Result<(), RunError> {
        if self.toolhive.is_some() {
            refuse_labels(self.document.config())?;
            return Ok(refuse_for_toolhive(&self.request, self.is_image())?);
        }
        let config = self.document.config();
        let settings = config_home(|name| std::env::var_os(name));
        let hides_files = hides_files(config, working_dir, settings.as_deref());
        let mut unsupported = unsupported(&self.document, hides_files);
        unsupported.retain(|part| !self.request.allows(&part.field));
        if !unsupported.is_empty() {
            return Err(RunError::Unsupported(unsupported));
        }
        Ok(refuse_options(&self.request, config, self.is_image())?)
    }

    fn container_run(&self, working_dir: PathBuf) -> Result<ContainerRun, RunError> {
        let config = self.document.config();
        let secrets = Secrets::find(&config.secrets, &self.request.secret_files)?;
        let port = choose_port(&self.request, config)?;
        let preview = self.plan(secrets.with_placeholders(), &working_dir, port)?;
        Ok(ContainerRun { preview, secrets, working_dir, port })
    }

    fn plan(
        &self,
        secrets: BTreeMap<String, Secret>,
        working_dir: &Path,
        port: Option<u16>,
    ) -> Result<Plan, PlanError> {
        let without_isolation = self.request.allows("isolate_network");
        let working_dir = Some(working_dir);
        let options = PlanOptions { port, secrets, working_dir, without_isolation };
        Plan::new(self.document.config(), &options)
    }

    /// Returns the plan with the values of all secrets. Its mounts are those that were shown: a symbolic
    /// link may lead elsewhere since.
    pub(super) fn complete(&self, run: &ContainerRun) -> Result<Plan, PlanError> {
        let plan = self.plan(run.secrets.known.clone(), &run.working_dir, run.port)?;
        Ok(Plan { mounts: run.preview.mounts.clone(), ..plan })
    }

    /// Compares the configuration with what is stored under its name. What came from elsewhere is
    /// replaced only if the request says so.
    fn stored(&self, store: &StateStore) -> Result<Stored, RunError> {
        let name = self.document.workload_name()?;
        let stored = store.compare(&name, &self.document, self.source().as_deref())?;
        // Options such as `--env` make another configuration for the same image.
        let image = &self.document.config().image;
        let is_same_image = || {
            self.is_image() && store.load(&name).is_ok_and(|other| other.config().image == *image)
        };
        match stored {
            Stored::Other if is_same_image() => Ok(Stored::SameSource),
            Stored::Other if !self.request.force => {
                let path = store.path_of(&name);
                Err(StateError::Exists { name, path }.into())
            }
            other => Ok(other),
        }
    }

    /// Returns true if a container or a stored run configuration of the same name may be replaced.
    pub(super) const fn may_replace(&self, stored: Stored) -> bool {
        stored.is_own() || self.request.force
    }

    /// Tells the observer where another port is used than the configuration's.
    fn note_port(&self, run: &ContainerRun, observer: &dyn RunObserver) {
        let wanted = self.document.config().port;
        if let (Some(chosen), None) = (run.port, self.request.port)
            && wanted > 0
            && i64::from(chosen) != wanted
        {
            observer.note(Note::PortTaken { wanted, chosen });
        }
    }
}

impl Prepared {
    /// Returns a shell command that runs the same container with the engine that would be used, or
    /// with podman where none is installed. It holds no secret. Returns `None` for `ToolHive`.
    pub fn command_line(&self, observer: &dyn RunObserver) -> Option<String> {
        let Runner::Container(run, ()) = &self.runner else { return None };
        let request = &self.fetched.request;
        let engine = find_engine(request).map_or("podman", |engine| engine.kind.as_str());
        self.fetched.note_port(run, observer);
        if matches!(self.fetched.origin, Origin::Artifact(..)) {
            observer.note(Note::ImageByTag(&run.preview.image));
        }
        let variables: Vec<_> = run.preview.variables.secrets.keys().map(String::as_str).collect();
        if !variables.is_empty() {
            observer.note(Note::SecretVariables(&variables));
        }
        Some(run.preview.command_line(engine, request.lifetime))
    }

    /// Finds the engine, and checks that mounted files exist, that the container's name is free, that
    /// its server could be reached, and that nothing of another source in `store` would be replaced.
    /// Nothing is pulled or changed.
    ///
    /// # Errors
    /// [`RunError::Engine`], [`RunError::State`], or [`RunError::Plan`] for a missing file.
    pub async fn check(
        self,
        store: &StateStore,
        observer: &dyn RunObserver,
    ) -> Result<Checked, RunError> {
        let stored = self.fetched.stored(store)?;
        let may_replace = self.fetched.may_replace(stored);
        let runner = match self.runner {
            Runner::ToolHive(toolhive) => {
                let name = container_name(self.fetched.document.config())?;
                // Without an engine here, ToolHive itself says what is in its way.
                if let Ok(engine) = find_engine(&self.fetched.request) {
                    engine.refuse_other(&name, may_replace).await?;
                }
                Runner::ToolHive(toolhive)
            }
            Runner::Container(run, ()) => {
                if let Some(source) = run.preview.missing_source() {
                    return Err(PlanError::MissingSource(source.to_owned()).into());
                }
                let engine = find_engine(&self.fetched.request)?;
                engine.check(&run.preview, may_replace).await?;
                self.fetched.note_port(&run, observer);
                Runner::Container(run, engine)
            }
        };
        Ok(Checked { fetched: self.fetched, runner, image: ImageChoice::AsNamed, stored })
    }
}

impl Checked {
    /// Returns the secrets that have no value yet. [`Agreed::supply`](super::Agreed::supply) takes
    /// them. `ToolHive` finds its secrets itself.
    pub(crate) fn missing_secrets(&self) -> &[SecretReference] {
        match &self.runner {
            Runner::Container(run, _) => &run.secrets.missing,
            Runner::ToolHive(_) => &[],
        }
    }

    /// Returns what the server is and may touch, for a user who has to agree: lines, then warnings.
    pub(super) fn summary(&self) -> (Vec<String>, Vec<String>) {
        let fetched = &self.fetched;
        let (runner, working_dir, variables) = match &self.runner {
            Runner::Container(run, _) => {
                let variables = run.preview.variables.plain.clone();
                (ViewedRunner::Engine, Some(run.working_dir.clone()), Some(variables))
            }
            Runner::ToolHive(_) => (ViewedRunner::ToolHive, std::env::current_dir().ok(), None),
        };
        let is_stdio = fetched.document.config().transport.get() == Ok(&McpTransport::Stdio);
        let view = View {
            working_dir,
            home: home(|name| std::env::var_os(name)),
            hides_secrets: false,
            // Engines isolate a stdio server, whatever was allowed.
            without_isolation: fetched.request.allows("isolate_network") && !is_stdio,
            runner,
            variables,
        };
        let review = view.review(&fetched.document);
        let mut lines = review.lines();
        let allowed = fetched.request.allowed.iter();
        lines.extend(allowed.map(|field| format!("runs without: {field}")));
        lines.extend(self.image.line());
        if runner == ViewedRunner::ToolHive {
            lines.push("runs with: ToolHive, which acts on every field".to_owned());
        }
        (lines, review.warnings)
    }
}

/// Refuses parts of the request that mean nothing for this configuration.
fn refuse_options(
    request: &RunRequest,
    config: &RunConfig,
    is_image: bool,
) -> Result<(), UnusableOption> {
    let is_stdio = config.transport.get() == Ok(&McpTransport::Stdio);
    if request.lifetime == Lifetime::Detached && is_stdio {
        Err(UnusableOption::DetachedStdio)
    } else if request.port.is_some() && is_stdio && !is_image {
        Err(UnusableOption::StdioPort)
    } else if request.port.is_some() && config.shares_host_network() {
        Err(UnusableOption::HostNetworkPort)
    } else {
        Ok(())
    }
}

/// Refuses parts of the request that `ToolHive`'s `run --from-config` has no option for.
fn refuse_for_toolhive(request: &RunRequest, is_image: bool) -> Result<(), UnusableOption> {
    let options = [
        ("--port", request.port.is_some() && !is_image),
        ("--detach", request.lifetime == Lifetime::Detached),
        ("--secret", !request.secret_files.is_empty()),
        ("--allow-unsupported", !request.allowed.is_empty()),
    ];
    match options.iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => Err(UnusableOption::ToolHive(option)),
        None => Ok(()),
    }
}

/// Returns the port to publish an HTTP server at, or `None` where none is published. If the configuration's
/// port is in use, another one replaces it. The request's port is never replaced.
fn choose_port(request: &RunRequest, config: &RunConfig) -> Result<Option<u16>, RunError> {
    if config.transport.get() == Ok(&McpTransport::Stdio) || config.shares_host_network() {
        return Ok(None);
    }
    let address = config.host.get().ok().and_then(|host| host.0);
    let declared = u16::try_from(config.port).ok().filter(|port| *port > 0);
    let free = unused_port(address, request.port.or(declared))?;
    match request.port {
        Some(wanted) if wanted != free => Err(UnusableOption::PortTaken(wanted).into()),
        _ => Ok(Some(free)),
    }
}
