//! A source of a body that hashes the content while it is sent.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::oci::digest::{Algorithm, Digest, Hasher};
use crate::wire::BodySource;

const PIECE: usize = 128 * 1024;

/// Hashes each byte of a source when it is read for the first time. Bytes that are read again after an
/// interruption are not hashed again.
pub(super) struct HashingSource {
    inner: Arc<dyn BodySource>,
    algorithm: Algorithm,
    state: Mutex<HashState>,
}

struct HashState {
    hasher: Hasher,
    /// How many bytes from the start are hashed.
    hashed: u64,
}

impl HashingSource {
    pub(super) fn new(inner: Arc<dyn BodySource>, algorithm: Algorithm) -> Self {
        let state = HashState { hasher: Hasher::new(algorithm), hashed: 0 };
        Self { inner, algorithm, state: Mutex::new(state) }
    }

    pub(super) fn digest(&self) -> Digest {
        self.state().hasher.clone().finish()
    }

    pub(super) fn hashed(&self) -> u64 {
        self.state().hashed
    }

    /// Reads and hashes the rest of the first `size` bytes.
    pub(super) fn read_through(&self, size: u64) -> io::Result<()> {
        let mut buffer = vec![0; PIECE];
        loop {
            let hashed = self.hashed();
            let wanted = usize::try_from(size.saturating_sub(hashed)).unwrap_or(PIECE).min(PIECE);
            match self.read_at(hashed, buffer.get_mut(..wanted).unwrap_or_default()) {
                _ if wanted == 0 => return Ok(()),
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, HashState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BodySource for HashingSource {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read_at(offset, buffer)?;
        let mut state = self.state();
        let new = state.hashed.checked_sub(offset).and_then(|known| usize::try_from(known).ok());
        if let Some(piece) = new.and_then(|known| buffer.get(known..read)) {
            state.hasher.update(piece);
            state.hashed += piece.len() as u64;
        }
        Ok(read)
    }

    fn hashes(&self) -> bool {
        self.algorithm == Algorithm::Sha256
    }

    fn sha256(&self, size: u64) -> Option<[u8; 32]> {
        let state = self.state();
        if state.hashed == size { state.hasher.sha256() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Content that yields a few bytes at a time.
    struct Slow(Vec<u8>);

    impl BodySource for Slow {
        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            let offset = usize::try_from(offset).unwrap().min(self.0.len());
            let left = &self.0[offset..];
            let size = left.len().min(buffer.len()).min(7);
            buffer[..size].copy_from_slice(&left[..size]);
            Ok(size)
        }
    }

    #[test]
    fn byte_that_is_read_again_is_hashed_once() {
        let content: Vec<u8> = (0..100).collect();
        let source = HashingSource::new(Arc::new(Slow(content.clone())), Algorithm::Sha256);
        let mut buffer = [0; 10];
        for offset in [0, 3, 7, 0, 5, 12, 50] {
            source.read_at(offset, &mut buffer).unwrap();
        }
        assert_eq!(source.sha256(19).map(hex::encode), {
            Some(Digest::sha256(&content[..19]).encoded().to_owned())
        });
        assert_eq!(source.sha256(100), None);
        source.read_through(100).unwrap();
        assert_eq!(source.digest(), Digest::sha256(&content));
        assert_eq!(source.read_through(101).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
