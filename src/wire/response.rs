//! The response to a request.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use url::Url;

use super::error::{HttpError, HttpErrorKind};
use super::headers::Headers;
use super::origin::Origin;
use super::record::recording::Recording;
use super::target::{Target, is_internal_server};

/// How much of an unwanted body is read so that its connection can be used again, in bytes.
const DISCARD_LIMIT: u64 = 64 * 1024;

/// A response whose head was received, and whose body is read piece by piece.
///
/// Dropping it before the end of the body closes the connection.
pub(crate) struct Response {
    status: u16,
    headers: Headers,
    target: Target,
    inner: reqwest::Response,
    recording: Option<Recording>,
    through_proxy: bool,
    idle_timeout: Duration,
    /// The whole body, once [`Response::buffer`] has read it.
    buffered: Option<Bytes>,
}

impl Response {
    /// Takes over the response that the HTTP library received from `target`.
    ///
    /// An exchange whose response `has_no_body` is recorded at once, so that a caller who needs only
    /// the head may drop the response.
    pub(super) async fn new(
        inner: reqwest::Response,
        target: Target,
        mut recording: Option<Recording>,
        through_proxy: bool,
        has_no_body: bool,
        idle_timeout: Duration,
    ) -> Result<Self, HttpError> {
        let headers = Headers::received(inner.headers());
        if let Some(recording) = &mut recording {
            recording.response(&inner, &headers);
        }
        let status = inner.status().as_u16();
        let mut response = Self {
            status,
            headers,
            target,
            inner,
            recording,
            through_proxy,
            idle_timeout,
            buffered: None,
        };
        if has_no_body || response.headers.get("content-length") == Some("0") {
            while response.chunk().await?.is_some() {}
        }
        Ok(response)
    }

    pub(crate) const fn status(&self) -> u16 {
        self.status
    }

    pub(crate) const fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Returns the URL that answered: the last one if redirects were followed.
    pub(crate) const fn url(&self) -> &Url {
        &self.target.url
    }

    /// Returns true if another origin than the registry's answered, or led to this response.
    pub(crate) fn is_foreign(&self) -> bool {
        self.target.is_foreign()
    }

    /// Returns the target of `location`, a URL that this response names, absolute or relative. `None` if
    /// it is not a URL that may be requested.
    pub(crate) fn names(&self, location: &str) -> Option<Target> {
        self.target.named(location, self.direct_peer())
    }

    /// Returns true if the server that answered is known to have an internal address.
    pub(crate) fn is_from_internal_server(&self) -> bool {
        is_internal_server(&self.target.url, self.direct_peer())
    }

    /// Returns address and port of the server that answered. `None` if a proxy was used: its address says
    /// nothing about the server's.
    fn direct_peer(&self) -> Option<SocketAddr> {
        self.inner.remote_addr().filter(|_| !self.through_proxy)
    }

    /// Returns the next piece of the body, or `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, HttpError> {
        if let Some(body) = self.buffered.take() {
            return Ok(Some(body).filter(|body| !body.is_empty()));
        }
        match tokio::time::timeout(self.idle_timeout, self.inner.chunk()).await {
            Ok(Ok(Some(piece))) => {
                if let Some(recording) = &mut self.recording {
                    recording.response_body.add(&piece);
                }
                Ok(Some(piece))
            }
            Ok(Ok(None)) => {
                let recorded = self.recording.take().map_or(Ok(()), Recording::finish);
                recorded.map_err(|error| self.error(HttpErrorKind::Record(error)))?;
                Ok(None)
            }
            Ok(Err(error)) => {
                let error = HttpError::from_reqwest(Origin::of(&self.target.url), &error);
                Err(self.fail(error))
            }
            Err(_) => Err(self.fail(self.error(HttpErrorKind::Timeout))),
        }
    }

    /// Returns the whole body, which may have at most `limit` bytes.
    pub(crate) async fn read(mut self, limit: u64) -> Result<Vec<u8>, HttpError> {
        self.read_to_end(limit).await
    }

    /// Reads the whole body like [`Response::read`], and returns it with the response, which still
    /// yields the body.
    pub(crate) async fn buffer(mut self, limit: u64) -> Result<(Self, Bytes), HttpError> {
        let body = Bytes::from(self.read_to_end(limit).await?);
        self.buffered = Some(body.clone());
        Ok((self, body))
    }

    /// Reads the rest of a small body, so that the connection can be used again. The connection of a
    /// body of more than 64 KiB is closed instead.
    pub(crate) async fn discard(mut self) -> Result<(), HttpError> {
        let mut size = 0;
        while let Some(piece) = self.chunk().await? {
            size += piece.len() as u64;
            if size > DISCARD_LIMIT {
                break;
            }
        }
        Ok(())
    }

    async fn read_to_end(&mut self, limit: u64) -> Result<Vec<u8>, HttpError> {
        let declared = self.headers.get("content-length").and_then(|value| value.parse().ok());
        let mut is_too_large = declared.is_some_and(|size: u64| size > limit);
        let mut body = Vec::new();
        while !is_too_large {
            let Some(piece) = self.chunk().await? else { return Ok(body) };
            body.extend_from_slice(&piece);
            is_too_large = body.len() as u64 > limit;
        }
        Err(self.fail(self.error(HttpErrorKind::BodyTooLarge(limit))))
    }

    fn error(&self, kind: HttpErrorKind) -> HttpError {
        HttpError::new(Origin::of(&self.target.url), kind)
    }

    /// Records that the exchange failed, and returns the error to report.
    fn fail(&mut self, error: HttpError) -> HttpError {
        match self.recording.take() {
            Some(recording) => recording.fail(error),
            None => error,
        }
    }
}
