//! The state that the handlers of all endpoints share, and how they read a query.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::partial_blob::PartialBlob;
use super::response::{ApiResult, Rejection};
use super::storage::Storage;
use crate::oci::{Digest, RepositoryName};

/// Handles the requests of one registry. Each endpoint has its methods in a file of its own.
#[derive(Debug)]
pub(super) struct Api {
    pub(super) storage: Storage,
    pub(super) uploads: UploadSessions,
    /// Whether it listens on loopback.
    pub(super) is_loopback: bool,
}

pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    parameters(query, name).next()
}

/// Returns every value of the query parameter `name`.
pub(super) fn parameters<'a>(query: &'a str, name: &'a str) -> impl Iterator<Item = String> + 'a {
    url::form_urlencoded::parse(query.as_bytes())
        .filter(move |(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

pub(super) fn parse_digest(text: &str) -> ApiResult<Digest> {
    text.parse().map_err(|error| Rejection::DIGEST_INVALID.because(error))
}

/// The most upload sessions that may be open at the same time. One more closes the session that got
/// no request for the longest time.
const SESSION_LIMIT: usize = 1000;

/// The open upload sessions with their ids. The one with the newest request is the last.
#[derive(Debug, Default)]
pub(super) struct UploadSessions(Mutex<Vec<(String, Arc<UploadSession>)>>);

#[derive(Debug)]
pub(super) struct UploadSession {
    repository: RepositoryName,
    /// Requests to one session wait for each other at this lock.
    pub(super) progress: tokio::sync::Mutex<UploadProgress>,
}

#[derive(Debug)]
pub(super) struct UploadProgress {
    /// `None` once the session has ended.
    pub(super) content: Option<PartialBlob>,
    /// Counts the requests that added content. It is part of the session's location, so that only
    /// the newest location works.
    pub(super) step: u64,
}

impl UploadSession {
    pub(super) fn new(repository: RepositoryName, content: Option<PartialBlob>) -> Self {
        let progress = tokio::sync::Mutex::new(UploadProgress { content, step: 0 });
        Self { repository, progress }
    }
}

impl UploadSessions {
    fn lock(&self) -> MutexGuard<'_, Vec<(String, Arc<UploadSession>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, id: &str, session: UploadSession) {
        let mut sessions = self.lock();
        if sessions.len() >= SESSION_LIMIT {
            sessions.remove(0);
        }
        sessions.push((id.to_owned(), Arc::new(session)));
    }

    /// Returns the session with this id, if it belongs to the repository `name`.
    pub(super) fn find(&self, name: &RepositoryName, id: &str) -> Option<Arc<UploadSession>> {
        let mut sessions = self.lock();
        let index = sessions.iter().position(|(known, _)| known == id)?;
        sessions[index..].rotate_left(1);
        let (_, session) = sessions.last()?;
        (session.repository == *name).then(|| Arc::clone(session))
    }

    pub(super) fn remove(&self, id: &str) {
        self.lock().retain(|(known, _)| known != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_without_requests_for_the_longest_time_gives_way() {
        let sessions = UploadSessions::default();
        let name: RepositoryName = "a".parse().unwrap();
        let session = || UploadSession::new(name.clone(), None);
        for id in 0..SESSION_LIMIT {
            sessions.add(&id.to_string(), session());
        }
        assert!(sessions.find(&name, "0").is_some(), "now the newest");
        sessions.add("new", session());
        assert!(sessions.find(&name, "1").is_none());
        assert!(sessions.find(&name, "0").is_some());
        assert!(sessions.find(&name, "new").is_some());
    }
}
