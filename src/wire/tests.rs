//! Requests that are sent to small servers on sockets, and their records.

use std::error::Error as _;
use std::io::{self, Read, Write as _};
use std::net::{Shutdown, TcpListener};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use url::Url;

use super::{
    Body, BodySource, Exchange, HttpError, MemoryRecorder, Method, Request, Response, Settings,
    Transport,
};
use crate::printable::chain;

/// Content whose bytes follow from their offset, so that it takes no memory.
struct Pattern;

impl BodySource for Pattern {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        for (byte, at) in buffer.iter_mut().zip(offset..) {
            *byte = at.to_le_bytes()[0];
        }
        Ok(buffer.len())
    }
}

fn pattern(size: u64) -> Body {
    Body::from_source(Arc::new(Pattern), size)
}

/// Sends `body` to `url`, which must fail, and returns the error and the record of the exchange.
fn failed_put(url: &str, body: Body) -> (HttpError, Exchange) {
    let recorder = Arc::new(MemoryRecorder::default());
    let settings = Settings { recorder: Some(recorder.clone()), ..Settings::default() };
    let request = Request::new(Method::PUT, Url::parse(url).unwrap(), "test");
    let request = request.body("text/plain", body);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(Transport::new(settings).send(request)).err().unwrap();
    (error, recorder.exchanges().remove(0))
}

/// Starts a server that answers one request of any kind with `response`, and returns its address.
fn answer_once(response: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        assert!(client.read(&mut [0; 4096]).unwrap() > 0);
        client.write_all(response).unwrap();
        // Reads to the end, so that closing does not reset the connection.
        client.shutdown(Shutdown::Write).unwrap();
        while client.read(&mut [0; 4096]).is_ok_and(|size| size > 0) {}
    });
    address
}

#[test]
fn refused_connection_records_no_request_body() {
    // No test and no service listens at port 1.
    for body in [Body::from(b"content".to_vec()), pattern(1 << 20)] {
        let (_, exchange) = failed_put("http://127.0.0.1:1/", body);
        assert_eq!(exchange.error.unwrap().kind, "refused");
        assert_eq!(exchange.request.body, None);
    }
}

#[test]
fn record_of_a_broken_request_has_size_and_digest_of_what_was_sent() {
    const SIZE: u64 = 256 << 20;
    const RECEIVED: u64 = 1 << 20;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut received = Vec::new();
        Read::by_ref(&mut client).take(RECEIVED).read_to_end(&mut received).unwrap();
        let head = received.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        // Closing with unread data resets the connection.
        received.split_off(head)
    });
    let (_, exchange) = failed_put(&format!("http://{address}/"), pattern(SIZE));
    let received = server.join().unwrap();
    let body = exchange.request.body.unwrap();
    assert!(body.size >= received.len() as u64, "{body:?}");
    // The buffers of the operating system are much smaller than the content.
    assert!(body.size < SIZE / 2, "{body:?}");
    let mut sent = vec![0; usize::try_from(body.size).unwrap()];
    Pattern.read_at(0, &mut sent).unwrap();
    assert!(sent.starts_with(&received));
    assert_eq!(body.sha256, Some(hex::encode(Sha256::digest(&sent))));
    assert_eq!(body.text, None);
}

#[test]
fn errors_keep_the_cause_that_a_library_below_gave() {
    let answering = |scheme: &str, response| format!("{scheme}://{}/", answer_once(response));
    for (url, kind, cause) in [
        (answering("http", b"SSH-2.0-OpenSSH\r\n\r\n"), "not_http", "HTTP version"),
        (answering("https", b"HTTP/1.1 400 Bad Request\r\n\r\n"), "tls", "corrupt message"),
        ("http://name.invalid/".to_owned(), "unresolved", "lookup"),
    ] {
        let (error, exchange) = failed_put(&url, Body::from(b"content".to_vec()));
        assert_eq!(error.word(), kind, "{error:?}");
        let source = error.source().unwrap().to_string();
        assert!(source.contains(cause), "{source}");
        assert!(!error.to_string().contains(&source), "{error}");
        assert_eq!(exchange.error.unwrap().message, chain(&error));
    }
}

fn is_send<T: Future + Send>(_: T) {}
const fn is_shared<T: Send + Sync>() {}

/// Never called: that it compiles is the test.
#[expect(dead_code, reason = "checked by the compiler alone")]
fn futures_can_move_between_threads(
    transport: &Transport,
    request: &Request,
    responses: [Response; 4],
) {
    is_shared::<Transport>();
    is_send(transport.send(request.clone()));
    is_send(transport.follow(request.clone()));
    let [mut first, second, third, fourth] = responses;
    is_send(first.chunk());
    is_send(second.read(1));
    is_send(third.buffer(1));
    is_send(fourth.discard());
}
