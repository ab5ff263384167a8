//! Follows upload sessions from location to location through the exchanges of one run.

use std::collections::HashMap;

use url::{Position, Url};

use super::api_exchange::ApiExchange;
use crate::oci::ApiPath;
use crate::wire::Origin;

/// The open upload sessions of one run. `S` is the state that a check keeps for each session.
#[derive(Default)]
pub(super) struct UploadTracker<S> {
    /// By the newest location without its query, which holds the registry's state and changes.
    sessions: HashMap<String, UploadSession<S>>,
}

pub(super) struct UploadSession<S> {
    /// The line of the exchange that opened the session.
    pub(super) opened_at: usize,
    /// The origin and repository of the opening request. Later requests may go to another origin, and
    /// their paths need not name the repository.
    pub(super) origin: Origin,
    pub(super) repository: String,
    pub(super) location: Url,
    /// True if the last request was to close the session and got no response.
    may_be_closed: bool,
    pub(super) state: S,
}

impl<S> UploadTracker<S> {
    /// Adds a session if `exchange` opened one.
    pub(super) fn open(&mut self, exchange: &ApiExchange<'_>, state: S) {
        let (Some(ApiPath::UploadStart { repository }), "POST", 202, Some(location)) =
            (&exchange.path, exchange.method(), exchange.status(), exchange.location())
        else {
            return;
        };
        self.insert(UploadSession {
            opened_at: exchange.line,
            origin: exchange.origin.clone(),
            repository: repository.clone(),
            location,
            may_be_closed: false,
            state,
        });
    }

    /// Removes and returns the session that the request of `exchange` is for, if there is one. The caller
    /// puts it back with [`UploadTracker::follow`].
    pub(super) fn take(&mut self, exchange: &ApiExchange<'_>) -> Option<UploadSession<S>> {
        match exchange.method() {
            "PATCH" | "PUT" | "GET" | "DELETE" => {
                self.sessions.remove(&exchange.url[..Position::AfterPath])
            }
            _ => None,
        }
    }

    /// Moves `session` to the location that `exchange` got, or drops it if `exchange` ended it.
    pub(super) fn follow(&mut self, exchange: &ApiExchange<'_>, mut session: UploadSession<S>) {
        let is_closing = exchange.method() == "PUT";
        let is_closed = is_closing && exchange.is_success();
        if is_closed || exchange.method() == "DELETE" {
            return;
        }
        session.may_be_closed = is_closing && exchange.status() == 0;
        if let Some(location) = exchange.location() {
            session.location = location;
        }
        self.insert(session);
    }

    /// Returns the sessions that were neither closed nor cancelled.
    pub(super) fn abandoned(&self) -> impl Iterator<Item = &UploadSession<S>> {
        self.sessions.values().filter(|session| !session.may_be_closed)
    }

    fn insert(&mut self, session: UploadSession<S>) {
        let location = session.location[..Position::AfterPath].to_owned();
        self.sessions.insert(location, session);
    }
}
