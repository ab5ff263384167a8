//! The state that the handlers of all endpoints share, and how they read a query.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::partial_blob::PartialBlob;
use super::response::{ApiResult, Rejection};
use super::storage::Storage;
use crate::oci::{Digest, RepositoryName};

/// Handles the requests of one registry. Each endpoint has its methods in a file of its own.
#[derive(Debug)]
pub(super) struct Api {
    pub(super) storage: Storage,
    pub(super) uploads: UploadSessions,
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

/// The most upload sessions that may be open at the same time. One more is refused, so that nobody
/// loses an upload to somebody else's.
const SESSION_LIMIT: usize = 1000;
/// The time without a request from which a session is taken for given up. Without it, clients that
/// never cancel would fill the limit for good.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// The open upload sessions by their ids.
#[derive(Debug, Default)]
pub(super) struct UploadSessions(Mutex<HashMap<String, OpenSession>>);

#[derive(Debug)]
struct OpenSession {
    session: Arc<UploadSession>,
    last_request: Instant,
}

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
    fn lock(&self) -> MutexGuard<'_, HashMap<String, OpenSession>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a session, unless too many are open.
    pub(super) fn add(&self, id: &str, session: UploadSession) -> ApiResult<()> {
        self.add_at(Instant::now(), id, session)
    }

    fn add_at(&self, now: Instant, id: &str, session: UploadSession) -> ApiResult<()> {
        let mut sessions = self.lock();
        sessions.retain(|_, open| now.duration_since(open.last_request) < GIVEN_UP_AFTER);
        if sessions.len() >= SESSION_LIMIT {
            return Err(Rejection::TOO_MANY_REQUESTS
                .because(format!("{SESSION_LIMIT} uploads are open; finish or cancel one")));
        }
        let session = Arc::new(session);
        sessions.insert(id.to_owned(), OpenSession { session, last_request: now });
        Ok(())
    }

    /// Returns the session with this id, if it belongs to the repository `name`.
    pub(super) fn find(&self, name: &RepositoryName, id: &str) -> Option<Arc<UploadSession>> {
        let mut sessions = self.lock();
        let open = sessions.get_mut(id).filter(|open| open.session.repository == *name)?;
        open.last_request = Instant::now();
        Some(Arc::clone(&open.session))
    }

    pub(super) fn remove(&self, id: &str) {
        self.lock().remove(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_upload_that_was_given_up_gives_way() {
        let sessions = UploadSessions::default();
        let name: RepositoryName = "a".parse().unwrap();
        let session = || UploadSession::new(name.clone(), None);
        let start = Instant::now();
        for id in 0..SESSION_LIMIT {
            sessions.add_at(start, &id.to_string(), session()).unwrap();
        }
        sessions.add("new", session()).unwrap_err();
        assert!(sessions.find(&name, "new").is_none());
        assert!(sessions.find(&name, "0").is_some());

        sessions.remove("1");
        sessions.add_at(start, "new", session()).unwrap();
        sessions.add_at(start + GIVEN_UP_AFTER, "later", session()).unwrap();
        assert!(sessions.find(&name, "2").is_none(), "it got no request for a day");
        assert!(sessions.find(&name, "0").is_some(), "it got one after the start");
    }
}
