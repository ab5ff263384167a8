//! Which exchanges of a run shared a connection.

use std::collections::HashMap;

use crate::audit::Recorded;

/// The number of each exchange's connection, counted from 1 in the order in which they were first used;
/// `None` where none is recorded, as of a request that nobody answered.
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
    fn a_connection_keeps_its_number_and_who_has_none_gets_none() {
        let mut text = include_bytes!("../../../fixtures/exchanges/pull-with-token.jsonl").to_vec();
        text.extend(include_bytes!("../../../fixtures/wire-check/unsafe-retry.jsonl"));
        let records = TranscriptReader::new(std::io::Cursor::new(text)).read().unwrap();
        let numbers = connections(&records.iter().collect::<Vec<_>>());
        // The registry, the token server, the registry again.
        assert_eq!(numbers[..3], [Some(1), Some(2), Some(1)]);
        assert!(numbers[3..].iter().all(Option::is_none));
    }
}
