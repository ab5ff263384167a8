//! The engine's own program, driven through its command line.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::arguments::Lifetime;
use super::container::{Container, containers};
use super::error::EngineError;
use super::plan::Plan;
use crate::oci::Reference;

/// How long a container may take to stop before it is killed, in seconds, as with `ToolHive`.
const STOP_LIMIT: &str = "--time=30";

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EngineKind {
    /// Podman.
    Podman,
    /// Docker.
    Docker,
}

impl EngineKind {
    /// The program's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Podman => "podman",
            Self::Docker => "docker",
        }
    }
}

/// A container engine on this machine.
#[derive(Debug, Clone)]
pub struct Engine {
    kind: EngineKind,
    program: PathBuf,
}

impl Engine {
    /// The engine `wanted`, or the first of podman and docker that is in `search_path`, which has
    /// the form of `PATH`.
    ///
    /// # Errors
    /// [`EngineError::NotInstalled`], [`EngineError::NotFound`].
    pub fn find(wanted: Option<EngineKind>, search_path: &OsStr) -> Result<Self, EngineError> {
        let mut found = Self::all(search_path);
        found.find(|engine| wanted.is_none_or(|wanted| wanted == engine.kind)).ok_or_else(|| {
            match wanted {
                Some(kind) => EngineError::NotFound(kind.as_str().to_owned()),
                None => EngineError::NotInstalled,
            }
        })
    }

    /// Every engine in `search_path`, podman first.
    pub fn all(search_path: &OsStr) -> impl Iterator<Item = Self> {
        [EngineKind::Podman, EngineKind::Docker].into_iter().filter_map(|kind| {
            let name = format!("{}{}", kind.as_str(), std::env::consts::EXE_SUFFIX);
            let mut programs = std::env::split_paths(search_path).map(|dir| dir.join(&name));
            Some(Self { kind, program: programs.find(|path| is_program(path))? })
        })
    }

