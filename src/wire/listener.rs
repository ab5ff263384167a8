//! The other side of HTTP: listens and has requests answered, for the development registry and for
//! the auditor's replay and proxy.

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

/// Listens, but does not answer before [`Listener::serve`].
#[derive(Debug)]
pub(crate) struct Listener {
    listener: TcpListener,
    address: SocketAddr,
}

impl Listener {
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    pub(crate) const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Has `answer` answer each request until `shutdown` resolves. Connections that are open then
    /// are closed.
    pub(crate) async fn serve<A, F, B>(self, answer: A, shutdown: impl Future<Output = ()>)
    where
        A: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            let stream = tokio::select! {
                () = &mut shutdown => return,
                // One connection that failed before it began is no reason to stop.
                accepted = self.listener.accept() => accepted.map(|(stream, _)| stream),
                Some(_) = connections.join_next() => continue,
            };
            let Ok(stream) = stream else { continue };
            let answer = answer.clone();
            connections.spawn(async move {
                let service = service_fn(move |request| {
                    let answered = answer(request);
                    async move { Ok::<_, Infallible>(answered.await) }
                });
                let mut server = hyper::server::conn::http1::Builder::new();
                server.half_close(true);
                // A client that breaks off is none of the server's business.
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }
}
