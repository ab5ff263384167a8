//! Signals that end a run or are passed on to a server.

use std::future::Future;
use std::io;

use super::consent::Agreed;

/// A signal that a run acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// `SIGHUP`.
    Hangup,
    /// `SIGINT`, and Ctrl-C where there are no signals.
    Interrupt,
    /// `SIGQUIT`.
    Quit,
    /// `SIGTERM`.
    Terminate,
    /// `SIGUSR1`.
    User1,
    /// `SIGUSR2`.
    User2,
}

impl Signal {
    /// The signals that ask a program to end.
    const ENDING: &[Self] = &[Self::Hangup, Self::Interrupt, Self::Quit, Self::Terminate];
    /// All signals that are passed on to a stdio server.
    const ALL: &[Self] =
        &[Self::Hangup, Self::Interrupt, Self::Quit, Self::Terminate, Self::User1, Self::User2];

    /// Returns the name that engines take, such as `TERM`.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Hangup => "HUP",
            Self::Interrupt => "INT",
            Self::Quit => "QUIT",
            Self::Terminate => "TERM",
            Self::User1 => "USR1",
            Self::User2 => "USR2",
        }
    }
}

/// A source of signals for a run: those of this process, or those that an embedding program makes.
pub trait Signals: Send {
    /// Waits for the next signal. Dropping the future loses no signal.
    fn next(&mut self) -> impl Future<Output = Signal> + Send;
}

/// Waits for a signal that asks a program to end.
pub(super) async fn ending(signals: &mut impl Signals) -> Signal {
    loop {
        let signal = signals.next().await;
        if Signal::ENDING.contains(&signal) {
            return signal;
        }
    }
}

/// The signals of this process. Once this value exists, they no longer end the process by themselves.
#[derive(Debug)]
pub struct ProcessSignals {
    #[cfg(unix)]
    caught: Vec<(Signal, tokio::signal::unix::Signal)>,
}

impl ProcessSignals {
    /// Catches signals from now on: all of them for a stdio server, because they are passed on to it;
    /// otherwise those that ask a program to end. Elsewhere than on Unix, Ctrl-C is the only one.
    ///
    /// # Errors
    /// Those of the system.
    pub fn catch(agreed: &Agreed) -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let kind = |wanted| match wanted {
                Signal::Hangup => SignalKind::hangup(),
                Signal::Interrupt => SignalKind::interrupt(),
                Signal::Quit => SignalKind::quit(),
                Signal::Terminate => SignalKind::terminate(),
                Signal::User1 => SignalKind::user_defined1(),
                Signal::User2 => SignalKind::user_defined2(),
            };
            let signals = if agreed.is_stdio() { Signal::ALL } else { Signal::ENDING };
            let caught = signals.iter().map(|wanted| Ok((*wanted, signal(kind(*wanted))?)));
            Ok(Self { caught: caught.collect::<io::Result<_>>()? })
        }
        #[cfg(not(unix))]
        {
            let _ = agreed;
            Ok(Self {})
        }
    }
}

impl Signals for ProcessSignals {
    #[cfg(unix)]
    async fn next(&mut self) -> Signal {
        use std::task::Poll;
        std::future::poll_fn(|context| {
            let came = self.caught.iter_mut().find_map(|(name, signal)| {
                matches!(signal.poll_recv(context), Poll::Ready(Some(()))).then_some(*name)
            });
            came.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> Signal {
        // Where Ctrl-C cannot be caught, it ends the process as it does by default.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::Interrupt
    }
}
