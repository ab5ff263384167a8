//! Where challenges are kept between requests.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::challenge::Challenge;
use crate::oci::names::RepositoryName;
use crate::wire::Origin;

/// The part of a registry to which a challenge applies.
///
/// A challenge belongs to the origin that sent it. The repository is part of the key because some
/// registries, such as Artifactory, name another token server for each part of their namespace.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ProtectionSpace {
    pub(super) origin: Origin,
    pub(super) repository: Option<RepositoryName>,
}

/// Keeps the newest challenge of each protection space.
pub(super) trait ChallengeCache: Send + Sync {
    fn get(&self, space: &ProtectionSpace) -> Option<Challenge>;

    fn put(&self, space: &ProtectionSpace, challenge: Challenge);
}

#[derive(Default)]
pub(super) struct MemoryCache(Mutex<HashMap<ProtectionSpace, Challenge>>);

impl MemoryCache {
    fn challenges(&self) -> MutexGuard<'_, HashMap<ProtectionSpace, Challenge>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ChallengeCache for MemoryCache {
    fn get(&self, space: &ProtectionSpace) -> Option<Challenge> {
        self.challenges().get(space).cloned()
    }

    fn put(&self, space: &ProtectionSpace, challenge: Challenge) {
        self.challenges().insert(space.clone(), challenge);
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn challenges_are_shared_between_neither_origins_nor_repositories() {
        let space = |url: &str, repository: &str| ProtectionSpace {
            origin: Origin::of(&Url::parse(url).unwrap()).unwrap(),
            repository: Some(repository.parse().unwrap()),
        };
        let cache = MemoryCache::default();
        let known = space("https://r.example", "a");
        cache.put(&known, Challenge::Basic);
        assert_eq!(cache.get(&known), Some(Challenge::Basic));
        for other in [
            space("https://r.example", "b"),
            space("http://r.example", "a"),
            space("https://r.example:8443", "a"),
            space("https://s.example", "a"),
        ] {
            assert_eq!(cache.get(&other), None, "{other:?}");
        }
    }
}
