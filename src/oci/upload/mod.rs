//! Writing blobs (distribution specification, "Pushing Blobs").
//!
//! Whatever its size, a blob is read once where the registry's steps allow it, hashed while it is
//! sent, and resumed where the connection broke. No memory is needed but for a few pieces.

mod answer;
mod cleaning;
mod mount;
mod opening;
mod session;
mod source;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use url::Url;

use self::answer::{check_stored, is_broken, unexpected};
use self::session::{Steps, Upload};
use self::source::HashingSource;
use super::descriptor::{Descriptor, Mismatch};
use super::digest::{Algorithm, Digest, Hasher};
use super::error::{Error, ErrorKind, Violation};
use super::manifests::digest_header;
use super::media_type::MediaType;
use super::repository::Repository;
use super::retry::Attempts;
use crate::wire::{Body, BodySource, Method};

pub(super) use self::cleaning::Cleaning;
pub use self::mount::Mounted;

/// The largest blob that is tried with a single request, in bytes.
pub const SINGLE_REQUEST_LIMIT: u64 = 1024 * 1024;
/// The size of chunks where a registry takes no larger ones, and of those in which content of
/// unknown length is sent, in bytes.
pub const CHUNK_SIZE: u64 = 4 * 1024 * 1024;
/// The largest chunk that a registry may insist on, in bytes: chunks of a stream are kept in memory.
const CHUNK_MINIMUM_LIMIT: u64 = 64 * 1024 * 1024;
const OCTETS: &str = "application/octet-stream";

impl Repository {
    /// Uploads `content`, which `descriptor` describes; whether the registry has it already is not
    /// asked.
    ///
    /// Up to [`SINGLE_REQUEST_LIMIT`] the upload starts with a single POST that carries the blob; a
    /// registry that answers it with an upload session (202) gets the blob by PUT.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] where `content` is not what `descriptor` says, before anything is
    /// sent; [`ErrorKind::Protocol`] where the session cannot be used.
    pub async fn push_blob(&self, descriptor: &Descriptor, content: Bytes) -> Result<(), Error> {
        let pushed = self.upload_bytes(descriptor, content).await;
        let digest = &descriptor.digest;
        pushed.map_err(self.error("uploading the blob", format_args!("@{digest}")))
    }

    /// Uploads `size` bytes of `source`, such as a file, of which neither digest nor content is known
    /// yet, and returns their descriptor. They are read once and hashed while they are sent, except
    /// where a registry takes no chunks and has to be told the digest first.
    ///
    /// # Errors
    /// [`ErrorKind::Local`] where the source cannot be read or is shorter than `size`; those of
    /// [`Repository::push_blob`].
    pub async fn push_source(
        &self,
        media_type: MediaType,
        source: Arc<dyn BodySource>,
        size: u64,
        algorithm: Algorithm,
    ) -> Result<Descriptor, Error> {
        let digest = self.upload_source(source, size, algorithm).await;
        let digest = digest.map_err(self.error("uploading a blob", ""))?;
        Ok(Descriptor::new(media_type, digest, size))
    }

    /// Uploads the content of `source`, such as a file, which `descriptor` describes, with the request
    /// that closes the upload.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] where the source is not what `descriptor` says; those of
    /// [`Repository::push_source`].
    pub async fn push_described(
        &self,
        descriptor: &Descriptor,
        source: Arc<dyn BodySource>,
    ) -> Result<(), Error> {
        let pushed = self.upload_described(descriptor, source).await;
        let digest = &descriptor.digest;
        pushed.map_err(self.error("uploading the blob", format_args!("@{digest}")))
    }

    async fn upload_described(
        &self,
        descriptor: &Descriptor,
        source: Arc<dyn BodySource>,
    ) -> Result<(), ErrorKind> {
        let Descriptor { digest: expected, size, .. } = descriptor;
        let source = Arc::new(HashingSource::new(source, expected.algorithm()));
        let body = Body::from_source(Arc::clone(&source) as Arc<dyn BodySource>, *size);
        let mut upload = Upload::start(self, expected.algorithm()).await?;
        let sent = upload.finish(|| expected.clone(), &body, Steps::Whole).await;
        upload.close(sent).await?;
        let found = source.digest();
        if found == *expected {
            return Ok(());
        }
        Err(ErrorKind::Mismatch(Mismatch::Digest { expected: expected.clone(), found }))
    }

    /// Uploads what `reader` yields, in chunks that are kept until the registry has them, and returns
    /// its descriptor.
    ///
    /// # Errors
    /// [`ErrorKind::Local`] where it cannot be read; those of [`Repository::push_blob`].
    pub async fn push_stream(
        &self,
        media_type: MediaType,
        reader: impl AsyncRead + Send + Unpin,
        algorithm: Algorithm,
    ) -> Result<Descriptor, Error> {
        let sent = self.upload_stream(reader, algorithm).await;
        let (digest, size) = sent.map_err(self.error("uploading a blob", ""))?;
        Ok(Descriptor::new(media_type, digest, size))
    }

    async fn upload_bytes(&self, descriptor: &Descriptor, content: Bytes) -> Result<(), ErrorKind> {
        descriptor.verify(&content).map_err(ErrorKind::Mismatch)?;
        let digest = &descriptor.digest;
        let started = if descriptor.size <= SINGLE_REQUEST_LIMIT {
            let single = |attempts| self.single_request(digest, content.clone(), attempts);
            self.client().persist(single).await?
        } else {
            Started::NotTaken
        };
        let mut upload = match started {
            Started::Done => return Ok(()),
            Started::Session(upload) => *upload,
            Started::NotTaken => Upload::start(self, digest.algorithm()).await?,
        };
        let sent = upload.finish(|| digest.clone(), &content.into(), Steps::Whole).await;
        upload.close(sent).await
    }

