//! How far the sending of a request's body got.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::tally::BodyTally;

/// Tells how far the sending of a body got: written by the body as it is sent, and read by the task
/// that waits for the response and by the record of the exchange. Clones share their state.
///
/// A byte counts as sent once the HTTP library has taken it to write it to the connection. The
/// library takes no byte before there is a connection. It may hold up to half a megabyte, and the
/// operating system several more, when a connection breaks: these bytes count although the other
/// end did not receive them. Neither tells how many they are.
#[derive(Clone)]
pub(in crate::wire) struct SendProgress(Arc<Mutex<State>>);

struct State {
    last_activity: Instant,
    tally: Option<BodyTally>,
    read_error: Option<io::Error>,
}

impl SendProgress {
    /// Starts now. What is sent is counted in `tally`, if there is one.
    pub(in crate::wire) fn new(tally: Option<BodyTally>) -> Self {
        let last_activity = Instant::now();
        Self(Arc::new(Mutex::new(State { last_activity, tally, read_error: None })))
    }

    pub(super) fn sent(&self, piece: &[u8]) {
        let mut state = self.lock();
        state.last_activity = Instant::now();
        if let Some(tally) = &mut state.tally {
            tally.add(piece);
        }
    }

    pub(super) fn fail(&self, error: io::Error) {
        self.lock().read_error = Some(error);
    }

    /// Returns when the last piece was sent, or the start if none was.
    pub(in crate::wire) fn last_activity(&self) -> Instant {
        self.lock().last_activity
    }

    pub(in crate::wire) fn take_read_error(&self) -> Option<io::Error> {
        self.lock().read_error.take()
    }

    /// Takes out the tally of what was sent. Nothing is counted after that.
    pub(in crate::wire) fn take_tally(&self) -> Option<BodyTally> {
        self.lock().tally.take()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
