//! Size, digest and text of a body that is seen piece by piece.

use sha2::{Digest as _, Sha256};

/// The longest text of a body that is kept, in bytes.
const TEXT_LIMIT: usize = 64 * 1024;

/// Counts and hashes the pieces of a body, and keeps them while they are few enough to be recorded as
/// text.
pub(in crate::wire) struct BodyTally {
    pub(in crate::wire) size: u64,
    hash: Option<Sha256>,
    start: Vec<u8>,
}

impl BodyTally {
    pub(in crate::wire) fn new() -> Self {
        Self { size: 0, hash: Some(Sha256::new()), start: Vec::new() }
    }

    /// Makes a tally of a body whose digest is computed elsewhere.
    pub(in crate::wire) const fn without_hash() -> Self {
        Self { size: 0, hash: None, start: Vec::new() }
    }

    pub(in crate::wire) fn add(&mut self, piece: &[u8]) {
        self.size += piece.len() as u64;
        if let Some(hash) = &mut self.hash {
            hash.update(piece);
        }
        let room = TEXT_LIMIT.saturating_sub(self.start.len()).min(piece.len());
        self.start.extend_from_slice(piece.get(..room).unwrap_or_default());
    }

    /// Returns the SHA-256 of the bytes so far, unless it is computed elsewhere.
    pub(in crate::wire) fn sha256(&self) -> Option<[u8; 32]> {
        self.hash.clone().map(|hash| hash.finalize().into())
    }

    /// Returns the bytes so far as text if they are at most 64 KiB of UTF-8 without other control
    /// characters than white space.
    pub(in crate::wire) fn into_text(self) -> Option<String> {
        let is_binary = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
        let whole = self.size == self.start.len() as u64;
        let text = String::from_utf8(self.start).ok().filter(|_| whole)?;
        (!text.contains(is_binary)).then_some(text)
    }
}