    /// `POST …/blobs/uploads/?digest=` with the blob in it.
    async fn single_request(
        &self,
        digest: &Digest,
        content: Bytes,
        attempts: Attempts,
    ) -> Result<Started, ErrorKind> {
        let url = with_digest(self.url("blobs/uploads/"), digest);
        let request =
            self.request(Method::Post, url, "blob upload, single request").body(OCTETS, content);
        let response = match self.send_opening(request, &attempts, None).await {
            Ok(response) => response,
            // A registry that means to answer 202 may hang up before it has read the body. The
            // blob is named by its digest, so that sending it again does no harm.
            Err(error) if is_broken(&error) => return Ok(Started::NotTaken),
            Err(error) => return Err(error),
        };
        match response.status() {
            201 => {
                check_stored(digest_header(response.headers())?, digest)?;
                response.discard().await?;
                Ok(Started::Done)
            }
            202 => {
                let opened = Upload::opened(self, response, digest.algorithm()).await?;
                Ok(Started::Session(Box::new(opened)))
            }
            // Not every registry knows this form; the other one tells what is really wrong.
            400 | 405 | 411 | 413 | 415 | 416 | 422 | 501 => {
                response.discard().await?;
                Ok(Started::NotTaken)
            }
            _ => Err(unexpected(response).await),
        }
    }

    async fn upload_source(
        &self,
        source: Arc<dyn BodySource>,
        size: u64,
        algorithm: Algorithm,
    ) -> Result<Digest, ErrorKind> {
        let source = Arc::new(HashingSource::new(source, algorithm));
        let body = Body::from_source(Arc::clone(&source) as Arc<dyn BodySource>, size);
        let digest = || source.digest();
        let mut upload = Upload::start(self, algorithm).await?;
        let mut sent = upload.finish(digest, &body, Steps::Chunks).await;
        if sent.is_err() && upload.takes_no_chunks() {
            // The digest has to be known before the first byte is sent.
            let hashing = Arc::clone(&source);
            let read = tokio::task::spawn_blocking(move || hashing.read_through(size)).await;
            sent = match read.unwrap_or_else(|error| Err(error.into())) {
                Ok(()) => upload.finish_anew(digest, &body).await,
                Err(error) => Err(ErrorKind::Local(error)),
            };
        }
        if sent.is_ok() && source.hashed() < size {
            // A registry that says it has what was never sent.
            let sent = source.hashed();
            let lie = ErrorKind::Protocol(Violation::UploadOffset { has: size, sent });
            return upload.close(Err(lie)).await;
        }
        upload.close(sent).await?;
        Ok(source.digest())
    }

    async fn upload_stream(
        &self,
        mut reader: impl AsyncRead + Send + Unpin,
        algorithm: Algorithm,
    ) -> Result<(Digest, u64), ErrorKind> {
        let mut upload = Upload::start(self, algorithm).await?;
        let sent = send_stream(&mut upload, &mut reader, algorithm).await;
        upload.close(sent).await
    }
}

async fn send_stream(
    upload: &mut Upload,
    reader: &mut (impl AsyncRead + Send + Unpin),
    algorithm: Algorithm,
) -> Result<(Digest, u64), ErrorKind> {
    let mut hasher = Hasher::new(algorithm);
    let mut size = 0;
    loop {
        let wanted = upload.chunk_size()?;
        let chunk = read_chunk(reader, wanted).await.map_err(ErrorKind::Local)?;
        if chunk.is_empty() {
            let digest = hasher.finish();
            upload.finish(|| digest.clone(), &Body::empty(), Steps::Whole).await?;
            return Ok((digest, size));
        }
        size += chunk.len() as u64;
        hasher.update(&chunk);
        upload.append(&chunk.into()).await?;
    }
}

/// The next `size` bytes, or those that are left.
async fn read_chunk(
    reader: &mut (impl AsyncRead + Send + Unpin),
    size: usize,
) -> std::io::Result<Bytes> {
    let mut chunk = BytesMut::with_capacity(size);
    let mut limited = reader.take(size as u64);
    while limited.read_buf(&mut chunk).await? > 0 {}
    Ok(chunk.freeze())
}

/// How far a single request got.
enum Started {
    Done,
    Session(Box<Upload>),
    NotTaken,
}

fn escaped(digest: &Digest) -> String {
    format!("{}%3A{}", digest.algorithm().name(), digest.encoded())
}

/// Appends the digest and leaves the rest of the query byte for byte as the registry gave it.
fn with_digest(mut url: Url, digest: &Digest) -> Url {
    let digest = format!("digest={}", escaped(digest));
    let query = match url.query() {
        Some(query) if !query.is_empty() => format!("{query}&{digest}"),
        _ => digest,
    };
    url.set_query(Some(&query));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Obligation 13.
    #[test]
    fn the_registry_s_own_query_is_kept_byte_for_byte() {
        let digest = Digest::sha256(b"");
        let hex = digest.encoded();
        for (location, expected) in [
            ("http://r/u", format!("http://r/u?digest=sha256%3A{hex}")),
            ("http://r/u?", format!("http://r/u?digest=sha256%3A{hex}")),
            ("http://r/u?a=%2f+~b&=&c", format!("http://r/u?a=%2f+~b&=&c&digest=sha256%3A{hex}")),
        ] {
            assert_eq!(with_digest(Url::parse(location).unwrap(), &digest).as_str(), expected);
        }
    }
}
