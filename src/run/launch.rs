//! Starts a run that the user agreed to.

use tokio::select;

use super::consent::Agreed;
use super::error::RunError;
use super::fetch::{Fetched, find_engine};
use super::image::ImageChoice;
use super::observer::{Note, RunObserver};
use super::prepare::{Checked, Runner};
use super::server::{Launch, RunOutcome, Started, waiting};
use super::signals::{Signal, Signals, ending};
use crate::engine::{Engine, EngineError, ToolHive};
use crate::oci::Reference;
use crate::runconfig::{Document, McpTransport, is_built_by_toolhive};
use crate::state::{IfExists, SaveOutcome, StateStore, Stored};

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
        let Checked { fetched, runner, image, stored } = self.0;
        let may_replace = fetched.may_replace(stored);
        let (run, engine) = match runner {
            Runner::ToolHive(toolhive) => {
                provide_for_toolhive(&fetched, &image, signals, observer).await?;
                return hand_over(&toolhive, &fetched.document, signals).await;
            }
            Runner::Container(run, engine) => (run, engine),
        };
        let mut plan = fetched.complete(&run)?;
        plan.image = image.name(&plan.image);
        let ready = async {
            if let Some(old) = engine.make_room(&plan, may_replace).await? {
                observer.note(Note::RemovedContainer(&old));
            }
            if fetched.local_image.is_some() {
                return Ok(());
            }
            provide_image(&engine, &image, &plan.image, fetched.request.pull, observer).await
        };
        select! {
            done = ready => done?,
            _ = ending(signals) => return Err(RunError::Interrupted),
        }
        save(&fetched, stored, store, observer)?;
        let launch = Launch { engine, plan, client: &fetched.client, observer };
        match launch.plan.transport {
            McpTransport::Stdio => launch.stdio(signals).await,
            _ => launch.http(fetched.request.lifetime, signals).await,
        }
    }
}

/// Pulls the image as `ToolHive`'s ordinary run does: always if the tag is missing or `latest`, otherwise
/// only if the engine does not have it. If the pull fails, an older local image is used. With `again`, every
/// tag is pulled. An image that `ToolHive` built is never pulled.
async fn provide_image(
    engine: &Engine,
    choice: &ImageChoice,
    image: &str,
    again: bool,
    observer: &dyn RunObserver,
) -> Result<(), RunError> {
    let is_here = engine.has_image(image).await?;
    let reference = image.parse::<Reference>();
    if reference.as_ref().is_ok_and(is_built_by_toolhive) || *choice == ImageChoice::Local {
        let missing = || EngineError::NotHere(image.to_owned()).into();
        return is_here.then_some(()).ok_or_else(missing);
    }
    let is_moving = reference.is_ok_and(|reference| {
        let is_latest = reference.tag().is_none_or(|tag| tag.as_str() == "latest");
        reference.digest().is_none() && (is_latest || again)
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

/// Pulls the image for `ToolHive`, which does not pull the image of a configuration itself. An image that
/// the user agreed to gets its name on this machine, because `ToolHive` runs what has that name.
async fn provide_for_toolhive(
    fetched: &Fetched,
    choice: &ImageChoice,
    signals: &mut impl Signals,
    observer: &dyn RunObserver,
) -> Result<(), RunError> {
    let image = &fetched.document.config().image;
    if image.is_empty() || fetched.local_image.is_some() {
        return Ok(());
    }
    let engine = match find_engine(&fetched.request) {
        Ok(engine) => engine,
        Err(error) => {
            observer.note(Note::ImageNotPulled(&error));
            return Ok(());
        }
    };
    // With its registry: without one, podman would use any local image of the same path.
    let full = image.parse().map_or_else(|_| image.clone(), |image: Reference| image.to_string());
    let name = choice.name(&full);
    let work = async {
        provide_image(&engine, choice, &name, fetched.request.pull, observer).await?;
        if name == full { Ok(()) } else { Ok(engine.tag_image(&name, &full).await?) }
    };
    select! {
        done = work => done,
        _ = ending(signals) => Err(RunError::Interrupted),
    }
}

/// Saves the configuration in the state store, as `ToolHive` does, so that it can be exported, and
/// remembers its source.
fn save(
    fetched: &Fetched,
    stored: Stored,
    store: &StateStore,
    observer: &dyn RunObserver,
) -> Result<(), RunError> {
    let document = &fetched.document;
    let name = document.workload_name()?;
    if store.save(&name, document, IfExists::Replace)? == SaveOutcome::Replaced
        && !fetched.is_image()
    {
        observer.note(Note::Replaced(&name));
    }
    // The same bytes from another source do not become this source's.
    if stored != Stored::SameBytes
        && let Some(source) = fetched.source()
    {
        store.remember_source(&name, document, &source)?;
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
