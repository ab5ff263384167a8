//! A TCP proxy that adds a round trip's time.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Listens on loopback, in front of `upstream`, until the process ends. Bytes arrive half of
/// `round_trip` later in each direction, and a new connection costs a whole one before anything
/// passes, as a handshake does.
pub fn before(upstream: SocketAddr, round_trip: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, server) = (client.unwrap(), TcpStream::connect(upstream).unwrap());
            client.set_nodelay(true).unwrap();
            server.set_nodelay(true).unwrap();
            let opened = Instant::now() + round_trip;
            let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
            pass(client, server, round_trip / 2, opened);
            pass(back.0, back.1, round_trip / 2, opened);
        }
    });
    address
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
            if sender.send((due, buffer[..size].to_vec())).is_err() {
                return;
            }
        }
    });
}
