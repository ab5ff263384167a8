//! A registry that fails by script: a layer on loopback before a real one.

use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Answer;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub target: String,
    pub head: String,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }
}

/// Makes an answer for a request.
pub type Maker = Arc<dyn Fn(&Asked) -> Vec<u8> + Send + Sync>;

/// What becomes of a request.
#[derive(Clone)]
pub enum Fault {
    /// The connection is closed without a word.
    Close,
    /// The connection is reset.
    Reset,
    /// These bytes are sent, and the connection is closed.
    Raw(Vec<u8>),
    /// These bytes are sent, and then nothing, for as long as the client waits.
    Stall(Vec<u8>),
    /// The first bytes are sent, and then the others again and again, with a pause in between.
    Endless(Vec<u8>, Vec<u8>, Duration),
    /// The registry's answer, changed.
    Change(Arc<dyn Fn(&mut Answer) + Send + Sync>),
    /// Another answer, made for the request; the registry sees nothing of it.
    Reply(Maker),
    /// The registry's answer up to so many bytes of its body, and then a reset.
    CutAnswer(usize),
    /// So many bytes of the body reach the registry, as a chunk; nobody is told, and the connection
    /// is reset.
    CutRequest(usize),
    /// So many bytes of the body are read, and no more.
    Hold(usize),
    /// The registry does what it is asked, and nobody is told.
    Deaf,
    /// Like `Close`, for bodies of more than so many bytes; others reach the registry.
    CloseOver(usize),
    /// These bytes instead of the registry's answer, for bodies of more than so many bytes.
    RawOver(usize, Vec<u8>),
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

    fn applies(&self, head: &str) -> bool {
        let mut words = head.split(' ');
        let method = words.next().unwrap_or_default();
        if method != self.method || !words.next().unwrap_or_default().contains(self.part) {
            return false;
        }
        self.times.contains(&self.seen.fetch_add(1, Ordering::Relaxed))
    }
}

/// The layer. It wants a login by Basic where `login` is set. It ends with the test's process.
#[derive(Clone)]
pub struct Faulty {
    pub address: SocketAddr,
    upstream: SocketAddr,
    rules: Arc<Vec<Rule>>,
    login: bool,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Faulty {
    pub fn start(upstream: SocketAddr, rules: Vec<Rule>, login: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let layer =
            Self { address, upstream, rules: Arc::new(rules), login, asked: Arc::default() };
        let serving = layer.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let layer = serving.clone();
                // A client that goes away is no failure of this test.
                std::thread::spawn(move || stream.and_then(|stream| layer.converse(stream)));
            }
        });
        layer
    }

    /// The requests so far, those without a login left out where one is wanted.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Method and target of each.
    pub fn lines(&self) -> Vec<String> {
        self.asked().iter().map(|asked| format!("{} {}", asked.method, asked.target)).collect()
    }

    /// How many requests there were with this method whose target holds `part`.
    pub fn count(&self, method: &str, part: &str) -> usize {
        let counts = |asked: &&Asked| asked.method == method && asked.target.contains(part);
        self.asked().iter().filter(counts).count()
    }

    fn converse(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let head = peek_head(&stream)?;
        if self.login && !head.contains("authorization: Basic ") {
            read_request(&mut stream)?;
            let challenge = answer(401, &[("www-authenticate", "Basic realm=\"x\"")], "");
            return stream.write_all(&challenge);
        }
        let fault = self.rules.iter().find(|rule| rule.applies(&head)).map(|rule| &rule.fault);
        if matches!(fault, Some(Fault::Reset)) {
            // What was sent is not read: closing resets the connection.
            self.note(asked(&head, Vec::new()));
            return Ok(());
        }
        if let Some(Fault::CutRequest(size)) = fault {
            let mut start = vec![0; head.len() + size];
            stream.read_exact(&mut start)?;
            let body = start.split_off(head.len());
            let asked = asked(&head, body);
            self.note(asked.clone());
            self.forward(&asked)?;
            // More is on its way, and not read: closing resets the connection.
            if head.lines().any(|line| line == format!("content-length: {size}")) {
                return Ok(());
            }
            let _ = stream.peek(&mut [0]);
            return Ok(());
        }
        if let Some(Fault::Hold(size)) = fault {
            stream.read_exact(&mut vec![0; head.len() + size])?;
            self.note(asked(&head, Vec::new()));
            loop {
                std::thread::park();
            }
        }
        let asked = read_request(&mut stream)?;
        self.note(asked.clone());
        self.act(stream, &asked, fault)
    }

    fn act(&self, mut stream: TcpStream, asked: &Asked, fault: Option<&Fault>) -> io::Result<()> {
        let bytes = match fault {
            Some(Fault::Close | Fault::Reset | Fault::CutRequest(_) | Fault::Hold(_)) => {
                return Ok(());
            }
            Some(Fault::CloseOver(size)) if asked.body.len() > *size => return Ok(()),
            Some(Fault::RawOver(size, bytes)) if asked.body.len() > *size => bytes.clone(),
            Some(Fault::Raw(bytes)) => bytes.clone(),
            Some(Fault::Reply(reply)) => reply(asked),
            Some(Fault::Stall(bytes)) => {
                stream.write_all(bytes)?;
                // Until the client closes.
                return stream.read(&mut [0]).map(|_| ());
            }
            Some(Fault::Endless(first, others, pause)) => {
                stream.write_all(first)?;
                loop {
                    stream.write_all(others)?;
                    std::thread::sleep(*pause);
                }
            }
            Some(Fault::Deaf) => return self.forward(asked).map(|_| ()),
            Some(Fault::Change(change)) => {
                let mut changed = self.forward(asked)?;
                change(&mut changed);
                whole(&changed, &asked.method)
            }
            Some(Fault::CutAnswer(size)) => {
                let found = self.forward(asked)?;
                let bytes = whole(&found, &asked.method);
                stream.write_all(&bytes[..bytes.len() - found.body.len() + size])?;
                return Ok(());
            }
            Some(Fault::CloseOver(_) | Fault::RawOver(..)) | None => {
                whole(&self.forward(asked)?, &asked.method)
            }
        };
        stream.write_all(&bytes)?;
        // Reading to the client's end keeps what was sent from being lost in a reset.
        stream.shutdown(std::net::Shutdown::Write)?;
        while stream.read(&mut [0; 4096])? > 0 {}
        Ok(())
    }

    fn note(&self, asked: Asked) {
        self.asked.lock().unwrap().push(asked);
    }

    fn forward(&self, asked: &Asked) -> io::Result<Answer> {
        let mut stream = TcpStream::connect(self.upstream)?;
        let mut head = format!("{} {} HTTP/1.1\r\n", asked.method, asked.target);
        for line in asked.head.lines().skip(1).filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            match name {
                "authorization" | "connection" | "content-length" => {}
                // Part of a chunk is a shorter chunk.
                "content-range" => {
                    let first: usize = value.split('-').next().unwrap().parse().unwrap();
                    let last = first + asked.body.len().max(1) - 1;
                    write!(head, "content-range: {first}-{last}\r\n").unwrap();
                }
                _ => write!(head, "{line}\r\n").unwrap(),
            }
        }
        let length = asked.body.len();
        let head = format!("{head}connection: close\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        stream.write_all(&asked.body)?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        Ok(Answer::parse(&bytes))
    }
}

