//! Uploading a blob whose content is in memory, in a file, or a stream.
//!
//! Content of any size is hashed while it is sent, read only once if the registry supports chunks, and
//! resumed after an interruption. Only a few pieces of it are in memory.

use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::hashing_source::HashingSource;
use super::opening::send_opening;
use super::responses::{check_stored, is_broken_connection, with_digest};
use super::session::{ClosingBody, OCTETS, UploadSession};
use crate::oci::descriptor::Descriptor;
use crate::oci::digest::{Algorithm, Digest, Hasher};
use crate::oci::error::{Error, ErrorKind, ProtocolViolation, Result};
use crate::oci::media_type::MediaType;
use crate::oci::operation::Operation;
use crate::oci::repository::handle::Repository;
use crate::wire::{Body, BodySource, Method};

/// The largest blob for which a single request is tried, in bytes.
const SINGLE_REQUEST_LIMIT: u64 = 1024 * 1024;

impl Repository {
    /// Uploads `content`, which `descriptor` describes, without asking whether the registry has it already.
    ///
    /// Up to 1 MiB, the upload starts with a single POST that carries the blob. If the
    /// registry opens an upload session instead (202), the blob follows by PUT.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] if `content` does not match `descriptor`, before anything is sent;
    /// [`ErrorKind::Protocol`] if the upload session cannot be used.
    pub async fn push_blob(&self, descriptor: &Descriptor, content: Bytes) -> Result<(), Error> {
        let digest = &descriptor.digest;
        let pushed = async {
            descriptor.verify(&content)?;
            let outcome = if descriptor.size <= SINGLE_REQUEST_LIMIT {
                let post = |operation| self.post_blob(operation, digest, content.clone());
                self.retry(post).await?
            } else {
                SinglePost::Unsupported
            };
            let mut session = match outcome {
                SinglePost::Stored => return Ok(()),
                SinglePost::SessionOpened(session) => *session,
                SinglePost::Unsupported => UploadSession::open(self, digest.algorithm()).await?,
            };
            let sent = session.finish(|| digest.clone(), &content.into(), ClosingBody::Rest).await;
            session.close(sent).await
        };
        pushed.await.map_err(self.error("uploading the blob", format_args!("@{digest}")))
    }

    /// Uploads the first `size` bytes of `source`, such as a file, and returns their descriptor.
    ///
    /// They are read once and hashed while they are sent. Only for a registry that does not support chunks
    /// are they read twice, because it needs the digest first.
    ///
    /// # Errors
    /// [`ErrorKind::Local`] if the source cannot be read or is shorter than `size`; those of
    /// [`Repository::push_blob`].
    pub async fn push_source(
        &self,
        media_type: MediaType,
        source: Arc<dyn BodySource>,
        size: u64,
        algorithm: Algorithm,
    ) -> Result<Descriptor, Error> {
        let sent = async {
            let source = Arc::new(HashingSource::new(source, algorithm));
            let body = Body::from_source(Arc::clone(&source) as Arc<dyn BodySource>, size);
            let digest = || source.digest();
            let mut session = UploadSession::open(self, algorithm).await?;
            let mut sent = session.finish(digest, &body, ClosingBody::Empty).await;
            if sent.is_err() && session.chunks_refused {
                // The request that carries the whole blob names the digest, which has to be known first.
                let hashing = Arc::clone(&source);
                let read = tokio::task::spawn_blocking(move || hashing.read_through(size)).await;
                sent = match read.unwrap_or_else(|error| Err(error.into())) {
                    Ok(()) => session.finish_without_chunks(digest, &body).await,
                    Err(error) => Err(ErrorKind::Local(error)),
                };
            }
            if sent.is_ok() && source.hashed() < size {
                // The registry says that it has bytes which were never sent.
                let sent = source.hashed();
                let violation = ProtocolViolation::UploadOffset { has: size, sent };
                return session.close(Err(violation.into())).await;
            }
            session.close(sent).await?;
            Ok(source.digest())
        };
        let digest = sent.await.map_err(self.error("uploading a blob", ""))?;
        Ok(Descriptor::new(media_type, digest, size))
    }

