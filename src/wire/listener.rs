//! An HTTP server, for the development registry and for the auditor's replay and proxy.

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A socket that listens. Requests are answered once [`Listener::serve`] is called.
#[derive(Debug)]
pub(crate) struct Listener {
    listener: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Listens at `address`; port 0 takes a free port.
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Returns the address and port.
    pub(crate) const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers each request with `handler` until `shutdown` resolves. Connections that are open then
    /// are closed.
    pub(crate) async fn serve<H, F, B>(self, handler: H, shutdown: impl Future<Output = ()>)
    where
        H: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            let stream = tokio::select! {
                () = &mut shutdown => return,
                // A connection that failed before it was accepted does not stop the server.
                accepted = self.listener.accept() => accepted.map(|(stream, _)| stream),
                Some(_) = connections.join_next() => continue,
            };
            let Ok(stream) = stream else { continue };
            let handler = handler.clone();
            connections.spawn(async move {
                let service = service_fn(move |request| {
                    let response = handler(request);
                    async move { Ok::<_, Infallible>(response.await) }
                });
                let mut server = hyper::server::conn::http1::Builder::new();
                server.half_close(true);
                // The client broke the connection, which does not concern other connections.
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }
}
