//! Runs a command's requests to registries: with progress, a time limit, and Ctrl-C.
//!
//! Progress is shown on standard error while an operation takes longer than a second. Only a terminal
//! gets it, and nothing of it is left when the operation ends.

use std::future::Future;
use std::io::{self, Write as _};
use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, interval_at};

use super::failure::Failure;
use super::layout::WIDTH;
use super::options::Context;
use super::output::Output;
use super::signals::Cancellable;
use crate::printable::{excerpt, printable};

/// Waits for `work`, which only sends requests to registries, then prints the registries' warnings.
/// `doing` is the text that the progress line shows.
///
/// A signal and the end of the time limit cancel the work; an upload is then cancelled at its registry
/// too, unless a second signal ends the process at once.
pub(super) async fn transfer<T>(
    context: &Context,
    doing: &str,
    work: impl Future<Output = T>,
) -> Result<T, Failure> {
    transfer_counted(context, || doing.to_owned(), work).await
}

/// Does what [`transfer`] does, with a description that may change.
pub(super) async fn transfer_counted<T>(
    context: &Context,
    doing: impl Fn() -> String,
    work: impl Future<Output = T>,
) -> Result<T, Failure> {
    let mut cancellable = Cancellable::new();
    let done = {
        let shown = Box::pin(during(context.output, doing, work));
        tokio::select! {
            done = tokio::time::timeout(context.total_timeout, shown) => {
                done.map_err(|_| Failure::OutOfTime(context.total_timeout))
            }
            () = cancellable.signal() => Err(Failure::Interrupted),
        }
    };
    // Tasks of the work that were aborted a moment ago end first.
    tokio::task::yield_now().await;
    if context.client.is_cancelling() {
        context.output.note("cancelling the upload");
    }
    context.client.settle().await;
    for warning in context.client.take_warnings() {
        let text = format!("warning from {}: {}", warning.registry, warning.text);
        context.output.message(&printable(&text));
    }
    if cancellable.was_cancelled() { Err(Failure::Interrupted) } else { done }
}

const STEP: Duration = Duration::from_secs(1);
/// Moves to the start of the line and clears it.
const CLEAR: &str = "\r\u{1b}[K";

/// Waits for `work` and shows `doing` with the time that passed: `pulling REF … 3 s`.
async fn during<T>(output: Output, doing: impl Fn() -> String, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    if !output.shows_progress() {
        return work.await;
    }
    let mut line = None;
    let mut steps = interval_at(Instant::now() + STEP, STEP);
    let mut seconds = 0_u64;
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = steps.tick() => {
                seconds += STEP.as_secs();
                let doing = excerpt(&doing(), WIDTH - 12);
                line.get_or_insert(Line);
                Line::print(&format!("{doing} … {seconds} s"));
            }
        }
    }
}

/// The line on the terminal. Dropping it clears the line.
struct Line;

impl Line {
    fn print(text: &str) {
        let mut stderr = io::stderr().lock();
        // A failure to show progress does not matter.
        let _ = write!(stderr, "{CLEAR}{text}").and_then(|()| stderr.flush());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        Self::print("");
    }
}
