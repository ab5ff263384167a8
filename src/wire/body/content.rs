//! The body of a request.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::outgoing::Outgoing;
use super::progress::BodyTally;
use super::progress::SendProgress;
use super::source::BodySource;

/// The body of a request. Clones share the content.
#[derive(Clone)]
pub(crate) struct Body(Content);

#[derive(Clone)]
enum Content {
    Memory(Bytes),
    Source { source: Arc<dyn BodySource>, start: u64, size: u64 },
}

impl Body {
    pub(crate) const fn empty() -> Self {
        Self(Content::Memory(Bytes::new()))
    }

    /// Makes a body of the first `size` bytes of `source`, which are read on another thread while they
    /// are sent.
    pub(crate) fn from_source(source: Arc<dyn BodySource>, size: u64) -> Self {
        Self(Content::Source { source, start: 0, size })
    }

    pub(crate) const fn size(&self) -> u64 {
        match &self.0 {
            Content::Memory(bytes) => bytes.len() as u64,
            Content::Source { size, .. } => *size,
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.size() == 0
    }

    /// Returns at most `length` bytes of this body from `offset` on.
    pub(crate) fn part(&self, offset: u64, length: u64) -> Self {
        let offset = offset.min(self.size());
        let length = length.min(self.size() - offset);
        Self(match &self.0 {
            Content::Memory(bytes) => {
                // Both are at most the length of `bytes`, which is a `usize`.
                let from = usize::try_from(offset).unwrap_or(bytes.len());
                let to = usize::try_from(offset + length).unwrap_or(bytes.len());
                Content::Memory(bytes.slice(from..to))
            }
            Content::Source { source, start, .. } => {
                Content::Source { source: Arc::clone(source), start: start + offset, size: length }
            }
        })
    }

    /// Returns an empty tally for this body. It does not hash what the source hashes itself: then
    /// [`Body::known_sha256`] is the digest.
    pub(crate) fn tally(&self) -> BodyTally {
        match &self.0 {
            Content::Source { source, start: 0, .. } if source.hashes() => {
                BodyTally::without_hash()
            }
            _ => BodyTally::new(),
        }
    }

    /// Returns the SHA-256 of the whole body if its source computed it.
    pub(crate) fn known_sha256(&self) -> Option<[u8; 32]> {
        match &self.0 {
            Content::Source { source, start: 0, size } => source.sha256(*size),
            _ => None,
        }
    }

    /// Returns the body as the HTTP library takes it. `progress` follows the sending.
    pub(crate) fn outgoing(&self, progress: SendProgress) -> Outgoing {
        match &self.0 {
            Content::Memory(bytes) => Outgoing::from_memory(bytes.clone(), progress),
            Content::Source { source, start, size } => {
                Outgoing::from_source(Arc::clone(source), *start, *size, progress)
            }
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Content::Memory(bytes))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

/// Prints the size alone.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.size())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn part_stays_within_its_body() {
        let memory = Body::from(b"0123456789".to_vec());
        let bytes = |body: &Body| match &body.0 {
            Content::Memory(bytes) => bytes.to_vec(),
            Content::Source { .. } => panic!("not in memory"),
        };
        assert_eq!(bytes(&memory.part(2, 3)), b"234");
        assert_eq!(bytes(&memory.part(8, 100)), b"89");
        assert!(memory.part(11, 1).is_empty());
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let source = Body::from_source(Arc::new(file), 10);
        assert_eq!(source.part(2, 100).part(1, 100).size(), 7);
        assert_eq!(format!("{source:?}"), "Body(10 bytes)");
    }
}
