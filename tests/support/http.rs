//! HTTP/1.1 for tests, on hyper: requests, responses, a client, and the runtime that drives them.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::error::Error;
use std::future::pending;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::StatusCode;
use hyper::body::{Body, Frame};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Handle};

/// The runtime of every stub registry and of the client, on a thread of its own.
pub fn runtime() -> &'static Handle {
    static RUNTIME: OnceLock<Handle> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let handle = runtime.handle().clone();
        std::thread::spawn(move || runtime.block_on(pending::<()>()));
        handle
    })
}

/// A request, as a stub registry received it or as the client sends it.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        text(self.headers.get(name)?)
    }

    /// The decoded values of a query parameter or form field.
    pub fn parameters(&self, name: &str) -> Vec<String> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let pairs = url::form_urlencoded::parse(query.as_bytes())
            .chain(url::form_urlencoded::parse(&self.body));
        pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect()
    }
}

/// A response, as the client received it or as a stub registry sends it.
#[derive(Debug, Clone, Default)]
pub struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// A response with this status, without header fields and without a body.
pub fn status(status: u16) -> Response {
    Response { status, ..Response::default() }
}

impl Response {
    /// Adds a header field.
    pub fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.append(field_name(name), HeaderValue::from_bytes(value.as_ref()).unwrap());
        self
    }

    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    /// Sets a header field in place of all of that name; an empty value removes them.
    pub fn set(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            self.headers.remove(name);
        } else {
            self.headers
                .insert(field_name(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        text(self.headers.get(name)?)
    }

    /// The values of every header field with this name.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().filter_map(text).collect()
    }

    /// The bytes of this response on a connection that is closed after it.
    pub fn to_wire(&self) -> Vec<u8> {
        let mut wire = format!("HTTP/1.1 {} X\r\nconnection: close\r\n", self.status).into_bytes();
        for (name, value) in self.headers.iter().filter(|(name, _)| *name != CONTENT_LENGTH) {
            wire.extend(format!("{name}: ").into_bytes());
            wire.extend([value.as_bytes(), b"\r\n"].concat());
        }
        wire.extend(format!("content-length: {}\r\n\r\n", self.body.len()).into_bytes());
        wire.extend(&self.body);
        wire
    }
}

/// Status, header fields and body.
impl From<(u16, Vec<(&'static str, String)>, String)> for Response {
    fn from((code, headers, body): (u16, Vec<(&'static str, String)>, String)) -> Self {
        let fields = headers.into_iter();
        fields.fold(status(code), |response, (name, value)| response.with(name, value)).body(body)
    }
}

impl From<Response> for hyper::Response<Full<Bytes>> {
    fn from(response: Response) -> Self {
        let mut converted = Self::new(Full::from(response.body));
        *converted.status_mut() = response.status.try_into().unwrap();
        *converted.headers_mut() = response.headers;
        converted
    }
}

fn field_name(name: &str) -> HeaderName {
    name.parse().unwrap()
}

fn text(value: &HeaderValue) -> Option<&str> {
    std::str::from_utf8(value.as_bytes()).ok()
}

/// A body in pieces. Its length is not declared, so that it is sent in chunks.
#[derive(Debug)]
struct Pieces(VecDeque<Bytes>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
    }
}

/// Sends a request on a connection of its own, and waits for the response.
pub fn send(
    address: SocketAddr,
    request: Request,
) -> Result<Response, Box<dyn Error + Send + Sync>> {
    let body = Full::from(request.body.clone());
    blocking(exchange(address, request, body))
}

/// Sends a request whose body is in two chunks, without a declared length.
pub fn send_in_chunks(
    address: SocketAddr,
    request: Request,
) -> Result<Response, Box<dyn Error + Send + Sync>> {
    let (first, second) = request.body.split_at(request.body.len() / 2);
    let pieces = [first, second].map(Bytes::copy_from_slice);
    let body = Pieces(pieces.into_iter().filter(|piece| !piece.is_empty()).collect());
    blocking(exchange(address, request, body))
}

/// Waits for `work` on the [`runtime`]; allowed on every thread, also on one of another runtime.
fn blocking<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let (sender, receiver) = std::sync::mpsc::channel();
    runtime().spawn(async move { sender.send(work.await) });
    receiver.recv().unwrap()
}

async fn exchange<B: Body<Data = Bytes, Error = Infallible> + Send + 'static>(
    address: SocketAddr,
    request: Request,
    body: B,
) -> Result<Response, Box<dyn Error + Send + Sync>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut sent = hyper::Request::new(body);
    *sent.method_mut() = request.method.parse()?;
    *sent.uri_mut() = request.target.parse()?;
    *sent.headers_mut() = request.headers;
    let host = HeaderValue::from_str(&address.to_string())?;
    sent.headers_mut().entry(HOST).or_insert(host);
    let (head, body) = sender.send_request(sent).await?.into_parts();
    let body = match body.collect().await {
        Ok(body) => body.to_bytes().to_vec(),
        // `docker-registry` declares the length of the whole blob where it refuses a range.
        Err(_) if head.status == StatusCode::RANGE_NOT_SATISFIABLE => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    Ok(Response { status: head.status.as_u16(), headers: head.headers, body })
}
