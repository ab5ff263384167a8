//! A server in a container, from its start to its end.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::Child;
use tokio::select;
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use super::error::{NoAnswer, RunError};
use super::observer::{Note, RunObserver};
use super::signals::{Signals, ending};
use crate::engine::{Engine, EngineKind, Lifetime, Plan};
use crate::oci::Client;
use crate::wire::{HttpErrorKind, Method, Request, Transport};

/// How long an HTTP server may take until it answers. `ToolHive` waits as long.
const READY_LIMIT: Duration = Duration::from_secs(300);
/// The time between two requests to a server that does not answer yet.
const PAUSE: Duration = Duration::from_millis(100);
/// How long one answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// The time between two checks of a server in the background.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How often a server in the background may end before it answers.
const RESTART_LIMIT: u64 = 3;

/// A run after its start.
#[derive(Debug)]
pub enum Started {
    /// The run is over already.
    Over(RunOutcome),
    /// An HTTP server answers.
    Serving(Box<Server>),
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunOutcome {
    /// The server ended.
    Exited(ExitStatus),
    /// A signal stopped the server.
    Stopped,
    /// The server keeps running in the background.
    Detached,
}

/// An HTTP server that answers.
#[derive(Debug)]
pub struct Server {
    /// The container's name.
    pub name: String,
    /// The URL at which the server answers.
    pub url: Url,
    engine: Engine,
    id: String,
    /// The engine's process, where the server runs in the foreground.
    process: Option<Child>,
}

pub(super) struct Launch<'a> {
    pub(super) engine: Engine,
    pub(super) plan: Plan,
    pub(super) client: &'a Client,
    pub(super) observer: &'a dyn RunObserver,
}

impl Launch<'_> {
    /// Runs a stdio server. Its standard input and output are this process's own: no byte of them
    /// passes through this program, which only passes on signals and removes the container.
    pub(super) async fn stdio(self, signals: &mut impl Signals) -> Result<Started, RunError> {
        let id = self.engine.create(&self.plan, Lifetime::Attached).await?;
        let outcome = pass_on_signals(&self.engine, &id, signals).await;
        self.engine.remove(&id).await?;
        outcome.map(|status| Started::Over(RunOutcome::Exited(status)))
    }

    pub(super) async fn http(
        self,
        lifetime: Lifetime,
        signals: &mut impl Signals,
    ) -> Result<Started, RunError> {
        let id = self.engine.create(&self.plan, lifetime).await?;
        let started = match lifetime {
            Lifetime::Attached => self.foreground(&id, signals).await,
            Lifetime::Detached => self.background(&id, signals).await,
        };
        if !matches!(started, Ok(Started::Serving(_))) {
            self.engine.remove(&id).await?;
        }
        started
    }

    async fn foreground(&self, id: &str, signals: &mut impl Signals) -> Result<Started, RunError> {
        let mut process = self.engine.start_attached(id, false)?;
        select! {
            status = process.wait() => match status.map_err(waiting)? {
                status if status.success() => {
                    Err(NoAnswer::Ended.into())
                }
                status => Ok(Started::Over(RunOutcome::Exited(status))),
            },
            answered = self.answered() => Ok(self.serving(id, answered?, Some(process))),
            _ = ending(signals) => {
                stop(&self.engine, id, &mut process, signals, self.observer).await?;
                Ok(Started::Over(RunOutcome::Stopped))
            }
        }
    }

    async fn background(&self, id: &str, signals: &mut impl Signals) -> Result<Started, RunError> {
        self.engine.start(id).await?;
        select! {
            answered = self.answered() => Ok(self.serving(id, answered?, None)),
            gave_up = ended_for_good(&self.engine, id) => Err(gave_up?.into()),
            _ = ending(signals) => Err(NoAnswer::Signal.into()),
        }
    }

    /// Waits until the server answers, and returns its URL. The requests are part of the client's
    /// transcript.
    async fn answered(&self) -> Result<Url, RunError> {
        let url = self.plan.url.as_deref().map(Url::parse);
        let Some(Ok(url)) = url else { return Err(NoAnswer::TimedOut(Duration::ZERO).into()) };
        self.observer.note(Note::Waiting(&url));
        wait_until_ready(self.client.transport(), &url, READY_LIMIT).await?;
        Ok(url)
    }

    fn serving(&self, id: &str, url: Url, process: Option<Child>) -> Started {
        Started::Serving(Box::new(Server {
            engine: self.engine.clone(),
            id: id.to_owned(),
            name: self.plan.name.clone(),
            url,
            process,
        }))
    }
}

impl Server {
    pub(crate) fn engine(&self) -> EngineKind {
        self.engine.kind
    }

