//! Waits until a server answers.

use std::fmt;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use url::Url;

use crate::wire::{ErrorKind, Method, Request, Transport};

/// The time between two questions.
const PAUSE: Duration = Duration::from_millis(100);
/// How long one answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Nobody answered in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotReady {
    /// How long was waited.
    pub waited: Duration,
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server did not answer within {} seconds", self.waited.as_secs())
    }
}

impl std::error::Error for NotReady {}

/// Asks `url` until it answers, whatever it says; an engine's own proxy accepts connections before
/// the server does. For `limit` at most.
///
/// # Errors
/// [`NotReady`].
pub async fn wait_until_ready(
    transport: &Transport,
    url: &Url,
    limit: Duration,
) -> Result<(), NotReady> {
    let start = Instant::now();
    while start.elapsed() < limit {
        let request = Request::new(Method::Get, url.clone(), "run: wait");
        let request = request.header("accept", "application/json, text/event-stream");
        match timeout(ANSWER_LIMIT, transport.send(request)).await {
            Ok(Ok(_)) => return Ok(()),
            // Whoever speaks, if not well, is there.
            Ok(Err(why)) if matches!(why.kind(), ErrorKind::NotHttp) => return Ok(()),
            _ => sleep(PAUSE).await,
        }
    }
    Err(NotReady { waited: limit })
}
