//! Content digests (image specification, "Digests").
//!
//! A [`Digest`] exists only if it parsed, so that it is safe in a URL or a file name. Algorithms that this
//! crate cannot compute are refused: a digest that cannot be checked proves nothing.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256, Sha512};

/// A registered hash algorithm of the image specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Algorithm {
    /// SHA-256, which every registry supports.
    Sha256,
    /// SHA-512, which registries need not support.
    Sha512,
}

impl Algorithm {
    /// Returns the name that stands before the colon.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    const fn encoded_len(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Sha256, Self::Sha512].into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// A content digest: `sha256:` and 64, or `sha512:` and 128 lower-case hex digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest {
    algorithm: Algorithm,
    encoded: String,
}

impl Digest {
    /// Computes the SHA-256 digest of `content`.
    #[must_use]
    pub fn sha256(content: &[u8]) -> Self {
        Self::of(Algorithm::Sha256, content)
    }

    /// Computes the digest of `content` with `algorithm`.
    #[must_use]
    pub fn of(algorithm: Algorithm, content: &[u8]) -> Self {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(content);
        hasher.finish()
    }

    /// Returns the hash algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the lower-case hex digits after the colon.
    #[must_use]
    pub fn encoded(&self) -> &str {
        &self.encoded
    }

    /// Returns true if `content` has this digest.
    #[must_use]
    pub fn matches(&self, content: &[u8]) -> bool {
        Self::of(self.algorithm, content) == *self
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.encoded)
    }
}

/// Prints the text itself as debug output.
macro_rules! debug_as_display {
    ($($name:ty),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )+};
}
pub(super) use debug_as_display;

debug_as_display!(Digest);

/// Why a text is not a [`Digest`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidDigest {
    /// There is no colon between algorithm and hash.
    NoAlgorithm,
    /// This crate does not support the algorithm; its name.
    UnsupportedAlgorithm(String),
    /// The part after the colon has the wrong length, or characters other than `0-9a-f`.
    Encoded(Algorithm),
}

impl fmt::Display for InvalidDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAlgorithm => f.write_str("a digest has the form algorithm:hex"),
            Self::UnsupportedAlgorithm(name) => {
                write!(f, "digest algorithm {name:?} is not supported (sha256 and sha512 are)")
            }
            Self::Encoded(algorithm) => write!(
                f,
                "a {} digest has {} lower-case hex digits",
                algorithm.name(),
                algorithm.encoded_len()
            ),
        }
    }
}

impl std::error::Error for InvalidDigest {}

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        let (name, encoded) = text.split_once(':').ok_or(InvalidDigest::NoAlgorithm)?;
        let algorithm = Algorithm::from_name(name)
            .ok_or_else(|| InvalidDigest::UnsupportedAlgorithm(name.to_owned()))?;
        let well_formed = encoded.len() == algorithm.encoded_len()
            && encoded.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !well_formed {
            return Err(InvalidDigest::Encoded(algorithm));
        }
        Ok(Self { algorithm, encoded: encoded.to_owned() })
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Computes a [`Digest`] from content that arrives in pieces.
#[derive(Debug, Clone)]
pub(crate) enum Hasher {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(Sha512::new()),
        }
    }

    pub(crate) fn update(&mut self, piece: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(piece),
            Self::Sha512(hash) => hash.update(piece),
        }
    }

    /// Returns the SHA-256 hash of what was appended so far; `None` for another algorithm.
    pub(super) fn sha256(&self) -> Option<[u8; 32]> {
        match self {
            Self::Sha256(hash) => Some(hash.clone().finalize().into()),
            Self::Sha512(_) => None,
        }
    }

    pub(crate) fn finish(self) -> Digest {
        let (algorithm, encoded) = match self {
            Self::Sha256(hash) => (Algorithm::Sha256, hex::encode(hash.finalize())),
            Self::Sha512(hash) => (Algorithm::Sha512, hex::encode(hash.finalize())),
        };
        Digest { algorithm, encoded }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EMPTY_OBJECT: &str =
        "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    #[test]
    fn digest_of_the_empty_object_is_that_of_the_specification() {
        assert_eq!(Digest::sha256(b"{}").to_string(), EMPTY_OBJECT);
    }

    #[test]
    fn malformed_digests_are_refused_with_their_reason() {
        let hex64 = "4".repeat(64);
        for (text, expected) in [
            ("", InvalidDigest::NoAlgorithm),
            ("sha256", InvalidDigest::NoAlgorithm),
            ("md5:abcd", InvalidDigest::UnsupportedAlgorithm("md5".into())),
            ("SHA256:00", InvalidDigest::UnsupportedAlgorithm("SHA256".into())),
            ("sha256:", InvalidDigest::Encoded(Algorithm::Sha256)),
            ("sha256:../../x", InvalidDigest::Encoded(Algorithm::Sha256)),
            (&format!("sha256:{}", &hex64[1..]), InvalidDigest::Encoded(Algorithm::Sha256)),
            (&format!("sha256:{hex64}0"), InvalidDigest::Encoded(Algorithm::Sha256)),
            (&format!("sha256:{}", "A".repeat(64)), InvalidDigest::Encoded(Algorithm::Sha256)),
            (&format!("sha512:{hex64}"), InvalidDigest::Encoded(Algorithm::Sha512)),
        ] {
            assert_eq!(text.parse::<Digest>(), Err(expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn hash_does_not_depend_on_the_pieces(content: Vec<u8>, cut: prop::sample::Index, long: bool) {
            let algorithm = if long { Algorithm::Sha512 } else { Algorithm::Sha256 };
            let cut = cut.index(content.len() + 1);
            let mut hasher = Hasher::new(algorithm);
            hasher.update(&content[..cut]);
            hasher.update(&content[cut..]);
            let digest = hasher.finish();
            prop_assert_eq!(&digest, &Digest::of(algorithm, &content));
            prop_assert!(digest.matches(&content));
            prop_assert_eq!(digest.to_string().parse::<Digest>(), Ok(digest));
        }

        #[test]
        fn parsed_digest_prints_as_it_was_written(text: String) {
            if let Ok(digest) = text.parse::<Digest>() {
                prop_assert_eq!(digest.to_string(), text);
            }
        }
    }
}
