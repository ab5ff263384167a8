//! A TCP proxy that adds a round trip's time, for measurements.
//!
//! ```text
//! delay LISTEN UPSTREAM MILLISECONDS
//! ```
//!
//! Bytes arrive half of the time later in each direction, and a new connection costs one round trip
//! more before anything passes, as a handshake does. Prints `listening` when it does.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [listen, upstream, milliseconds] = arguments.as_slice() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "LISTEN UPSTREAM MILLISECONDS"));
    };
    let milliseconds = milliseconds
        .parse()
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "no number of milliseconds"))?;
    let round_trip = Duration::from_millis(milliseconds);
    let listener = TcpListener::bind(listen)?;
    println!("listening");
    for client in listener.incoming() {
        let (client, server) = (client?, TcpStream::connect(upstream)?);
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let opened = Instant::now() + round_trip;
        pass(client.try_clone()?, server.try_clone()?, round_trip / 2, opened);
        pass(server, client, round_trip / 2, opened);
    }
    Ok(())
}

/// Passes on what `from` sends, `delay` after it came, and nothing before `opened`.
fn pass(mut from: TcpStream, mut to: TcpStream, delay: Duration, opened: Instant) {
    let (sender, receiver): (Sender<(Instant, Vec<u8>)>, Receiver<_>) = channel();
    thread::spawn(move || {
        for (due, bytes) in receiver {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                return;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(size @ 1..) = from.read(&mut buffer) {
            // What a client sends at once waits for its connection to be there.
            let due = Instant::now().max(opened) + delay;
            let piece = buffer.get(..size).unwrap_or_default().to_vec();
            if sender.send((due, piece)).is_err() {
                return;
            }
        }
    });
}
