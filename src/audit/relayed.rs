//! Bodies on their way through the proxy, of any size, none of them held in memory whole.

use std::fs::File;
use std::io::{self, Write as _};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Frame, Incoming};
use tokio::sync::mpsc;

use crate::atomic_file::Scratch;
use crate::wire::{self, Response};

/// The largest body of a client that is kept in memory, in bytes; a larger one waits in a file.
const MEMORY_LIMIT: usize = 1024 * 1024;
/// How many pieces of a registry's body may wait for the client.
const AHEAD: usize = 4;

/// A client's body, received whole, so that its size is known when it is sent on.
pub(super) struct Received {
    pub(super) body: wire::Body,
    /// Goes when the body was sent.
    _file: Option<Scratch>,
}

/// Receives a client's body.
pub(super) async fn receive(mut body: Incoming) -> io::Result<Received> {
    let mut start = Vec::new();
    let mut spilled: Option<(Scratch, File)> = None;
    let mut size = 0;
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(io::Error::other)?.into_data() else { continue };
        size += piece.len() as u64;
        if spilled.is_none() && start.len() + piece.len() > MEMORY_LIMIT {
            let (scratch, mut file) = Scratch::new()?;
            file.write_all(&std::mem::take(&mut start))?;
            spilled = Some((scratch, file));
        }
        match &mut spilled {
            Some((_, file)) => file.write_all(&piece)?,
            None => start.extend_from_slice(&piece),
        }
    }
    match spilled {
        None => Ok(Received { body: start.into(), _file: None }),
        Some((scratch, _)) => {
            let source = Arc::new(File::open(scratch.path())?);
            Ok(Received { body: wire::Body::from_source(source, size), _file: Some(scratch) })
        }
    }
}

/// A registry's body, passed on as it comes.
pub(super) struct Relayed(mpsc::Receiver<io::Result<Bytes>>);

impl Relayed {
    pub(super) fn new(mut response: Response) -> Self {
        let (sender, pieces) = mpsc::channel(AHEAD);
        tokio::spawn(async move {
            loop {
                let piece = match response.chunk().await {
                    Ok(Some(piece)) => Ok(piece),
                    Ok(None) => return,
                    // The client sees a body that is cut short.
                    Err(error) => Err(io::Error::other(error)),
                };
                let is_last = piece.is_err();
                if sender.send(piece).await.is_err() || is_last {
                    return;
                }
            }
        });
        Self(pieces)
    }

    /// A body that is known already.
    pub(super) fn whole(text: String) -> Self {
        let (sender, pieces) = mpsc::channel(1);
        // There is room for one.
        let _ = sender.try_send(Ok(text.into()));
        Self(pieces)
    }
}

impl hyper::body::Body for Relayed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
