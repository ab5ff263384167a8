//! Signals that end or reach a server instead of this program.

use std::io;

/// Signals, caught from when this value is made.
pub(super) struct Signals {
    #[cfg(unix)]
    caught: Vec<(&'static str, tokio::signal::unix::Signal)>,
}

#[cfg(unix)]
impl Signals {
    /// Those that ask a program to end.
    pub(super) fn to_end() -> io::Result<Self> {
        Self::of(&ENDING)
    }

    /// All that mean something to a server.
    pub(super) fn to_pass_on() -> io::Result<Self> {
        Self::of(&[&ENDING[..], &OTHERS].concat())
    }

    fn of(names: &[&'static str]) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let kind = |name| match name {
            "HUP" => SignalKind::hangup(),
            "INT" => SignalKind::interrupt(),
            "QUIT" => SignalKind::quit(),
            "USR1" => SignalKind::user_defined1(),
            "USR2" => SignalKind::user_defined2(),
            _ => SignalKind::terminate(),
        };
        let caught = names.iter().map(|name| Ok((*name, signal(kind(name))?)));
        Ok(Self { caught: caught.collect::<io::Result<_>>()? })
    }

    /// The name of the next one, such as `TERM`.
    pub(super) async fn next(&mut self) -> &'static str {
        use std::task::Poll;
        std::future::poll_fn(|context| {
            let came = self.caught.iter_mut().find_map(|(name, signal)| {
                matches!(signal.poll_recv(context), Poll::Ready(Some(()))).then_some(*name)
            });
            came.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

#[cfg(unix)]
const ENDING: [&str; 4] = ["HUP", "INT", "QUIT", "TERM"];
#[cfg(unix)]
const OTHERS: [&str; 2] = ["USR1", "USR2"];

#[cfg(not(unix))]
impl Signals {
    pub(super) fn to_end() -> io::Result<Self> {
        Ok(Self {})
    }

    pub(super) fn to_pass_on() -> io::Result<Self> {
        Ok(Self {})
    }

    pub(super) async fn next(&mut self) -> &'static str {
        // Where it cannot be watched, it ends the process as it always does.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "INT"
    }
}
