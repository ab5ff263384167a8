//! The body of an answer: bytes, or a part of a file that is read as it is sent.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// The most that is read of a file at once, in bytes.
const PIECE: usize = 64 * 1024;

/// Content that can be sent, whole or in part.
#[derive(Debug)]
pub(super) enum Payload {
    /// Bytes in memory.
    Bytes(Bytes),
    /// What comes next in a file, and how many bytes of it.
    File(File, u64),
}

impl Payload {
    /// All of `file`.
    pub(super) fn whole(file: File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self::File(file, size))
    }

    /// The number of bytes.
    pub(super) const fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(_, size) => *size,
        }
    }

    /// The bytes from `start` to `end`, inclusive; both lie in the content.
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

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    /// Reads a file here and now: a piece is small, and a development registry serves few.
    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let read = match self.get_mut() {
            Self::Bytes(bytes) if bytes.is_empty() => return Poll::Ready(None),
            Self::Bytes(bytes) => Ok(std::mem::take(bytes)),
            Self::File(_, 0) => return Poll::Ready(None),
            Self::File(file, left) => next(file, left),
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

fn next(file: &mut File, left: &mut u64) -> io::Result<Bytes> {
    let mut piece = vec![0; usize::try_from(*left).unwrap_or(PIECE).min(PIECE)];
    let read = file.read(&mut piece)?;
    if read == 0 {
        // The length has been promised.
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    piece.truncate(read);
    *left -= read as u64;
    Ok(piece.into())
}
