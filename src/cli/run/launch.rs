//! Starts what was agreed to, and stays with it.

use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use url::Url;

use crate::atomic_file;
use crate::cli::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Report, message};
use crate::cli::registry::interrupted;
use crate::engine::{Engine, EngineError, Lifetime, NotReady, Plan, wait_until_ready};
use crate::runconfig::Document;
use crate::wire::Transport;

/// How long a server may take until it answers, as with `ToolHive`.
const READY_LIMIT: Duration = Duration::from_secs(300);

/// Runs a stdio server. The engine takes this process's place, so that nothing stands between the
/// client and the server: input, output, signals and the exit code are the server's own.
pub(super) async fn attached(engine: &Engine, plan: &Plan) -> Result<(), Failure> {
    engine.create(plan, Lifetime::Attached).await?;
    become_program(engine.attach(&plan.name, true))
}

#[cfg(unix)]
fn become_program(mut command: std::process::Command) -> Result<(), Failure> {
    use std::os::unix::process::CommandExt as _;
    let program = PathBuf::from(command.get_program());
    Err(EngineError::Start { program, why: command.exec() }.into())
}

#[cfg(not(unix))]
fn become_program(mut command: std::process::Command) -> Result<(), Failure> {
    let program = PathBuf::from(command.get_program());
    ended(command.status().map_err(|why| EngineError::Start { program, why })?)
}

/// The server's exit code is this program's.
fn ended(status: ExitStatus) -> Result<(), Failure> {
    if status.success() { Ok(()) } else { Err(Failure::Ended(status.code())) }
}

/// Runs an HTTP server until it answers, and then until it is stopped, or in the background.
pub(super) async fn http(
    context: &Context,
    engine: &Engine,
    plan: &Plan,
    lifetime: Lifetime,
) -> Result<(), Failure> {
    engine.create(plan, lifetime).await?;
    let transport = Transport::new(context.settings.clone());
    match lifetime {
        Lifetime::Attached => foreground(context, engine, plan, &transport).await,
        Lifetime::Detached => detached(context, engine, plan, &transport).await,
    }
}

async fn ready(plan: &Plan, transport: &Transport) -> Result<(), Failure> {
    match plan.url.as_deref().map(Url::parse) {
        Some(Ok(url)) => Ok(wait_until_ready(transport, &url, READY_LIMIT).await?),
        _ => Err(NotReady { waited: Duration::ZERO }.into()),
    }
}

fn report(context: &Context, engine: &Engine, plan: &Plan) -> Result<(), Failure> {
    let (kind, name) = (engine.kind().as_str(), &plan.name);
    let url = plan.url.clone().unwrap_or_default();
    let mut report = Report::new(format!("{name} answers at {url}, with no proxy in between"))
        .field("name", name.as_str())
        .field("url", url)
        .field("engine", kind);
    if plan.transport.path().is_some() {
        report = report
            .field("follow", format!("{kind} logs --follow {name}"))
            .field("stop", format!("{kind} rm --force {name}"));
    }
    context.output.report(report)
}

/// What the server writes goes to standard error.
async fn foreground(
    context: &Context,
    engine: &Engine,
    plan: &Plan,
    transport: &Transport,
) -> Result<(), Failure> {
    let mut command = tokio::process::Command::from(engine.attach(&plan.name, false));
    command.stdin(Stdio::null()).stdout(io::stderr()).stderr(Stdio::inherit());
    let program = engine.program().to_owned();
    let failed = |why| Failure::from(EngineError::Start { program: program.clone(), why });
    let mut process = command.spawn().map_err(failed)?;
    let outcome = tokio::select! {
        status = process.wait() => return ended(status.map_err(failed)?),
        outcome = ready(plan, transport) => outcome,
        () = interrupted() => return Ok(engine.stop(&plan.name).await?),
    };
    if let Err(why) = outcome {
        engine.remove(&plan.name).await?;
        return Err(why);
    }
    report(context, engine, plan)?;
    tokio::select! {
        status = process.wait() => ended(status.map_err(failed)?),
        () = interrupted() => {
            message("stopping");
            engine.stop(&plan.name).await?;
            Ok(())
        }
    }
}

async fn detached(
    context: &Context,
    engine: &Engine,
    plan: &Plan,
    transport: &Transport,
) -> Result<(), Failure> {
    let outcome = match engine.start(&plan.name).await {
        Ok(()) => ready(plan, transport).await,
        Err(why) => Err(why.into()),
    };
    if let Err(why) = outcome {
        engine.remove(&plan.name).await?;
        return Err(why);
    }
    report(context, engine, plan)
}

/// Has an installed `ToolHive` run the configuration.
pub(super) fn hand_to_toolhive(document: &Document) -> Result<(), Failure> {
    let program = std::env::var_os("THV_TOOLHIVE").filter(|path| !path.is_empty());
    let program = PathBuf::from(program.ok_or(EngineError::ToolHiveUnknown)?);
    let dir = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let path = dir.join(format!("thv-{}-{}.json", std::process::id(), unique()));
    atomic_file::create(&path, document.bytes())
        .map_err(|why| Failure::file("writing", &path, why))?;
    let status =
        std::process::Command::new(&program).args(["run", "--from-config"]).arg(&path).status();
    // It has read the file before it comes back.
    let removed = std::fs::remove_file(&path);
    let status = status.map_err(|why| EngineError::Start { program, why })?;
    removed.map_err(|why| Failure::file("removing", &path, why))?;
    ended(status)
}

fn unique() -> u128 {
    std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_nanos())
}
