//! Starts a run that the user agreed to.

use tokio::select;

use super::consent::Agreed;
use super::error::RunError;
use super::fetch::Fetched;
use super::observer::{Note, RunObserver};
use super::prepare::{Checked, Runner};
use super::server::{Launch, RunOutcome, Started, waiting};
use super::signals::{Signal, Signals, ending};
use crate::engine::{Engine, Plan, ToolHive};
use crate::oci::Reference;
use crate::runconfig::{Document, McpTransport};
use crate::state::{IfExists, SaveOutcome, StateStore};

impl Agreed {
    /// Pulls the image where that is needed, saves the configuration in `store`, and starts the
    /// server. A stdio server has this process's standard input and output, and the run is over when
    /// this returns; so is a run with `ToolHive`, which saves the configuration itself.
    ///
    /// # Errors
    /// [`RunError::Engine`], [`RunError::State`], [`RunError::NoAnswer`], or [`RunError::Plan`] for a
    /// missing secret. The container is removed then.
    pub async fn start(
        self,
        store: &StateStore,
        signals: &mut impl Signals,
        observer: &dyn RunObserver,
    ) -> Result<Started, RunError> {
        let Checked { fetched, runner } = self.0;
        let (run, engine) = match runner {
            Runner::ToolHive(toolhive) => {
                return hand_over(&toolhive, &fetched.document, signals).await;
            }
            Runner::Container(run, engine) => (run, engine),
        };
        let plan = fetched.complete(&run)?;
        select! {
            done = make_ready(&fetched, &engine, &plan, observer) => done?,
            _ = ending(signals) => return Err(RunError::Interrupted),
        }
        save(&fetched, store, observer)?;
        let launch = Launch { engine, plan, client: &fetched.client, observer };
        match launch.plan.transport {
            McpTransport::Stdio => launch.stdio(signals).await,
            _ => launch.http(fetched.request.lifetime, signals).await,
        }
    }
}

/// Removes an ended container of the same workload, and pulls the image where that is needed.
async fn make_ready(
    fetched: &Fetched,
    engine: &Engine,
    plan: &Plan,
    observer: &dyn RunObserver,
) -> Result<(), RunError> {
    engine.make_room(plan).await?;
    if fetched.local_image.is_some() {
        return Ok(());
    }
    provide_image(engine, &plan.image, observer).await
}

/// Pulls the image as `ToolHive`'s ordinary run does: always if the tag is missing or `latest`, otherwise
/// only if the engine does not have it. If the pull fails, an older local image is used.
async fn provide_image(
    engine: &Engine,
    image: &str,
    observer: &dyn RunObserver,
) -> Result<(), RunError> {
    let is_here = engine.has_image(image).await?;
    let is_moving = image.parse::<Reference>().is_ok_and(|reference| {
        reference.digest().is_none() && reference.tag().is_none_or(|tag| tag.as_str() == "latest")
    });
    if is_here && !is_moving {
        return Ok(());
    }
    observer.note(Note::PullingImage(image));
    match engine.pull_image(image).await {
        Err(error) if is_here => {
            observer.note(Note::OlderImage(&error));
            Ok(())
        }
        other => Ok(other?),
    }
}

/// Saves the configuration in the state store, as `ToolHive` does, so that it can be exported. An
/// image does not replace the configuration of another image.
fn save(fetched: &Fetched, store: &StateStore, observer: &dyn RunObserver) -> Result<(), RunError> {
    let document = &fetched.document;
    let name = document.workload_name()?;
    let is_other_image = fetched.is_image()
        && store.load(&name).is_ok_and(|stored| stored.config().image != document.config().image);
    let if_exists = if is_other_image { IfExists::Fail } else { IfExists::Replace };
    if store.save(&name, document, if_exists)? == SaveOutcome::Replaced && !fetched.is_image() {
        observer.note(Note::Replaced(&name));
    }
    Ok(())
}

async fn hand_over(
    toolhive: &ToolHive,
    document: &Document,
    signals: &mut impl Signals,
) -> Result<Started, RunError> {
    let mut run = toolhive.start(document)?;
    let status = loop {
        select! {
            status = run.process.wait() => break status.map_err(waiting)?,
            // A terminal sends Ctrl-C to ToolHive too.
            signal = ending(signals) => if signal != Signal::Interrupt {
                run.process.start_kill().map_err(waiting)?;
            }
        }
    };
    run.clean_up()?;
    Ok(Started::Over(RunOutcome::Exited(status)))
}
