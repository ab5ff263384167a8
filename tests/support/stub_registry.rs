//! A stub registry: a server on loopback that answers as a test says, and logs what it received.
//!
//! It answers each request by itself ([`StubRegistry::start`]), or it stands before a real registry
//! and answers some requests itself ([`StubRegistry::before`]). HTTP is hyper's. Where a test needs a
//! connection that breaks, or bytes that are no HTTP, a [`Reply`] writes to the socket instead.

use std::future::{pending, poll_fn};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::ops::Range;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::http::{self, runtime};
pub use super::http::{Request, Response, status};

/// What is sent for a request, after which the connection is closed.
#[derive(Debug, Clone)]
pub enum Reply {
    Http(Response),
    /// Bytes as they are written to the socket, and what happens to the connection after them.
    Raw(Vec<u8>, Then),
}

/// What happens to a connection after the bytes of [`Reply::Raw`].
#[derive(Debug, Clone)]
pub enum Then {
    Close,
    Reset,
    /// Nothing, until the client closes the connection.
    Stall,
    /// These bytes are sent again and again, with a pause in between, until the client closes.
    Repeat(Vec<u8>, Duration),
}

impl Reply {
    /// Sends these bytes and closes the connection.
    pub fn raw(bytes: impl AsRef<[u8]>) -> Self {
        Self::Raw(bytes.as_ref().to_vec(), Then::Close)
    }
}

impl<R: Into<Response>> From<R> for Reply {
    fn from(response: R) -> Self {
        Self::Http(response.into())
    }
}

/// A registry that answers requests itself. It gets the registry behind the stub.
type Act = Arc<dyn Fn(&Request, SocketAddr) -> Reply + Send + Sync>;

/// How a stub before a registry answers some requests.
#[derive(Clone)]
pub struct Fault {
    act: Act,
    /// How many bytes of the request's body are read. The rest stays unread.
    reads: usize,
}

impl Fault {
    /// Answers instead of the registry, which does not see the request.
    pub fn reply<R: Into<Reply>>(reply: impl Fn(&Request) -> R + Send + Sync + 'static) -> Self {
        Self::relay(move |request, _| reply(request).into())
    }

    /// Answers with this.
    pub fn always(reply: impl Into<Reply>) -> Self {
        let reply = reply.into();
        Self::reply(move |_| reply.clone())
    }

    /// Passes the request to the registry, and changes its answer.
    pub fn change(change: impl Fn(&mut Response) + Send + Sync + 'static) -> Self {
        Self::relay(move |request, registry| {
            let mut response = forward(request, registry);
            change(&mut response);
            response.into()
        })
    }

    /// Closes the connection without an answer.
    pub fn close() -> Self {
        Self::always(Reply::raw(""))
    }

    /// Resets the connection, without reading the request's body.
    pub fn reset() -> Self {
        Self { reads: 0, ..Self::always(Reply::Raw(Vec::new(), Then::Reset)) }
    }

    /// Sends these bytes, which need not be HTTP.
    pub fn raw(bytes: impl AsRef<[u8]>) -> Self {
        Self::always(Reply::raw(bytes))
    }

    /// Sends these bytes, and then nothing for as long as the client waits.
    pub fn stall(bytes: impl AsRef<[u8]>) -> Self {
        Self::always(Reply::Raw(bytes.as_ref().to_vec(), Then::Stall))
    }

    /// Sends `first`, and then `others` again and again, with a pause in between.
    pub fn endless(first: impl AsRef<[u8]>, others: impl AsRef<[u8]>, pause: Duration) -> Self {
        let then = Then::Repeat(others.as_ref().to_vec(), pause);
        Self::always(Reply::Raw(first.as_ref().to_vec(), then))
    }

    /// Passes on the registry's answer up to so many bytes of its body.
    pub fn cut_answer(size: usize) -> Self {
        Self::relay(move |request, registry| {
            let response = forward(request, registry);
            let mut wire = response.to_wire();
            wire.truncate(wire.len() - response.body.len() + size);
            Reply::raw(wire)
        })
    }

    /// Passes so many bytes of the body to the registry, as a chunk, and resets the connection
    /// without an answer.
    pub fn cut_request(size: usize) -> Self {
        let act = |request: &Request, registry| {
            forward(request, registry);
            Reply::Raw(Vec::new(), Then::Reset)
        };
        Self { reads: size, ..Self::relay(act) }
    }

