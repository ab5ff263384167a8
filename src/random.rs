//! Random numbers.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

/// Returns 64 random bits that cannot be guessed: the standard library takes the key of a `RandomState`
/// from the operating system's random source.
pub(crate) fn random_u64() -> u64 {
    RandomState::new().hash_one(0)
}
