//! Bodies that pass through the proxy. They may have any size, so no large one is held in memory.

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

/// The largest request body that is kept in memory, in bytes. A larger one is kept in a file.
const MEMORY_LIMIT: usize = 1024 * 1024;
/// The number of pieces of a response that may wait until the client takes them.
const WAITING_PIECES: usize = 4;

/// The body of a client's request. It is received completely before it is sent on, so that its size
/// is known then.
pub(super) struct RequestBody {
    pub(super) body: wire::Body,
    /// The file of a large body. Dropping it removes the file.
    _file: Option<Scratch>,
}

/// Receives the body of a client's request.
pub(super) async fn receive(mut body: Incoming) -> io::Result<RequestBody> {
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
        None => Ok(RequestBody { body: start.into(), _file: None }),
        Some((scratch, _)) => {
            let source = Arc::new(File::open(scratch.path())?);
            Ok(RequestBody { body: wire::Body::from_source(source, size), _file: Some(scratch) })
        }
    }
}

/// The body of a response, which the client gets as it arrives from the registry.
pub(super) struct ResponseBody(mpsc::Receiver<io::Result<Bytes>>);

impl ResponseBody {
    pub(super) fn new(mut response: Response) -> Self {
        let (sender, pieces) = mpsc::channel(WAITING_PIECES);
        tokio::spawn(async move {
            loop {
                let piece = match response.chunk().await {
                    Ok(Some(piece)) => Ok(piece),
                    Ok(None) => return,
                    // The client gets an incomplete body.
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

    pub(super) fn from_text(text: String) -> Self {
        let (sender, pieces) = mpsc::channel(1);
        // This cannot fail: the channel has room for one piece.
        let _ = sender.try_send(Ok(text.into()));
        Self(pieces)
    }
}

impl hyper::body::Body for ResponseBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
