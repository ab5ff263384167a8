//! What came back.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use url::Url;

use super::error::{HttpError, HttpErrorKind};
use super::headers::Headers;
use super::origin::Origin;
use super::record::recording::Recording;

/// How much of an unwanted body is read so that its connection can be used again, in bytes.
const DISCARD_LIMIT: u64 = 64 * 1024;

/// A response whose body has not been read yet.
///
/// Dropping it closes the connection if the body is not at its end.
pub struct Response {
    status: u16,
    headers: Headers,
    url: Url,
    inner: reqwest::Response,
    recording: Option<Recording>,
    idle: Duration,
    /// A body that was read before.
    peeked: Option<Bytes>,
}

/// The status alone: the URL and the header fields may hold secrets.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Response {
    /// Takes over what the HTTP library received.
    ///
    /// An empty body is at its end already, and the exchange is recorded then, so that a caller who
    /// wants the head alone may drop the response.
    pub(super) async fn new(
        inner: reqwest::Response,
        url: Url,
        mut recording: Option<Recording>,
        bodiless: bool,
        idle: Duration,
    ) -> Result<Self, HttpError> {
        let headers = Headers::received(inner.headers());
        if let Some(recording) = &mut recording {
            recording.response(&inner, &headers);
        }
        let status = inner.status().as_u16();
        let mut response = Self { status, headers, url, inner, recording, idle, peeked: None };
        if bodiless || response.headers.get("content-length") == Some("0") {
            while response.chunk().await?.is_some() {}
        }
        Ok(response)
    }

    /// The status code.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The header fields.
    #[must_use]
    pub const fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The URL that answered: the last one, where redirects were followed.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Address and port that answered: a proxy's, where one is used.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.inner.remote_addr()
    }

    /// The next piece of the body, or `None` at its end.
    ///
    /// # Errors
    /// Where the connection breaks, the body ends early, or nothing comes for too long.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, HttpError> {
        if let Some(body) = self.peeked.take() {
            return Ok(Some(body).filter(|body| !body.is_empty()));
        }
        let Ok(piece) = tokio::time::timeout(self.idle, self.inner.chunk()).await else {
            let error = self.error(HttpErrorKind::Timeout);
            return Err(self.fail(error));
        };
        match piece {
            Ok(Some(piece)) => {
                if let Some(recording) = &mut self.recording {
                    recording.chunk(&piece);
                }
                Ok(Some(piece))
            }
            Ok(None) => {
                let recorded = self.recording.take().map_or(Ok(()), Recording::finish);
                recorded.map_err(|error| self.error(HttpErrorKind::Record(error)))?;
                Ok(None)
            }
            Err(error) => {
                let error = HttpError::from_reqwest(Origin::of(&self.url), &error);
                Err(self.fail(error))
            }
        }
    }

    /// The whole body, if it has at most `limit` bytes.
    ///
    /// # Errors
    /// [`HttpErrorKind::BodyTooLarge`], as soon as that is known, and those of [`Response::chunk`].
    pub async fn read(mut self, limit: u64) -> Result<Vec<u8>, HttpError> {
        self.collect(limit).await
    }

    async fn collect(&mut self, limit: u64) -> Result<Vec<u8>, HttpError> {
        let mut body = Vec::new();
        let declared = self.headers.get("content-length").and_then(|value| value.parse().ok());
        if declared.is_some_and(|size: u64| size > limit) {
            return Err(self.too_large(limit));
        }
        while let Some(piece) = self.chunk().await? {
            if body.len() as u64 + piece.len() as u64 > limit {
                return Err(self.too_large(limit));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    /// Reads the whole body like [`Response::read`], and keeps it for whoever reads next.
    ///
    /// # Errors
    /// Those of [`Response::read`].
    pub async fn peek(mut self, limit: u64) -> Result<(Self, Bytes), HttpError> {
        let body = Bytes::from(self.collect(limit).await?);
        self.peeked = Some(body.clone());
        Ok((self, body))
    }

    /// Reads what is left of a small body, so that the connection can be used again.
    ///
    /// # Errors
    /// Those of [`Response::chunk`]; a large body is no error.
    pub async fn discard(mut self) -> Result<(), HttpError> {
        let mut size = 0;
        while let Some(piece) = self.chunk().await? {
            size += piece.len() as u64;
            if size > DISCARD_LIMIT {
                break;
            }
        }
        Ok(())
    }

    fn too_large(&mut self, limit: u64) -> HttpError {
        let error = self.error(HttpErrorKind::BodyTooLarge(limit));
        self.fail(error)
    }

    fn error(&self, kind: HttpErrorKind) -> HttpError {
        HttpError::new(Origin::of(&self.url), kind)
    }

    fn fail(&mut self, error: HttpError) -> HttpError {
        match self.recording.take().map_or(Ok(()), |recording| recording.fail(&error)) {
            Ok(()) => error,
            Err(error) => self.error(HttpErrorKind::Record(error)),
        }
    }
}
