//! What a record keeps of a body: size, digest and, while it is short, the text.

use sha2::{Digest as _, Sha256};

use super::record::exchange::RecordedBody;
use super::record::redact::Redactor;

/// The longest text of a body that a record holds, in bytes.
const TEXT_LIMIT: usize = 64 * 1024;

/// Counts a body as it passes.
pub(super) struct Tally {
    size: u64,
    hash: Option<Sha256>,
    start: Vec<u8>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self { size: 0, hash: Some(Sha256::new()), start: Vec::new() }
    }

    /// For a body whose digest is computed elsewhere.
    pub(super) const fn without_hash() -> Self {
        Self { size: 0, hash: None, start: Vec::new() }
    }

    pub(super) fn of(body: &[u8]) -> Self {
        let mut tally = Self::new();
        tally.add(body);
        tally
    }

    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn add(&mut self, piece: &[u8]) {
        self.size += piece.len() as u64;
        if let Some(hash) = &mut self.hash {
            hash.update(piece);
        }
        let room = (TEXT_LIMIT + 1).saturating_sub(self.start.len()).min(piece.len());
        self.start.extend_from_slice(piece.get(..room).unwrap_or_default());
    }

    /// The record; `known` is a digest that was computed elsewhere, and `whole` says whether the
    /// body passed to its end.
    pub(super) fn finish(
        self,
        redactor: &Redactor,
        confidential: bool,
        whole: bool,
        known: Option<[u8; 32]>,
    ) -> RecordedBody {
        let short = whole && self.start.len() <= TEXT_LIMIT;
        let text = short.then(|| textual(self.start)).flatten();
        let digest = self.hash.map(|hash| hash.finalize().into()).or(known);
        RecordedBody {
            size: self.size,
            sha256: digest.filter(|_| !confidential).map(|digest: [u8; 32]| hex::encode(digest)),
            text: if confidential {
                text.and_then(|text| redactor.confidential_text(&text))
            } else {
                text
            },
        }
    }
}

/// The bytes as text, if that is what they are: UTF-8 without control characters but white space.
fn textual(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    let binary = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    (!text.contains(binary)).then_some(text)
}
