//! When the exchanges of a run were, as parts of the time that it took.

use crate::audit::Recorded;

/// The time that a run took, in milliseconds.
pub(super) struct Window {
    start: f64,
    length: f64,
}

impl Window {
    /// The window of `records`.
    pub(super) fn of(records: &[&Recorded]) -> Self {
        let starts = || records.iter().map(|recorded| start(recorded));
        let ends = records.iter().map(|r| start(r) + r.exchange.duration_ms);
        let start = starts().fold(f64::INFINITY, f64::min);
        let length = ends.fold(0.0, f64::max) - start;
        Self { start, length: length.max(0.001) }
    }

    /// Where an exchange stands, and how wide it is, in percent.
    pub(super) fn place(&self, recorded: &Recorded) -> (f64, f64) {
        let percent = |ms: f64| (ms / self.length * 100.0).clamp(0.0, 100.0);
        (percent(start(recorded) - self.start), percent(recorded.exchange.duration_ms))
    }
}

fn start(recorded: &Recorded) -> f64 {
    recorded.started() * 1000.0
}
