//! Shows progress on standard error while an operation takes longer than a second.
//!
//! Only a terminal gets it, and nothing of it is left when the operation ends.

use std::future::Future;
use std::io::{self, Write as _};
use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, interval_at};

use super::layout::WIDTH;
use super::output::Output;
use crate::printable::excerpt;

const STEP: Duration = Duration::from_secs(1);
/// Moves to the start of the line and clears it.
const CLEAR: &str = "\r\u{1b}[K";

/// Waits for `work` and shows `doing` with the time that passed: `pulling REF … 3 s`.
pub(super) async fn during<T>(
    output: Output,
    doing: impl Fn() -> String,
    work: impl Future<Output = T>,
) -> T {
    let mut work = pin!(work);
    if !output.shows_progress() {
        return work.await;
    }
    let mut line = Line { is_shown: false };
    let mut steps = interval_at(Instant::now() + STEP, STEP);
    let mut seconds = 0_u64;
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = steps.tick() => {
                seconds += STEP.as_secs();
                line.show(&doing(), seconds);
            }
        }
    }
}

/// The line on the terminal. Dropping it clears the line.
struct Line {
    is_shown: bool,
}

impl Line {
    fn show(&mut self, doing: &str, seconds: u64) {
        self.is_shown = true;
        let doing = excerpt(doing, WIDTH - 12);
        let mut stderr = io::stderr().lock();
        // A failure to show progress does not matter.
        let _ = write!(stderr, "{CLEAR}{doing} … {seconds} s").and_then(|()| stderr.flush());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.is_shown {
            let mut stderr = io::stderr().lock();
            let _ = stderr.write_all(CLEAR.as_bytes()).and_then(|()| stderr.flush());
        }
    }
}