    /// Returns true if the server runs in the background.
    pub(crate) const fn is_detached(&self) -> bool {
        self.process.is_none()
    }

    /// Waits until the server ends or a signal stops it, and removes its container. A detached server
    /// is left alone.
    ///
    /// # Errors
    /// [`RunError::Engine`], [`RunError::Io`].
    pub async fn wait(
        mut self,
        signals: &mut impl Signals,
        observer: &dyn RunObserver,
    ) -> Result<RunOutcome, RunError> {
        let Some(process) = &mut self.process else { return Ok(RunOutcome::Detached) };
        let outcome = select! {
            status = process.wait() => status.map(RunOutcome::Exited).map_err(waiting),
            _ = ending(signals) => stop(&self.engine, &self.id, process, signals, observer)
                .await
                .map(|()| RunOutcome::Stopped),
        };
        self.engine.remove(&self.id).await?;
        outcome
    }

    /// Removes the server's container, which is stopped first.
    ///
    /// # Errors
    /// [`RunError::Engine`].
    pub async fn remove(self) -> Result<(), RunError> {
        Ok(self.engine.remove(&self.id).await?)
    }
}

async fn pass_on_signals(
    engine: &Engine,
    id: &str,
    signals: &mut impl Signals,
) -> Result<ExitStatus, RunError> {
    let mut process = engine.start_attached(id, true)?;
    loop {
        select! {
            status = process.wait() => return status.map_err(waiting),
            signal = signals.next() => if engine.signal(id, signal.as_str()).await.is_err() {
                // It does not run yet, or has ended.
                engine.remove(id).await?;
            }
        }
    }
}

/// Stops a server. A second signal stops it at once.
async fn stop(
    engine: &Engine,
    id: &str,
    process: &mut Child,
    signals: &mut impl Signals,
    observer: &dyn RunObserver,
) -> Result<(), RunError> {
    observer.note(Note::Stopping);
    select! {
        // Removing the container ends a server that could not be stopped.
        _ = engine.stop(id) => {}
        _ = ending(signals) => {}
    }
    engine.remove(id).await?;
    process.wait().await.map_err(waiting)?;
    Ok(())
}

/// Returns the reason once a server in the background is gone or has ended several times.
async fn ended_for_good(engine: &Engine, id: &str) -> Result<NoAnswer, RunError> {
    loop {
        sleep(LOOK_AGAIN).await;
        let Some(container) = engine.container(id).await? else {
            return Ok(NoAnswer::Gone);
        };
        if container.restarts >= RESTART_LIMIT {
            return Ok(NoAnswer::EndedRepeatedly(engine.last_output(id).await?));
        }
    }
}

/// Returns the error of a wait for a process.
pub(super) fn waiting(error: io::Error) -> RunError {
    RunError::Io { doing: "waiting for the server".to_owned(), error }
}

/// Sends requests to `url` until one is answered, for `limit` at most. An open connection is not
/// enough: an engine's own proxy accepts connections before the server listens. A response of any status is
/// enough.
async fn wait_until_ready(
    transport: &Transport,
    url: &Url,
    limit: Duration,
) -> Result<(), RunError> {
    let start = Instant::now();
    while start.elapsed() < limit {
        let request = Request::new(Method::GET, url.clone(), "run: wait");
        let request = request.header("accept", "application/json, text/event-stream");
        match timeout(ANSWER_LIMIT, transport.send(request)).await {
            Ok(Ok(_)) => return Ok(()),
            // Even a malformed response proves that something is listening.
            Ok(Err(error)) if matches!(error.kind(), HttpErrorKind::NotHttp) => return Ok(()),
            _ => sleep(PAUSE).await,
        }
    }
    Err(NoAnswer::TimedOut(limit).into())
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;
    use crate::wire::Settings;

    #[tokio::test]
    async fn head_of_an_endless_stream_is_an_answer_and_a_bare_connection_is_none() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Url::parse(&format!("http://{}/sse", listener.local_addr().unwrap())).unwrap();
        let server = std::thread::spawn(move || {
            // An engine's own proxy does this before the server listens.
            drop(listener.accept().unwrap());
            let (mut stream, _) = listener.accept().unwrap();
            assert!(stream.read(&mut [0; 1024]).unwrap() > 0);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: a\n\n";
            stream.write_all(head.as_bytes()).unwrap();
            stream
        });
        let transport = Transport::new(Settings::default());
        wait_until_ready(&transport, &url, Duration::from_secs(60)).await.unwrap();
        server.join().unwrap();
        let late = wait_until_ready(&transport, &url, Duration::ZERO).await;
        let RunError::NoAnswer(error) = late.unwrap_err() else { panic!("another error") };
        assert_eq!(error, NoAnswer::TimedOut(Duration::ZERO));
    }
}
