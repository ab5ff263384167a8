//! Waits until a server answers.

use std::fmt;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use url::Url;

use crate::wire::{HttpErrorKind, Method, Request, Transport};

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
pub(crate) async fn wait_until_ready(
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
            Ok(Err(error)) if matches!(error.kind(), HttpErrorKind::NotHttp) => return Ok(()),
            _ => sleep(PAUSE).await,
        }
    }
    Err(NotReady { waited: limit })
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;
    use crate::wire::Settings;

    #[tokio::test]
    async fn a_connection_is_no_answer_and_a_stream_without_end_is_one() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Url::parse(&format!("http://{}/sse", listener.local_addr().unwrap())).unwrap();
        let server = std::thread::spawn(move || {
            // As an engine's own proxy does before the server listens.
            drop(listener.accept().unwrap());
            let (mut stream, _) = listener.accept().unwrap();
            assert!(stream.read(&mut [0; 1024]).unwrap() > 0);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: a\n\n";
            stream.write_all(head.as_bytes()).unwrap();
            stream
        });
        let transport = Transport::new(Settings::default());
        assert_eq!(wait_until_ready(&transport, &url, Duration::from_secs(60)).await, Ok(()));
        server.join().unwrap();
        let none = wait_until_ready(&transport, &url, Duration::ZERO).await;
        assert_eq!(none, Err(NotReady { waited: Duration::ZERO }));
    }
}