    /// Uploads the content of `source`, such as a file, which `descriptor` describes. The request that
    /// closes the upload carries it.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] if the source does not match `descriptor`; those of
    /// [`Repository::push_source`].
    pub async fn push_described(
        &self,
        descriptor: &Descriptor,
        source: Arc<dyn BodySource>,
    ) -> Result<(), Error> {
        let Descriptor { digest: expected, size, .. } = descriptor;
        let pushed = async {
            let source = Arc::new(HashingSource::new(source, expected.algorithm()));
            let body = Body::from_source(Arc::clone(&source) as Arc<dyn BodySource>, *size);
            let mut session = UploadSession::open(self, expected.algorithm()).await?;
            let sent = session.finish(|| expected.clone(), &body, ClosingBody::Rest).await;
            session.close(sent).await?;
            Ok(expected.expect(source.digest())?)
        };
        pushed.await.map_err(self.error("uploading the blob", format_args!("@{expected}")))
    }

    /// Uploads everything that `reader` yields and returns its descriptor. Each chunk is kept in memory
    /// until the registry has it.
    ///
    /// # Errors
    /// [`ErrorKind::Local`] if the reader fails; those of [`Repository::push_blob`].
    pub async fn push_stream(
        &self,
        media_type: MediaType,
        mut reader: impl AsyncRead + Send + Unpin,
        algorithm: Algorithm,
    ) -> Result<Descriptor, Error> {
        let sent = async {
            let mut session = UploadSession::open(self, algorithm).await?;
            let sent = send_stream(&mut session, &mut reader, algorithm).await;
            session.close(sent).await
        };
        let (digest, size) = sent.await.map_err(self.error("uploading a blob", ""))?;
        Ok(Descriptor::new(media_type, digest, size))
    }

    /// `POST …/blobs/uploads/?digest=<digest>` with the blob as its body.
    async fn post_blob(
        &self,
        operation: Operation,
        digest: &Digest,
        content: Bytes,
    ) -> Result<SinglePost> {
        let url = with_digest(operation.url("blobs/uploads/"), digest);
        let request = operation
            .request(Method::POST, url, "blob upload, single request")
            .body(OCTETS, content);
        let response = match send_opening(self, operation, request).await {
            Ok(response) => response,
            // A registry that only opens a session (202) may close the connection before it has read the
            // body.
            // The digest names the blob, so that sending it again does no harm.
            Err(error) if is_broken_connection(&error) => return Ok(SinglePost::Unsupported),
            Err(error) => return Err(error),
        };
        match response.status() {
            201 => {
                check_stored(&response, digest)?;
                response.discard().await?;
                Ok(SinglePost::Stored)
            }
            202 => {
                let opened = UploadSession::opened(self, response, digest.algorithm()).await?;
                Ok(SinglePost::SessionOpened(Box::new(opened)))
            }
            // Not every registry supports a single POST. If something else is wrong, the next request fails
            // too.
            400 | 405 | 411 | 413 | 415 | 416 | 422 | 501 => {
                response.discard().await?;
                Ok(SinglePost::Unsupported)
            }
            _ => Err(ErrorKind::of_unexpected(response).await),
        }
    }
}

enum SinglePost {
    Stored,
    SessionOpened(Box<UploadSession>),
    Unsupported,
}

async fn send_stream(
    session: &mut UploadSession,
    reader: &mut (impl AsyncRead + Send + Unpin),
    algorithm: Algorithm,
) -> Result<(Digest, u64)> {
    let mut hasher = Hasher::new(algorithm);
    let mut size = 0;
    loop {
        let wanted = session.chunk_size()?;
        let chunk = read_chunk(reader, wanted).await.map_err(ErrorKind::Local)?;
        if chunk.is_empty() {
            let digest = hasher.finish();
            session.finish(|| digest.clone(), &Body::empty(), ClosingBody::Rest).await?;
            return Ok((digest, size));
        }
        size += chunk.len() as u64;
        hasher.update(&chunk);
        session.append(&chunk.into()).await?;
    }
}

/// Reads the next `size` bytes, or fewer at the end.
async fn read_chunk(
    reader: &mut (impl AsyncRead + Send + Unpin),
    size: usize,
) -> io::Result<Bytes> {
    let mut chunk = BytesMut::with_capacity(size);
    let mut limited = reader.take(size as u64);
    while limited.read_buf(&mut chunk).await? > 0 {}
    Ok(chunk.freeze())
}