    /// Which engine it is.
    #[must_use]
    pub const fn kind(&self) -> EngineKind {
        self.kind
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Whether `image` is on this machine.
    ///
    /// # Errors
    /// Where the engine cannot be started.
    pub async fn has_image(&self, image: &str) -> Result<bool, EngineError> {
        Ok(self.output(&["image", "inspect", "--format={{.Id}}", image]).await?.status.success())
    }

    /// Sees to it that `image` is on this machine, as `ToolHive`'s ordinary run does: without tag,
    /// or with the tag `latest`, it is pulled, and where that fails the one that is here serves;
    /// any other image is pulled only if it is missing. `note` is told what happens.
    ///
    /// # Errors
    /// Where it is not here and cannot be pulled.
    pub async fn provide_image(
        &self,
        image: &str,
        mut note: impl FnMut(&str),
    ) -> Result<(), EngineError> {
        let is_here = self.has_image(image).await?;
        if is_here && !is_moving(image) {
            return Ok(());
        }
        note(&format!("pulling the image {image}"));
        let pulled = self.succeed(&["pull", "--quiet", image], &format!("pulling {image}")).await;
        match pulled {
            Err(error) if is_here => {
                note(&format!("{error}; running the one that is here"));
                Ok(())
            }
            other => other.map(|_| ()),
        }
    }

    /// The container of that name.
    ///
    /// # Errors
    /// Where the engine cannot be started, or answers with what cannot be read.
    pub async fn container(&self, name: &str) -> Result<Option<Container>, EngineError> {
        let output = self.output(&["container", "inspect", name]).await?;
        if !output.status.success() {
            return Ok(None);
        }
        Ok(containers(&output.stdout, "looking at a container")?.pop())
    }

    /// Every workload's container, running or not.
    ///
    /// # Errors
    /// Where the engine fails.
    pub async fn workloads(&self) -> Result<Vec<Container>, EngineError> {
        let doing = "listing containers";
        let list = ["ps", "--all", "--quiet", "--filter=label=toolhive=true"];
        let ids = self.succeed(&list, doing).await?;
        let ids = String::from_utf8_lossy(&ids.stdout).into_owned();
        let ids: Vec<_> = ids.split_whitespace().collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        // A container that is gone since makes it fail, and does not hide the others.
        let inspected = self.output(&[&["container", "inspect"], &ids[..]].concat()).await?;
        containers(&inspected.stdout, doing)
    }

    /// Makes the container and returns its id. Nothing may have its name: see
    /// [`Engine::make_room`].
    ///
    /// # Errors
    /// Where the engine fails.
    pub async fn create(&self, plan: &Plan, lifetime: Lifetime) -> Result<String, EngineError> {
        let mut command = self.command(&plan.create_arguments(lifetime));
        command.envs(plan.inherited_environment());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let failed = |error| EngineError::Start { program: self.program.clone(), error };
        let mut process = command.kill_on_drop(true).spawn().map_err(failed)?;
        if let Some(mut stdin) = process.stdin.take() {
            // An engine that fails early does not read it; its message says more.
            let _ = stdin.write_all(plan.environment_file().as_bytes()).await;
        }
        let output = process.wait_with_output().await.map_err(failed)?;
        let made = checked(output, &format!("making the container {}", plan.name))?;
        Ok(String::from_utf8_lossy(&made.stdout).trim().to_owned())
    }

    /// Starts a container in the background.
    ///
    /// # Errors
    /// Where the engine fails.
    pub async fn start(&self, name: &str) -> Result<(), EngineError> {
        self.succeed(&["start", name], &format!("starting the container {name}")).await.map(|_| ())
    }

    /// Stops a container, killing it after 30 seconds.
    ///
    /// # Errors
    /// Where the engine fails.
    pub async fn stop(&self, name: &str) -> Result<(), EngineError> {
        let doing = format!("stopping the container {name}");
        self.succeed(&["stop", STOP_LIMIT, name], &doing).await.map(|_| ())
    }

    /// Sends a signal, such as `TERM`, to a container's server.
    ///
    /// # Errors
    /// Where the container does not run, or the engine fails.
    pub async fn signal(&self, name: &str, signal: &str) -> Result<(), EngineError> {
        let doing = format!("sending a signal to the container {name}");
        self.succeed(&["kill", "--signal", signal, name], &doing).await.map(|_| ())
    }

    /// Removes a container, stopping it first. It need not be there.
    ///
    /// # Errors
    /// Where the engine fails.
    pub async fn remove(&self, name: &str) -> Result<(), EngineError> {
        if self.container(name).await?.is_none() {
            return Ok(());
        }
        let doing = format!("removing the container {name}");
        match self.succeed(&["rm", "--force", name], &doing).await {
            // The engine itself may have been about to do it.
            Err(error) if self.container(name).await?.is_some() => Err(error),
            _ => Ok(()),
        }
    }

    /// The last lines that a container's server wrote.
    ///
    /// # Errors
    /// Where the engine cannot be started.
    pub async fn last_words(&self, name: &str) -> Result<String, EngineError> {
        let output = self.output(&["logs", "--tail=5", name]).await?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(text(&output.stdout) + &text(&output.stderr))
    }

    /// The command that starts a container and stays with it: its standard output, standard error
    /// and exit code are the container's, and with `interactive` its standard input too. Signals are
    /// not passed on: docker's program does not always do so.
    #[must_use]
    pub fn attach(&self, name: &str, interactive: bool) -> std::process::Command {
        let mut command = std::process::Command::new(&self.program);
        command.args(["start", "--attach"]);
        if interactive {
            command.arg("--interactive");
        }
        if self.kind == EngineKind::Podman {
            // Else it reads Ctrl-P and Ctrl-Q as its own, whoever sends them.
            command.args(["--sig-proxy=false", "--detach-keys="]);
        }
        command.arg(name);
        command
    }

    fn command(&self, arguments: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).stdin(Stdio::null());
        command
    }

    pub(super) async fn output(&self, arguments: &[&str]) -> Result<Output, EngineError> {
        let output = self.command(arguments).kill_on_drop(true).output().await;
        output.map_err(|error| EngineError::Start { program: self.program.clone(), error })
    }

    async fn succeed(&self, arguments: &[&str], doing: &str) -> Result<Output, EngineError> {
        checked(self.output(arguments).await?, doing)
    }
}

/// Whether the file can be run, as far as its permissions tell.
fn is_program(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    path.is_file()
}

fn checked(output: Output, doing: &str) -> Result<Output, EngineError> {
    if output.status.success() {
        return Ok(output);
    }
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(EngineError::Failed { doing: doing.to_owned(), message })
}

/// Whether the image's name leads to different images over time: no tag, or `latest`.
fn is_moving(image: &str) -> bool {
    let Ok(reference) = image.parse::<Reference>() else { return false };
    reference.digest().is_none() && reference.tag().is_none_or(|tag| tag.as_str() == "latest")
}
