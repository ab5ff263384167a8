//! The signals that ask the program to end: Ctrl-C, SIGTERM and SIGHUP.
//!
//! One thread watches for them for as long as the program runs, so that they have an effect whatever
//! the other thread does. The first one ends the process at once, unless something runs that has to be
//! ended in order. The second one always does.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::exit_code::INTERRUPTED;
use super::prompt;

/// What the program does, as far as a signal is concerned.
enum Doing {
    /// Nothing that has to be ended in order.
    Anything,
    /// Work that ends once it learns of the signal.
    Cancellable(oneshot::Sender<()>),
    /// Work that learned of a signal.
    Ending,
    /// A server runs, and [`ProcessSignals`](crate::run::ProcessSignals) brings the signals to it. If
    /// there is a number, the process ends after as many.
    Serving(Option<u8>),
}

static DOING: Mutex<Doing> = Mutex::new(Doing::Anything);

fn doing() -> MutexGuard<'static, Doing> {
    DOING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Watches for signals from now on.
pub(super) fn watch() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let mut signals = {
        let _within = runtime.enter();
        Watched::new()?
    };
    let watching = move || {
        runtime.block_on(async {
            loop {
                signals.next().await;
                act();
            }
        });
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(watching).map(drop)
}

/// Does what one signal asks for.
fn act() {
    let mut doing = doing();
    *doing = match std::mem::replace(&mut *doing, Doing::Ending) {
        Doing::Cancellable(work) => {
            // The receiver is there: dropping it replaces the sender first.
            let _ = work.send(());
            Doing::Ending
        }
        Doing::Serving(None) => Doing::Serving(None),
        Doing::Serving(Some(left)) if left > 1 => Doing::Serving(Some(left - 1)),
        // Nothing is printed: another thread may hold standard error and wait for its reader.
        Doing::Anything | Doing::Ending | Doing::Serving(Some(_)) => {
            prompt::restore();
            std::process::exit(i32::from(INTERRUPTED));
        }
    };
}

/// Work that a signal cancels. As long as this value exists, the first signal does not end the process.
pub(super) struct Cancellable(oneshot::Receiver<()>);

impl Cancellable {
    pub(super) fn new() -> Self {
        let (sender, receiver) = oneshot::channel();
        *doing() = Doing::Cancellable(sender);
        Self(receiver)
    }

    /// Waits for a signal. Call this no more once it has returned.
    pub(super) async fn signal(&mut self) {
        // Without a sender, no signal can come.
        if (&mut self.0).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Returns true if a signal came that [`Self::signal`] did not wait for. From now on, one ends the
    /// process at once.
    pub(super) fn was_cancelled(mut self) -> bool {
        *doing() = Doing::Anything;
        self.0.try_recv().is_ok()
    }
}

impl Drop for Cancellable {
    fn drop(&mut self) {
        *doing() = Doing::Anything;
    }
}

/// A server that signals are passed on to. As long as this value exists, they do not end the process.
pub(super) struct Serving(());

impl Serving {
    /// The first signal stops an HTTP server and the second one kills it. The third one ends the process
    /// at once: the container engine hangs. A stdio server gets any number of signals.
    pub(super) fn new(is_stdio: bool) -> Self {
        *doing() = Doing::Serving((!is_stdio).then_some(3));
        Self(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        *doing() = Doing::Anything;
    }
}

#[cfg(unix)]
struct Watched(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Watched {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let ignored = ignored();
        let is_watched = |kind: &SignalKind| match ignored {
            Some(ignored) => ignored & (1 << (kind.as_raw_value() - 1)) == 0,
            // Its default action ends the process too, and spares one that was started by `nohup`.
            None => *kind != SignalKind::hangup(),
        };
        let watched = kinds.into_iter().filter(is_watched).map(signal);
        watched.collect::<io::Result<_>>().map(Self)
    }

    async fn next(&mut self) {
        std::future::poll_fn(|context| {
            if self.0.iter_mut().any(|signal| signal.poll_recv(context).is_ready()) {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
    }
}

/// Returns the signals that the program was started to ignore, a bit for each, where the system tells:
/// `nohup` ignores SIGHUP, and a shell SIGINT for a job in the background.
#[cfg(unix)]
fn ignored() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(ignored.trim(), 16).ok()
}

#[cfg(not(unix))]
struct Watched;

#[cfg(not(unix))]
impl Watched {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        // Where Ctrl-C cannot be caught, it ends the process as it does by default.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
