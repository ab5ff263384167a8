//! When the exchanges of a run were, as parts of the time that it took.

use crate::audit::Recorded;
use crate::wire::Exchange;

/// The time that a run took, in milliseconds since its month began.
pub(super) struct Window {
    start: f64,
    length: f64,
}

impl Window {
    /// The window of `records`.
    pub(super) fn of(records: &[&Recorded]) -> Self {
        let starts = || records.iter().map(|recorded| start_ms(&recorded.exchange));
        let ends = records.iter().map(|r| start_ms(&r.exchange) + r.exchange.duration_ms);
        let start = starts().fold(f64::INFINITY, f64::min);
        let length = ends.fold(0.0, f64::max) - start;
        Self { start, length: length.max(0.001) }
    }

    /// Where an exchange stands, and how wide it is, in percent.
    pub(super) fn place(&self, exchange: &Exchange) -> (f64, f64) {
        let percent = |ms: f64| (ms / self.length * 100.0).clamp(0.0, 100.0);
        (percent(start_ms(exchange) - self.start), percent(exchange.duration_ms))
    }
}

/// When `exchange` began, in milliseconds since its month began.
fn start_ms(exchange: &Exchange) -> f64 {
    let part = |range: std::ops::Range<usize>| {
        exchange.start.get(range).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0)
    };
    ((part(8..10) * 24.0 + part(11..13)) * 60.0 + part(14..16)) * 60_000.0 + part(17..23) * 1000.0
}
