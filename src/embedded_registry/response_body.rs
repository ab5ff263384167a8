//! The body of a response: bytes in memory, or part of a file that is read while it is sent.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// The most bytes that are read from a file at once.
const PIECE_SIZE: usize = 64 * 1024;

#[derive(Debug)]
pub(super) enum ResponseBody {
    Bytes(Bytes),
    /// A file, open at the next byte to send, and the number of bytes that are left to send.
    File(File, u64),
}

impl<T: Into<Bytes>> From<T> for ResponseBody {
    fn from(bytes: T) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl ResponseBody {
    pub(super) fn from_file(file: File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self::File(file, size))
    }

    pub(super) const fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(_, size) => *size,
        }
    }

    /// Cuts this to the bytes from `start` to `end`, inclusive. Both must lie within the content.
    pub(super) fn part(self, start: u64, end: u64) -> io::Result<Self> {
        let length = end.saturating_sub(start).saturating_add(1);
        match self {
            Self::Bytes(bytes) => {
                let index = |at| usize::try_from(at).map_err(io::Error::other);
                Ok(Self::Bytes(bytes.slice(index(start)?..=index(end)?)))
            }
            Self::File(mut file, _) => {
                file.seek(SeekFrom::Start(start))?;
                Ok(Self::File(file, length))
            }
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = io::Error;

    /// Reads files without a thread of their own: pieces are small, and this registry has few
    /// clients.
    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let read = match self.get_mut() {
            Self::Bytes(bytes) if bytes.is_empty() => return Poll::Ready(None),
            Self::Bytes(bytes) => Ok(std::mem::take(bytes)),
            Self::File(_, 0) => return Poll::Ready(None),
            Self::File(file, left) => read_piece(file, left),
        };
        Poll::Ready(Some(read.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.size() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.size())
    }
}

fn read_piece(file: &mut File, left: &mut u64) -> io::Result<Bytes> {
    let mut piece = vec![0; usize::try_from(*left).unwrap_or(PIECE_SIZE).min(PIECE_SIZE)];
    let read = file.read(&mut piece)?;
    if read == 0 {
        // The file became shorter than the `Content-Length` that was sent.
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    piece.truncate(read);
    *left -= read as u64;
    Ok(piece.into())
}