    /// Reads so many bytes of the body, and no more, and never answers.
    pub fn hold(size: usize) -> Self {
        Self { reads: size, ..Self::stall("") }
    }

    /// Passes the request to the registry, and closes the connection without an answer.
    pub fn unanswered() -> Self {
        Self::relay(|request, registry| {
            forward(request, registry);
            Reply::raw("")
        })
    }

    /// Answers requests whose body has more than so many bytes; others reach the registry.
    pub fn over(limit: usize, reply: impl Into<Reply>) -> Self {
        let reply = reply.into();
        Self::relay(move |request, registry| {
            if request.body.len() > limit {
                reply.clone()
            } else {
                forward(request, registry).into()
            }
        })
    }

    fn relay(act: impl Fn(&Request, SocketAddr) -> Reply + Send + Sync + 'static) -> Self {
        Self { act: Arc::new(act), reads: usize::MAX }
    }
}

/// A fault, and the requests that it is for.
#[derive(Clone)]
pub struct Rule {
    method: &'static str,
    part: &'static str,
    times: Range<usize>,
    seen: Arc<AtomicUsize>,
    fault: Fault,
}

impl Rule {
    /// For the requests with this method whose target holds `part`; of these, counted from 0, those
    /// in `times`.
    pub fn new(
        method: &'static str,
        part: &'static str,
        times: Range<usize>,
        fault: Fault,
    ) -> Self {
        Self { method, part, times, seen: Arc::default(), fault }
    }

    /// Counts the request, if it is one of this rule's, and returns whether the fault is for it.
    fn applies(&self, head: &Parts) -> bool {
        head.method == self.method
            && head.uri.to_string().contains(self.part)
            && self.times.contains(&self.seen.fetch_add(1, Ordering::Relaxed))
    }
}

/// What is done with a request whose head has come.
struct Step {
    fault: Fault,
    is_logged: bool,
}

/// The stub. It ends with the test's process.
#[derive(Clone)]
pub struct StubRegistry {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Request>>>,
    sent: Arc<AtomicU64>,
}

impl StubRegistry {
    /// A stub that answers every request by itself. The answer may block.
    pub fn start<R: Into<Reply>>(answer: impl Fn(&Request) -> R + Send + Sync + 'static) -> Self {
        let fault = Fault::reply(answer);
        // There is no registry behind it.
        let none = SocketAddr::from(([0, 0, 0, 0], 0));
        Self::serve(none, move |_| Step { fault: fault.clone(), is_logged: true })
    }

    /// A stub before a registry. It answers the requests of the first rule that applies; others reach
    /// the registry. With `login` it asks for a login by Basic first, and does not log requests
    /// without one; the registry sees no login.
    pub fn before(registry: SocketAddr, rules: Vec<Rule>, login: bool) -> Self {
        let challenge = status(401).with("www-authenticate", "Basic realm=\"x\"");
        let challenge = Fault::always(challenge);
        let forwards = Fault::relay(|request, registry| forward(request, registry).into());
        Self::serve(registry, move |head| {
            let sent = head.headers.get(AUTHORIZATION);
            if login && !sent.is_some_and(|value| value.as_bytes().starts_with(b"Basic ")) {
                return Step { fault: challenge.clone(), is_logged: false };
            }
            let rule = rules.iter().find(|rule| rule.applies(head));
            let fault = rule.map_or(&forwards, |rule| &rule.fault);
            Step { fault: fault.clone(), is_logged: true }
        })
    }

