//! Starts what was agreed to, and stays with it.

use std::io::{self, IsTerminal as _};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::sleep;
use url::Url;

use super::signals::Signals;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Report;
use crate::engine::{Engine, EngineError, Lifetime, NotReady, Plan, wait_until_ready};
use crate::printable::printable;
use crate::wire::Transport;

/// How long a server may take until it answers, as with `ToolHive`.
const READY_LIMIT: Duration = Duration::from_secs(300);
/// How long until a server in the background is looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How often a server may end by itself before it answers.
const RESTART_LIMIT: u64 = 3;

/// Runs a stdio server. Standard input and output are the engine's own: not one byte of them passes
/// through this program, which hands signals on and sees to it that the container is gone.
pub(super) async fn attached(engine: &Engine, plan: &Plan) -> Result<(), Failure> {
    // Before there is a container, so that no signal leaves one behind.
    let mut signals = Signals::to_pass_on().map_err(watching)?;
    let id = engine.create(plan, Lifetime::Attached).await?;
    let outcome = pass_on(engine, &id, &mut signals).await;
    engine.remove(&id).await?;
    outcome
}

async fn pass_on(engine: &Engine, id: &str, signals: &mut Signals) -> Result<(), Failure> {
    let mut process = attach(engine, id, true)?;
    loop {
        tokio::select! {
            status = process.wait() => return ended(status.map_err(|error| starting(engine, error))?),
            signal = signals.next() => if engine.signal(id, signal).await.is_err() {
                // It does not run yet, or not any more.
                engine.remove(id).await?;
            }
        }
    }
}

/// Starts the container and stays with it, in a process that no signal to this one reaches.
fn attach(engine: &Engine, id: &str, interactive: bool) -> Result<Child, Failure> {
    let mut command = engine.attach(id, interactive);
    if !interactive {
        // What the server writes goes to standard error.
        command.stdin(Stdio::null()).stdout(io::stderr()).stderr(Stdio::inherit());
    }
    #[cfg(unix)]
    // Only processes in a terminal's own group may read from it.
    if !interactive || !io::stdin().is_terminal() {
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
    }
    Command::from(command).spawn().map_err(|error| starting(engine, error))
}

fn starting(engine: &Engine, error: io::Error) -> Failure {
    EngineError::Start { program: engine.program().to_owned(), error }.into()
}

pub(super) fn watching(error: io::Error) -> Failure {
    Failure::Io { what: "watching for signals".to_owned(), error }
}

/// The server's exit code is this program's.
pub(super) fn ended(status: ExitStatus) -> Result<(), Failure> {
    if status.success() { Ok(()) } else { Err(Failure::Ended(status.code())) }
}

/// Runs an HTTP server until it answers, and then until it is stopped, or in the background.
pub(super) async fn http(
    context: &Context,
    engine: &Engine,
    plan: &Plan,
    lifetime: Lifetime,
) -> Result<(), Failure> {
    let mut signals = Signals::to_end().map_err(watching)?;
    let id = engine.create(plan, lifetime).await?;
    let outcome = match lifetime {
        Lifetime::Attached => foreground(context, engine, plan, &id, &mut signals).await,
        Lifetime::Detached => detached(context, engine, plan, &id, &mut signals).await,
    };
    if lifetime == Lifetime::Attached || outcome.is_err() {
        engine.remove(&id).await?;
    }
    outcome
}

async fn ready(context: &Context, plan: &Plan) -> Result<(), Failure> {
    let Some(Ok(url)) = plan.url.as_deref().map(Url::parse) else {
        return Err(NotReady { waited: Duration::ZERO }.into());
    };
    context.output.message(&format!("waiting until {url} answers"));
    let transport = Transport::new(context.settings.clone());
    Ok(wait_until_ready(&transport, &url, READY_LIMIT).await?)
}

fn report(context: &Context, engine: &Engine, plan: &Plan, is_left: bool) -> Result<(), Failure> {
    let (kind, name) = (engine.kind().as_str(), &plan.name);
    let url = plan.url.clone().unwrap_or_default();
    let mut report = Report::new(format!("{name} answers at {url}, with no proxy in between"))
        .field("name", name.as_str())
        .field("url", url)
        .field("engine", kind);
    if is_left {
        report = report
            .field("follow", format!("{kind} logs --follow {name}"))
            .field("stop", format!("{kind} rm --force {name}"));
    }
    context.output.report(report)
}

async fn foreground(
    context: &Context,
    engine: &Engine,
    plan: &Plan,
    id: &str,
    signals: &mut Signals,
) -> Result<(), Failure> {
    let mut process = attach(engine, id, false)?;
    tokio::select! {
        status = process.wait() => {
            ended(status.map_err(|error| starting(engine, error))?)?;
            return Err(never_answered("the server ended with exit code 0"));
        }
        outcome = ready(context, plan) => outcome?,
        _ = signals.next() => return stop(context, engine, id, &mut process, signals).await,
    }
    report(context, engine, plan, false)?;
    tokio::select! {
        status = process.wait() => ended(status.map_err(|error| starting(engine, error))?),
        _ = signals.next() => stop(context, engine, id, &mut process, signals).await,
    }
}

/// Stops the server; at once where the user asks a second time.
async fn stop(
    context: &Context,
    engine: &Engine,
    id: &str,
    process: &mut Child,
    signals: &mut Signals,
) -> Result<(), Failure> {
    context.output.message("stopping");
    tokio::select! {
        // A container that could not be stopped is removed by force.
        _ = engine.stop(id) => {}
        _ = signals.next() => {}
    }
    engine.remove(id).await?;
    process.wait().await.map_err(|error| starting(engine, error))?;
    Ok(())
}

async fn detached(
    context: &Context,
    engine: &Engine,
    plan: &Plan,
    id: &str,
    signals: &mut Signals,
) -> Result<(), Failure> {
    engine.start(id).await?;
    tokio::select! {
        outcome = ready(context, plan) => outcome?,
        error = given_up(engine, id) => return Err(error?),
        _ = signals.next() => return Err(never_answered("stopped by a signal")),
    }
    report(context, engine, plan, true)
}

/// Resolves where a server in the background ends again and again.
async fn given_up(engine: &Engine, id: &str) -> Result<Failure, Failure> {
    loop {
        sleep(LOOK_AGAIN).await;
        let Some(container) = engine.container(id).await? else {
            return Ok(never_answered("its container is gone"));
        };
        if container.restarts >= RESTART_LIMIT {
            let said = engine.last_words(id).await?;
            return Ok(never_answered(&format!("the server ended again and again: {said}")));
        }
    }
}

fn never_answered(error: &str) -> Failure {
    let doing = "waiting for an answer".to_owned();
    EngineError::Failed { doing, message: printable(error) }.into()
}
