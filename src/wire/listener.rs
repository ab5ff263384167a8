//! The server side of HTTP, for the embedded registry and for the auditor's replay and proxy.

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::foreign_request::{self, ForeignRequest};

/// Answers the requests that a [`Listener`] receives.
pub(crate) trait Service: Send + Sync + 'static {
    type Body: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static;

    fn respond(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Self::Body>> + Send;

    /// Makes the response to a request that is not passed on: it may come from a web page. Its status
    /// will be 403.
    fn refuse(&self, foreign: ForeignRequest) -> Response<Self::Body>;
}

/// The time in which the head of a request must arrive. It also ends connections that are not used.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// The most connections at the same time. Others wait until one of them is closed.
const CONNECTION_LIMIT: usize = 256;
/// The pause after a failure to accept a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A listening socket. Connections wait until [`Listener::serve`] is called.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    host_names: Vec<String>,
}

impl Listener {
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address, host_names: Vec::new() })
    }

    pub(crate) const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers requests for these host names too, beside `localhost` and IP addresses.
    pub(crate) fn with_host_names(self, names: &[String]) -> Self {
        Self { host_names: names.to_vec(), ..self }
    }

    /// Passes requests to `service` until `shutdown` resolves, then closes all connections.
    pub(crate) async fn serve<S: Service>(
        self,
        service: Arc<S>,
        shutdown: impl Future<Output = ()>,
    ) {
        let (socket, host_names) = (&self.socket, Arc::<[String]>::from(self.host_names));
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            let has_room = connections.len() < CONNECTION_LIMIT;
            let stream = tokio::select! {
                () = &mut shutdown => return,
                Some(_) = connections.join_next() => continue,
                stream = accepted(|| socket.accept()), if has_room => stream.0,
            };
            connections.spawn(answer(stream, Arc::clone(&service), Arc::clone(&host_names)));
        }
    }
}

/// Returns the next connection that `accept` gives.
async fn accepted<T, F: Future<Output = io::Result<T>>>(accept: impl Fn() -> F) -> T {
    loop {
        match accept().await {
            Ok(connection) => return connection,
            // Without a pause, a process without file descriptors would try without end.
            Err(error) if !is_of_one_connection(&error) => tokio::time::sleep(ACCEPT_PAUSE).await,
            Err(_) => {}
        }
    }
}

/// Returns true for the failure of one connection before it was accepted: others may still work.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Answers the requests of one connection until it is closed.
async fn answer<S: Service>(
    connection: impl AsyncRead + AsyncWrite + Unpin,
    service: Arc<S>,
    host_names: Arc<[String]>,
) {
    let respond = service_fn(move |request: Request<Incoming>| {
        let (service, host_names) = (Arc::clone(&service), Arc::clone(&host_names));
        async move {
            Ok::<_, Infallible>(match foreign_request::check(request.headers(), &host_names) {
                Ok(()) => service.respond(request).await,
                Err(foreign) => refused(service.refuse(foreign)),
            })
        }
    });
    let mut server = hyper::server::conn::http1::Builder::new();
    server.half_close(true).timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    // An error means that the client closed the connection early; the server goes on.
    let _ = server.serve_connection(TokioIo::new(connection), respond).await;
}

fn refused<B>(mut response: Response<B>) -> Response<B> {
    *response.status_mut() = StatusCode::FORBIDDEN;
    response
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use http_body_util::Full;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::{Instant, timeout};

    use super::*;

    /// Answers every request with its path.
    struct Echo;

    impl Service for Echo {
        type Body = Full<Bytes>;

        async fn respond(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
            Response::new(Full::from(request.uri().path().to_owned()))
        }

        fn refuse(&self, foreign: ForeignRequest) -> Response<Full<Bytes>> {
            Response::new(Full::from(foreign.to_string()))
        }
    }

    /// Sends `sent` and no more. Returns what was answered before the connection was closed.
    ///
    /// The clock is paused: it jumps to the next timer once nothing else can happen.
    async fn answered(sent: &str) -> (String, Duration) {
        let start = Instant::now();
        let (mut client, server) = tokio::io::duplex(1024);
        tokio::spawn(answer(server, Arc::new(Echo), Arc::new([])));
        client.write_all(sent.as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        (answer, start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn connection_without_a_whole_request_head_is_closed() {
        for half in ["", "GET", "GET / HTTP/1.1\r\nhost: localhost\r\n"] {
            let (answer, waited) = answered(half).await;
            assert_eq!(answer, "", "{half:?}");
            assert!(waited >= HEAD_TIMEOUT && waited < 2 * HEAD_TIMEOUT, "{half:?}: {waited:?}");
        }
        let whole = "GET /whole HTTP/1.1\r\nhost: localhost\r\n\r\n";
        let (answer, _) = answered(&format!("{whole}GET")).await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("/whole"), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn request_of_another_site_does_not_reach_the_service() {
        let request = "GET /x HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n";
        let (answer, _) = answered(request).await;
        assert!(answer.starts_with("HTTP/1.1 403 ") && !answer.contains("/x"), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn failure_to_accept_is_followed_by_a_pause() {
        let tried = AtomicU32::new(0);
        let none_left = || io::Error::from_raw_os_error(24);
        let out_of_files = || {
            tried.fetch_add(1, Ordering::Relaxed);
            std::future::ready(Err::<(), _>(none_left()))
        };
        assert!(!is_of_one_connection(&none_left()));
        timeout(ACCEPT_PAUSE * 10, accepted(out_of_files)).await.unwrap_err();
        let tried = tried.into_inner();
        assert!((2..=11).contains(&tried), "tried {tried} times");

        let tried = AtomicU32::new(0);
        let aborted_once = || {
            std::future::ready(match tried.fetch_add(1, Ordering::Relaxed) {
                0 => Err(io::ErrorKind::ConnectionAborted.into()),
                _ => Ok(()),
            })
        };
        let start = Instant::now();
        accepted(aborted_once).await;
        assert_eq!(start.elapsed(), Duration::ZERO, "the next connection is not kept waiting");
    }
}
