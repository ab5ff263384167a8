//! Says that something is under way when it takes longer than a second: on a terminal alone, on
//! standard error, and gone when it is done.

use std::future::Future;
use std::io::{self, Write as _};
use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, interval_at};

use super::layout::WIDTH;
use super::output::Output;
use crate::printable::excerpt;

/// How long nothing is shown, and how often the line changes then.
const STEP: Duration = Duration::from_secs(1);
/// Goes to the start of the line and clears it.
const CLEAR: &str = "\r\u{1b}[K";

/// Waits for `work`, and shows what is being done while that takes long: `pulling REF … 3 s`.
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

/// The line, which is cleared when this is dropped.
struct Line {
    is_shown: bool,
}

impl Line {
    fn show(&mut self, doing: &str, seconds: u64) {
        self.is_shown = true;
        let doing = excerpt(doing, WIDTH - 12);
        let mut stderr = io::stderr().lock();
        // Progress that cannot be shown is missed by nobody.
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
