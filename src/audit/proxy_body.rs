//! Bodies that pass through the proxy. They may have any size, so no large one is held in memory.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::channel::Channel;
use hyper::body::{Frame, Incoming};

use crate::atomic_file::{Temporary, scratch};
use crate::wire::{self, Response};

/// The largest request body that is kept in memory, in bytes. A larger one is kept in a file.
const MEMORY_LIMIT: usize = 1024 * 1024;
const WAITING_PIECES: usize = 4;

/// Receives the body of a client's request completely, so that its size is known when it is sent on.
/// Returns the file of a large body too: dropping it removes the file.
pub(super) async fn receive(mut body: Incoming) -> io::Result<(wire::Body, Option<Temporary>)> {
    let mut start = Vec::new();
    let mut spilled: Option<(Temporary, File)> = None;
    let mut size = 0;
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(io::Error::other)?.into_data() else { continue };
        size += piece.len() as u64;
        if spilled.is_none() && start.len() + piece.len() > MEMORY_LIMIT {
            let (scratch, mut file) = scratch()?;
            file.write_all(&std::mem::take(&mut start))?;
            spilled = Some((scratch, file));
        }
        match &mut spilled {
            Some((_, file)) => file.write_all(&piece)?,
            None => start.extend_from_slice(&piece),
        }
    }
    match spilled {
        None => Ok((start.into(), None)),
        Some((scratch, _)) => {
            let source = Arc::new(File::open(&scratch.path)?);
            Ok((wire::Body::from_source(source, size), Some(scratch)))
        }
    }
}

/// The body of a response, which the client gets as it arrives from the registry.
pub(super) type ResponseBody = Channel<Bytes, io::Error>;

pub(super) fn from_registry(mut response: Response) -> ResponseBody {
    let (mut sender, body) = Channel::new(WAITING_PIECES);
    tokio::spawn(async move {
        loop {
            match response.chunk().await {
                Ok(None) => return,
                Ok(Some(piece)) => {
                    if sender.send_data(piece).await.is_err() {
                        return;
                    }
                }
                // The client gets an incomplete body.
                Err(error) => return sender.abort(io::Error::other(error)),
            }
        }
    });
    body
}

pub(super) fn from_text(text: String) -> ResponseBody {
    let (mut sender, body) = Channel::new(1);
    // This cannot fail: the channel has room for one piece.
    let _ = sender.try_send(Frame::data(text.into()));
    body
}
