//! Writing small blobs (distribution specification, "Pushing a blob monolithically").

use bytes::Bytes;
use url::Url;

use super::descriptor::Descriptor;
use super::digest::Digest;
use super::error::{Error, ErrorKind, Violation};
use super::repository::Repository;
use super::session::refusal;
use crate::wire::{self, Method, Response};

/// The largest blob that is tried with a single request, in bytes.
pub const SINGLE_REQUEST_LIMIT: u64 = 1024 * 1024;
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
        let pushed = self.upload(descriptor, content).await;
        let digest = &descriptor.digest;
        pushed.map_err(self.error("uploading the blob", format_args!("@{digest}")))
    }

    async fn upload(&self, descriptor: &Descriptor, content: Bytes) -> Result<(), ErrorKind> {
        descriptor.verify(&content).map_err(ErrorKind::Mismatch)?;
        let digest = &descriptor.digest;
        let started = if descriptor.size <= SINGLE_REQUEST_LIMIT {
            self.single_request(digest, content.clone()).await?
        } else {
            Started::NotTaken
        };
        let location = match started {
            Started::Done => return Ok(()),
            Started::Session(location) => location,
            Started::NotTaken => self.start_upload().await?,
        };
        self.finish_upload(location, digest, content).await
    }

    /// `POST …/blobs/uploads/?digest=` with the blob in it.
    async fn single_request(&self, digest: &Digest, content: Bytes) -> Result<Started, ErrorKind> {
        let url = with_digest(self.url("blobs/uploads/"), digest);
        let request =
            self.request(Method::Post, url, "blob upload, single request").body(OCTETS, content);
        let response = match self.send(request).await {
            Ok(response) => response,
            // A registry that means to answer 202 may hang up before it has read the body. The
            // blob is named by its digest, so that sending it again does no harm.
            Err(ErrorKind::Network(why))
                if matches!(why.kind(), wire::ErrorKind::Connection(_)) =>
            {
                return Ok(Started::NotTaken);
            }
            Err(why) => return Err(why),
        };
        match response.status() {
            201 => {
                response.discard().await?;
                Ok(Started::Done)
            }
            202 => session(response).await.map(Started::Session),
            // Not every registry knows this form; the other one tells what is really wrong.
            400 | 405 | 411 | 413 | 415 | 416 | 422 | 501 => {
                response.discard().await?;
                Ok(Started::NotTaken)
            }
            _ => Err(unexpected(response).await),
        }
    }

    /// `POST …/blobs/uploads/` without a body.
    async fn start_upload(&self) -> Result<Url, ErrorKind> {
        let url = self.url("blobs/uploads/");
        let request = self.request(Method::Post, url, "blob upload, start");
        let response = self.send(request).await?;
        match response.status() {
            202 => session(response).await,
            _ => Err(unexpected(response).await),
        }
    }

    /// `PUT` of the whole blob to the session's location.
    async fn finish_upload(
        &self,
        location: Url,
        digest: &Digest,
        content: Bytes,
    ) -> Result<(), ErrorKind> {
        let url = with_digest(location, digest);
        let request = self.request(Method::Put, url, "blob upload, finish").body(OCTETS, content);
        let response = self.send(request).await?;
        match response.status() {
            200 | 201 | 204 => Ok(response.discard().await?),
            _ => Err(unexpected(response).await),
        }
    }
}

/// How far a single request got.
enum Started {
    Done,
    Session(Url),
    NotTaken,
}

/// Where an accepted upload goes on. The host may be another one; the credential stays behind.
async fn session(response: Response) -> Result<Url, ErrorKind> {
    let location = response.headers().get("location");
    let location = location
        .and_then(|location| response.url().join(location).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or(ErrorKind::Protocol(Violation::UploadLocation))?;
    if response.url().scheme() == "https" && location.scheme() == "http" {
        return Err(ErrorKind::Protocol(Violation::UploadDowngrade));
    }
    response.discard().await?;
    Ok(location)
}

async fn unexpected(response: Response) -> ErrorKind {
    match response.status() {
        400.. => refusal(response).await,
        other => ErrorKind::Protocol(Violation::Status(other)),
    }
}

/// Appends the digest and leaves the rest of the query byte for byte as the registry gave it.
fn with_digest(mut url: Url, digest: &Digest) -> Url {
    let digest = format!("digest={}%3A{}", digest.algorithm().name(), digest.encoded());
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
