//! The server side of HTTP, for the embedded registry and for the auditor's replay and proxy.

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Answers the requests that a [`Listener`] receives.
pub(crate) trait Service: Send + Sync + 'static {
    type Body: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static;

    fn respond(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Self::Body>> + Send;
}

/// A listening socket. Connections wait until [`Listener::serve`] is called.
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

    /// Passes requests to `service` until `shutdown` resolves, then closes all connections.
    pub(crate) async fn serve<S: Service>(
        self,
        service: Arc<S>,
        shutdown: impl Future<Output = ()>,
    ) {
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            let stream = tokio::select! {
                () = &mut shutdown => return,
                accepted = self.listener.accept() => accepted.map(|(stream, _)| stream),
                Some(_) = connections.join_next() => continue,
            };
            // A connection may fail before it is accepted; others may still work.
            let Ok(stream) = stream else { continue };
            let service = Arc::clone(&service);
            connections.spawn(async move {
                let respond = service_fn(move |request| {
                    let service = Arc::clone(&service);
                    async move { Ok::<_, Infallible>(service.respond(request).await) }
                });
                let mut server = hyper::server::conn::http1::Builder::new();
                server.half_close(true);
                // An error means that the client closed the connection early; the server goes on.
                let _ = server.serve_connection(TokioIo::new(stream), respond).await;
            });
        }
    }
}
