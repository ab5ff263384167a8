//! A container engine on this machine, driven through its command line.
//!
//! Every method runs the engine's program. No value of an environment variable is among its arguments,
//! because other users of the machine can read them.

use std::ffi::OsStr;
#[cfg(unix)]
use std::io::IsTerminal as _;
use std::net::{IpAddr, Ipv6Addr};
use std::process::Stdio;

use tokio::process::{Child, Command};

use super::adapter::EngineKind;
use super::arguments::Lifetime;
use super::container::{Container, read_containers};
use super::error::EngineError;
use super::plan::Plan;
use super::process::Program;

/// How long a container may take to stop before the engine kills it, in seconds. `ToolHive` waits as
/// long.
const STOP_LIMIT: &str = "--time=30";

#[derive(Debug, Clone)]
pub(crate) struct Engine {
    pub(crate) kind: EngineKind,
    program: Program,
}

impl Engine {
    /// Returns the engine `wanted`, or the first one that is in `search_path`, which has the form of
    /// `PATH`.
    pub(crate) fn find(
        wanted: Option<EngineKind>,
        search_path: &OsStr,
    ) -> Result<Self, EngineError> {
        let mut found = Self::all(search_path);
        found.find(|engine| wanted.is_none_or(|wanted| wanted == engine.kind)).ok_or(match wanted {
            Some(kind) => EngineError::NotFound(kind.as_str().to_owned()),
            None => EngineError::NotInstalled,
        })
    }

    /// Returns every engine in `search_path`, podman first.
    pub(crate) fn all(search_path: &OsStr) -> impl Iterator<Item = Self> {
        EngineKind::ALL.into_iter().filter_map(|kind| {
            Some(Self { kind, program: Program::find(kind.as_str(), search_path)? })
        })
    }

    pub(crate) async fn workloads(&self) -> Result<Vec<Container>, EngineError> {
        let doing = "listing containers";
        let list = ["ps", "--all", "--quiet", "--filter=label=toolhive=true"];
        let ids = self.program.succeed(&list, doing).await?;
        let ids = String::from_utf8_lossy(&ids.stdout).into_owned();
        let ids: Vec<_> = ids.split_whitespace().collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        // If a container was removed in the meantime, the engine fails, but prints the others.
        let inspected =
            self.program.output(&[&["container", "inspect"], &ids[..]].concat()).await?;
        read_containers(&inspected.stdout, doing)
    }

    pub(crate) async fn container(&self, name: &str) -> Result<Option<Container>, EngineError> {
        let output = self.program.output(&["container", "inspect", name]).await?;
        if !output.status.success() {
            return Ok(None);
        }
        Ok(read_containers(&output.stdout, "looking at a container")?.pop())
    }

    pub(crate) async fn has_image(&self, image: &str) -> Result<bool, EngineError> {
        let inspect = ["image", "inspect", "--format={{.Id}}", image];
        Ok(self.program.output(&inspect).await?.status.success())
    }

    pub(crate) async fn pull_image(&self, image: &str) -> Result<(), EngineError> {
        let doing = format!("pulling {image}");
        self.program.succeed(&["pull", "--quiet", image], &doing).await.map(drop)
    }

    /// Gives the image `image` the further name `name`.
    pub(crate) async fn tag_image(&self, image: &str, name: &str) -> Result<(), EngineError> {
        let doing = format!("naming the image {name}");
        self.program.succeed(&["tag", image, name], &doing).await.map(drop)
    }

    /// Makes the container, whose image has to be on this machine, and returns its id. It is not
    /// started.
    pub(crate) async fn create(
        &self,
        plan: &Plan,
        lifetime: Lifetime,
    ) -> Result<String, EngineError> {
        let mut command = self.program.command(&plan.create_arguments(lifetime));
        command.envs(plan.variables.inherited());
        let (input, doing) = (plan.variables.file(), format!("making the container {}", plan.name));
        let made = self.program.succeed_with_input(command, input.as_bytes(), &doing).await?;
        Ok(String::from_utf8_lossy(&made.stdout).trim().to_owned())
    }

    pub(crate) async fn start(&self, name: &str) -> Result<(), EngineError> {
        let doing = format!("starting the container {name}");
        self.program.succeed(&["start", name], &doing).await.map(drop)
    }

    /// Starts a container and stays connected to it: the returned process has the standard output,
    /// standard error and exit code of the container. It ends when the container ends.
    ///
    /// An interactive container has this process's standard input and output. The output of any
    /// other one goes to this process's standard error.
    pub(crate) fn start_attached(
        &self,
        name: &str,
        interactive: bool,
    ) -> Result<Child, EngineError> {
        let mut command = self.attach_command(name, interactive);
        if !interactive {
            command.stdin(Stdio::null()).stdout(std::io::stderr());
        }
        #[cfg(unix)]
        // In its own process group, the engine gets no signal from the terminal. An engine that reads from
        // the terminal must stay in this group, because only the foreground group may read.
        if !interactive || !std::io::stdin().is_terminal() {
            command.process_group(0);
        }
        self.program.spawn(&mut command)
    }

