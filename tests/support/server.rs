//! A small HTTP server under a test's control, which keeps every request that reached it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    pub method: String,
    pub target: String,
    pub head: String,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        field(&self.head, name)
    }

    /// The decoded values of a query parameter or form field.
    pub fn parameters(&self, name: &str) -> Vec<String> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let pairs = url::form_urlencoded::parse(query.as_bytes())
            .chain(url::form_urlencoded::parse(self.body.as_bytes()));
        pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect()
    }
}

/// What the server says: status, header fields, body.
pub type Reply = (u16, Vec<(&'static str, String)>, String);

/// A listener on loopback. It ends with the test's process.
#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    pub fn start(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let (kept, answer) = (Arc::clone(&received), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                std::thread::spawn(move || converse(stream.unwrap(), &kept, &*answer));
            }
        });
        Self { address, received }
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn reference(&self, rest: &str) -> String {
        format!("{}/{rest}", self.address)
    }
}

fn converse(
    mut stream: TcpStream,
    kept: &Mutex<Vec<Received>>,
    answer: &(dyn Fn(&Received) -> Reply + Send + Sync),
) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        match stream.read(&mut buffer) {
            Ok(size @ 1..) => bytes.extend_from_slice(&buffer[..size]),
            _ => return,
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let length: usize = field(&head, "content-length").map_or(0, |length| length.parse().unwrap());
    while bytes.len() < head_end + length {
        match stream.read(&mut buffer) {
            Ok(size @ 1..) => bytes.extend_from_slice(&buffer[..size]),
            _ => return,
        }
    }
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
    let body = String::from_utf8_lossy(&bytes[head_end..]).into_owned();
    let received = Received { method, target, head, body };
    kept.lock().unwrap().push(received.clone());
    let (status, headers, body) = answer(&received);
    let mut reply = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n");
    for (name, value) in headers {
        reply.extend([name, ": ", &value, "\r\n"]);
    }
    let length = body.len();
    let body = if received.method == "HEAD" { "" } else { &body };
    let _ = stream.write_all(format!("{reply}content-length: {length}\r\n\r\n{body}").as_bytes());
}

/// The value of a header field. Other clients than this one write names with capitals.
fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (field, value) = line.split_once(": ")?;
        field.eq_ignore_ascii_case(name).then_some(value)
    })
}
