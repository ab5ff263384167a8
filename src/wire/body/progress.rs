//! How far the sending of a request's body got, and the size, digest and text of a body that is seen piece by
//! piece.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

/// Tells how far the sending of a body got: written by the body as it is sent, and read by the task
/// that waits for the response and by the record of the exchange. Clones share their state.
///
/// A byte counts as sent once the HTTP library has taken it to write it to the connection. The
/// library takes no byte before there is a connection. It may hold up to half a megabyte, and the
/// operating system several more, when a connection breaks: these bytes count although the other
/// end did not receive them. Neither reports how many they are.
#[derive(Clone)]
pub(crate) struct SendProgress(Arc<Mutex<State>>);

struct State {
    last_activity: Instant,
    tally: Option<BodyTally>,
    read_error: Option<io::Error>,
}

impl SendProgress {
    /// Starts now. What is sent is counted in `tally`, if there is one.
    pub(crate) fn new(tally: Option<BodyTally>) -> Self {
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
    pub(crate) fn last_activity(&self) -> Instant {
        self.lock().last_activity
    }

    pub(crate) fn take_read_error(&self) -> Option<io::Error> {
        self.lock().read_error.take()
    }

    /// Removes and returns the tally of what was sent. Nothing is counted after that.
    pub(crate) fn take_tally(&self) -> Option<BodyTally> {
        self.lock().tally.take()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The longest text of a body that is kept, in bytes.
const TEXT_LIMIT: usize = 64 * 1024;

/// Counts and hashes the pieces of a body, and keeps them while they are few enough to be recorded as
/// text.
pub(crate) struct BodyTally {
    pub(crate) size: u64,
    hash: Option<Sha256>,
    start: Vec<u8>,
}

impl BodyTally {
    pub(crate) fn new() -> Self {
        Self { size: 0, hash: Some(Sha256::new()), start: Vec::new() }
    }

    /// Makes a tally of a body whose digest is computed elsewhere.
    pub(crate) const fn without_hash() -> Self {
        Self { size: 0, hash: None, start: Vec::new() }
    }

    pub(crate) fn add(&mut self, piece: &[u8]) {
        self.size += piece.len() as u64;
        if let Some(hash) = &mut self.hash {
            hash.update(piece);
        }
        let room = TEXT_LIMIT.saturating_sub(self.start.len()).min(piece.len());
        self.start.extend_from_slice(piece.get(..room).unwrap_or_default());
    }

    /// Returns the SHA-256 of the bytes so far, unless it is computed elsewhere.
    pub(crate) fn sha256(&self) -> Option<[u8; 32]> {
        self.hash.clone().map(|hash| hash.finalize().into())
    }

    /// Returns the bytes so far as text if they are at most 64 KiB of UTF-8 without other control
    /// characters than white space.
    pub(crate) fn into_text(self) -> Option<String> {
        let is_binary = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
        let whole = self.size == self.start.len() as u64;
        let text = String::from_utf8(self.start).ok().filter(|_| whole)?;
        (!text.contains(is_binary)).then_some(text)
    }
}
