//! On how many connections a run's exchanges took place, as far as their times tell.
//!
//! A transcript does not name connections. With HTTP/1.1, exchanges of one origin that overlap were on
//! different ones; those that do not are taken to have shared one, as a client that keeps connections
//! open does.

use std::collections::BTreeMap;

/// An exchange: its origin, and when it began and ended, in milliseconds.
pub(super) struct Span<'a> {
    pub(super) origin: &'a str,
    pub(super) start: f64,
    pub(super) end: f64,
}

/// The number of each exchange's connection, counted from 1 over all origins, in the order given.
pub(super) fn connections(spans: &[Span<'_>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.sort_by(|a, b| spans[*a].start.total_cmp(&spans[*b].start));
    let mut free_from: BTreeMap<&str, Vec<(usize, f64)>> = BTreeMap::new();
    let mut numbers = vec![0; spans.len()];
    let mut count = 0;
    for index in order {
        let span = &spans[index];
        let lanes = free_from.entry(span.origin).or_default();
        let free = lanes.iter_mut().find(|(_, free)| *free <= span.start);
        if let Some((number, free)) = free {
            numbers[index] = *number;
            *free = span.end;
        } else {
            count += 1;
            numbers[index] = count;
            lanes.push((count, span.end));
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_at_one_origin_is_on_another_connection() {
        let span = |origin, start, end| Span { origin, start, end };
        let spans = [
            span("a", 0.0, 5.0),
            span("a", 1.0, 3.0),
            span("b", 1.0, 2.0),
            span("a", 3.0, 4.0),
            span("a", 5.0, 6.0),
            span("b", 2.0, 9.0),
        ];
        assert_eq!(connections(&spans), [1, 2, 3, 2, 1, 3]);
        assert_eq!(connections(&[]), [0; 0]);
    }
}