    /// The command of [`Self::start_attached`]. The engine passes no signals on, because docker's
    /// program does not pass on all of them: [`Self::signal`] does.
    pub(super) fn attach_command(&self, name: &str, interactive: bool) -> Command {
        let mut command = Command::new(&self.program.path);
        command.args(["start", "--attach"]);
        if interactive {
            command.arg("--interactive");
        }
        command.args(self.kind.attach_options()).arg(name);
        command
    }

    /// Stops a container. The engine kills it after 30 seconds.
    pub(crate) async fn stop(&self, name: &str) -> Result<(), EngineError> {
        let doing = format!("stopping the container {name}");
        self.program.succeed(&["stop", STOP_LIMIT, name], &doing).await.map(drop)
    }

    pub(crate) async fn signal(&self, name: &str, signal: &str) -> Result<(), EngineError> {
        let doing = format!("sending a signal to the container {name}");
        self.program.succeed(&["kill", "--signal", signal, name], &doing).await.map(drop)
    }

    /// Removes a container, which is stopped first. A container that is gone already is no error.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), EngineError> {
        if self.container(name).await?.is_none() {
            return Ok(());
        }
        let doing = format!("removing the container {name}");
        match self.program.succeed(&["rm", "--force", name], &doing).await {
            // A container made with `--rm` may have been removed by the engine at the same time.
            Err(error) if self.container(name).await?.is_some() => Err(error),
            _ => Ok(()),
        }
    }

    /// Returns the last five lines that a container's server wrote.
    pub(crate) async fn last_output(&self, name: &str) -> Result<String, EngineError> {
        let output = self.program.output(&["logs", "--tail=5", name]).await?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(text(&output.stdout) + &text(&output.stderr))
    }

    /// Returns true if this engine cannot publish a port at IPv6's loopback address.
    ///
    /// Podman with root's rights cannot: rules of the kernel lead to a container then, and those do not
    /// apply to connections from that address. Without those rights it has a proxy process that takes
    /// such connections. So has docker, which fails here because it has no such field; but the package
    /// podman-docker installs podman under docker's name.
    pub(super) async fn lacks_ipv6_loopback(&self) -> Result<bool, EngineError> {
        let is_rootless = ["info", "--format={{.Host.Security.Rootless}}"];
        Ok(self.program.output(&is_rootless).await?.stdout.trim_ascii() == b"false")
    }

    /// Checks that the container's name is free and that its server could be reached. With `may_replace`, a
    /// container of the same workload that has ended may have the name.
    pub(crate) async fn check(&self, plan: &Plan, may_replace: bool) -> Result<(), EngineError> {
        self.check_address(plan).await?;
        self.ended_container(plan, may_replace).await.map(drop)
    }

    /// Refuses a container of this name, unless it may be replaced.
    pub(crate) async fn refuse_other(
        &self,
        name: &str,
        may_replace: bool,
    ) -> Result<(), EngineError> {
        match self.container(name).await? {
            Some(old) if !may_replace => Err(EngineError::OtherSource(old.name)),
            _ => Ok(()),
        }
    }

    /// Makes the container's name free: removes a container that [`Self::check`] lets pass, and returns its
    /// name.
    pub(crate) async fn make_room(
        &self,
        plan: &Plan,
        may_replace: bool,
    ) -> Result<Option<String>, EngineError> {
        let Some(old) = self.ended_container(plan, may_replace).await? else { return Ok(None) };
        self.remove(&old.name).await?;
        Ok(Some(old.name))
    }

    /// Returns the container that has the plan's name, if it is the same workload's and has ended.
    /// Any other container of that name is an error.
    async fn ended_container(
        &self,
        plan: &Plan,
        may_replace: bool,
    ) -> Result<Option<Container>, EngineError> {
        let Some(old) = self.container(&plan.name).await? else { return Ok(None) };
        let is_same = |label| old.labels.get(label) == plan.labels.get(label);
        if !is_same("toolhive") || !is_same("toolhive-basename") {
            Err(EngineError::Foreign(old.name))
        } else if old.is_running() {
            Err(EngineError::Running { name: old.name, engine: self.kind })
        } else if !may_replace {
            Err(EngineError::OtherSource(old.name))
        } else {
            Ok(Some(old))
        }
    }

    /// Refuses an address at which the engine cannot publish a port.
    async fn check_address(&self, plan: &Plan) -> Result<(), EngineError> {
        // The URL of a server that is published at all addresses has the loopback address.
        let is_loopback = |address: &Ipv6Addr| address.is_loopback() || address.is_unspecified();
        let published = plan.ports.iter().find_map(|port| match port.address {
            Some(IpAddr::V6(address)) => Some(address).filter(is_loopback),
            _ => None,
        });
        match published {
            Some(address) if self.lacks_ipv6_loopback().await? => {
                Err(EngineError::Unreachable(address))
            }
            _ => Ok(()),
        }
    }
}