    fn serve(
        registry: SocketAddr,
        script: impl Fn(&Parts) -> Step + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let stub = Self { address, received: Arc::default(), sent: Arc::default() };
        let (serving, script) = (stub.clone(), Arc::new(script));
        runtime().spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let (stub, script) = (serving.clone(), Arc::clone(&script));
                tokio::spawn(async move {
                    // A client that goes away is no failure of the test.
                    let _ = stub.converse(stream, registry, script).await;
                });
            }
        });
        stub
    }

    /// The requests so far.
    pub fn received(&self) -> Vec<Request> {
        self.received.lock().unwrap().clone()
    }

    /// Method and target of each request.
    pub fn lines(&self) -> Vec<String> {
        let received = self.received();
        received.iter().map(|request| format!("{} {}", request.method, request.target)).collect()
    }

    /// How many requests there were with this method whose target holds `part`.
    pub fn count(&self, method: &str, part: &str) -> usize {
        let received = self.received();
        let counts = |request: &&Request| request.method == method && request.target.contains(part);
        received.iter().filter(counts).count()
    }

    /// How many bytes of [`Then::Repeat`] were sent.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A reference into this registry.
    pub fn reference(&self, rest: &str) -> String {
        format!("{}/{rest}", self.address)
    }

    /// Serves the one request of a connection.
    async fn converse(
        self,
        stream: TcpStream,
        registry: SocketAddr,
        script: Arc<impl Fn(&Parts) -> Step + Send + Sync + 'static>,
    ) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let (raw, mut raws) = unbounded_channel();
        let stub = self.clone();
        let service = service_fn(move |request| {
            let work = stub.clone().answer(request, registry, Arc::clone(&script), raw.clone());
            Box::pin(work) as Pin<Box<dyn Future<Output = _> + Send>>
        });
        let mut builder = http1::Builder::new();
        let mut connection =
            builder.keep_alive(false).serve_connection(TokioIo::new(stream), service);
        let (bytes, then) = tokio::select! {
            raw = raws.recv() => raw.unwrap(),
            served = poll_fn(|context| connection.poll_without_shutdown(context)) => {
                return served.map_err(io::Error::other);
            }
        };
        self.write(connection.into_parts().io.into_inner(), &bytes, then).await
    }

    /// Answers a request, or hands the connection over to [`Self::write`].
    async fn answer(
        self,
        request: hyper::Request<Incoming>,
        registry: SocketAddr,
        script: Arc<impl Fn(&Parts) -> Step>,
        raw: UnboundedSender<(Vec<u8>, Then)>,
    ) -> io::Result<hyper::Response<Full<Bytes>>> {
        let (head, mut incoming) = request.into_parts();
        let Step { fault, is_logged } = script(&head);
        let mut body = Vec::new();
        while body.len() < fault.reads
            && let Some(frame) = incoming.frame().await
        {
            let frame = frame.map_err(io::Error::other)?;
            body.extend(frame.into_data().unwrap_or_default());
        }
        body.truncate(fault.reads);
        let (method, target) = (head.method.to_string(), head.uri.to_string());
        let request = Request { method, target, headers: head.headers, body };
        if is_logged {
            self.received.lock().unwrap().push(request.clone());
        }
        // It may block.
        let reply = tokio::task::spawn_blocking(move || (fault.act)(&request, registry));
        match reply.await.map_err(io::Error::other)? {
            Reply::Http(response) => Ok(response.into()),
            Reply::Raw(bytes, then) => {
                raw.send((bytes, then)).map_err(io::Error::other)?;
                pending().await
            }
        }
    }

    async fn write(&self, mut stream: TcpStream, bytes: &[u8], then: Then) -> io::Result<()> {
        stream.write_all(bytes).await?;
        match then {
            Then::Reset => return stream.set_zero_linger(),
            Then::Stall => {}
            Then::Close => stream.shutdown().await?,
            Then::Repeat(others, pause) => loop {
                stream.write_all(&others).await?;
                self.sent.fetch_add(others.len() as u64, Ordering::Relaxed);
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
            },
        }
        // Until the client closes: closing earlier could reset what was sent.
        while stream.read(&mut [0; 4096]).await? > 0 {}
        Ok(())
    }
}

/// Passes a request to the registry, without its login.
fn forward(request: &Request, registry: SocketAddr) -> Response {
    let mut request = request.clone();
    for name in [AUTHORIZATION, CONNECTION, CONTENT_LENGTH] {
        request.headers.remove(name);
    }
    // Part of a chunk is a shorter chunk.
    if let Some(range) = request.header("content-range") {
        let first: usize = range.split('-').next().unwrap().parse().unwrap();
        let last = first + request.body.len().max(1) - 1;
        let range = format!("{first}-{last}").parse().unwrap();
        request.headers.insert("content-range", range);
    }
    let is_head = request.method == "HEAD";
    let mut response = http::send(registry, request).unwrap();
    for name in [CONNECTION, TRANSFER_ENCODING] {
        response.headers.remove(name);
    }
    if !is_head {
        response.headers.remove(CONTENT_LENGTH);
    }
    response
}
