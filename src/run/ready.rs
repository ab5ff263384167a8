//! Waits until an HTTP server answers.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use url::Url;

use super::error::NoAnswer;
use crate::wire::{HttpErrorKind, Method, Request, Transport};

/// The time between two requests.
const PAUSE: Duration = Duration::from_millis(100);
/// How long one answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Sends requests to `url` until one is answered, for `limit` at most. An open connection is not
/// enough: an engine's own proxy accepts connections before the server listens. An answer of any
/// status is.
///
/// # Errors
/// [`NoAnswer::TimedOut`].
pub(super) async fn wait_until_ready(
    transport: &Transport,
    url: &Url,
    limit: Duration,
) -> Result<(), NoAnswer> {
    let start = Instant::now();
    while start.elapsed() < limit {
        let request = Request::new(Method::Get, url.clone(), "run: wait");
        let request = request.header("accept", "application/json, text/event-stream");
        match timeout(ANSWER_LIMIT, transport.send(request)).await {
            Ok(Ok(_)) => return Ok(()),
            // Even a malformed response proves that something is listening.
            Ok(Err(error)) if matches!(error.kind(), HttpErrorKind::NotHttp) => return Ok(()),
            _ => sleep(PAUSE).await,
        }
    }
    Err(NoAnswer::TimedOut(limit))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;
    use crate::wire::Settings;

    #[tokio::test]
    async fn head_of_an_endless_stream_is_an_answer_and_a_bare_connection_is_none() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Url::parse(&format!("http://{}/sse", listener.local_addr().unwrap())).unwrap();
        let server = std::thread::spawn(move || {
            // An engine's own proxy does this before the server listens.
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
        let late = wait_until_ready(&transport, &url, Duration::ZERO).await;
        assert_eq!(late, Err(NoAnswer::TimedOut(Duration::ZERO)));
    }
}