/// An answer with its length, as it stands on the wire.
pub fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n");
    for (name, value) in headers {
        write!(bytes, "{name}: {value}\r\n").unwrap();
    }
    write!(bytes, "content-length: {}\r\n\r\n", body.as_ref().len()).unwrap();
    [bytes.as_bytes(), body.as_ref()].concat()
}

impl Answer {
    /// Sets a header field, in place of any of that name; an empty value leaves it out.
    pub fn set(&mut self, name: &str, value: &str) {
        let other = |line: &&str| !line.to_lowercase().starts_with(&format!("{name}:"));
        let mut lines: Vec<_> = self.head.lines().filter(other).map(str::to_owned).collect();
        if !value.is_empty() {
            lines.push(format!("{name}: {value}"));
        }
        self.head = lines.join("\r\n");
    }
}

/// A registry's answer as it goes on to the client.
fn whole(found: &Answer, method: &str) -> Vec<u8> {
    let framing = ["connection:", "transfer-encoding:", "content-length:"];
    let mut bytes = format!("HTTP/1.1 {} X\r\n", found.status);
    for line in found.head.lines().skip(1) {
        if !framing.iter().any(|name| line.to_lowercase().starts_with(name)) {
            write!(bytes, "{line}\r\n").unwrap();
        }
    }
    let declared = found.header("content-length").filter(|_| method == "HEAD").map(str::to_owned);
    let length = declared.unwrap_or_else(|| found.body.len().to_string());
    write!(bytes, "connection: close\r\ncontent-length: {length}\r\n\r\n").unwrap();
    [bytes.as_bytes(), &found.body].concat()
}

/// The head of a request that has not been read yet.
fn peek_head(stream: &TcpStream) -> io::Result<String> {
    let mut buffer = [0; 16 * 1024];
    loop {
        let size = stream.peek(&mut buffer)?;
        let known = &buffer[..size];
        if let Some(end) = known.windows(4).position(|window| window == b"\r\n\r\n") {
            return Ok(String::from_utf8_lossy(&known[..end + 4]).into_owned());
        }
        if size == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        std::thread::yield_now();
    }
}

fn read_request(stream: &mut TcpStream) -> io::Result<Asked> {
    let head = peek_head(stream)?;
    stream.read_exact(&mut vec![0; head.len()])?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body)?;
    Ok(asked(&head, body))
}

fn asked(head: &str, body: Vec<u8>) -> Asked {
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
    Asked { method, target, head: head.to_owned(), body }
}
