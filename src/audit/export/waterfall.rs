//! The time and the connection of each exchange of a run, for a waterfall diagram.

use std::collections::HashMap;

use crate::audit::transcript::Recorded;

/// The time from the first start to the last end of a run's exchanges, in seconds.
pub(super) struct TimeSpan {
    start: f64,
    length: f64,
}

impl TimeSpan {
    pub(super) fn of(run: &[&Recorded]) -> Self {
        let start = run.iter().map(|recorded| recorded.started()).fold(f64::INFINITY, f64::min);
        let ends = run.iter().map(|recorded| recorded.started() + duration(recorded));
        let length = ends.fold(0.0, f64::max) - start;
        Self { start, length: length.max(1e-6) }
    }

    /// Returns where the bar of an exchange starts and how wide it is, in percent.
    pub(super) fn bar(&self, recorded: &Recorded) -> (f64, f64) {
        let percent = |seconds: f64| (seconds / self.length * 100.0).clamp(0.0, 100.0);
        let left = percent(recorded.started() - self.start);
        (left, percent(duration(recorded)).min(100.0 - left))
    }
}

fn duration(recorded: &Recorded) -> f64 {
    recorded.exchange.duration_ms / 1000.0
}

/// Returns the number of each exchange's connection, counted from 1 in the order of first use, or
/// `None` if no connection is recorded, as for a request without a response.
pub(super) fn connections(run: &[&Recorded]) -> Vec<Option<usize>> {
    let mut known = HashMap::new();
    run.iter()
        .map(|recorded| {
            let peer = recorded.exchange.peer.as_ref()?;
            let ends = (peer.local_addr.as_ref()?, &peer.addr);
            let next = known.len() + 1;
            Some(*known.entry(ends).or_insert(next))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::TranscriptReader;

    #[test]
    fn connections_are_numbered_by_first_use() {
        let mut text = include_bytes!("../../../fixtures/exchanges/pull-with-token.jsonl").to_vec();
        text.extend(include_bytes!("../../../fixtures/wire-check/unsafe-retry.jsonl"));
        let records = TranscriptReader::new(std::io::Cursor::new(text)).read().unwrap();
        let numbers = connections(&records.iter().collect::<Vec<_>>());
        // The registry, the token server, the registry again.
        assert_eq!(numbers[..3], [Some(1), Some(2), Some(1)]);
        assert!(numbers[3..].iter().all(Option::is_none));
    }
}
