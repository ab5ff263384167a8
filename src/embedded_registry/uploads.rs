//! Uploads of blobs: in one request, in two, in chunks, and by mounting.

use bytes::Bytes;
use hyper::{Method, StatusCode};

use super::api::{Api, UploadProgress, UploadSession, parameter, parse_digest};
use super::blobs::blob_created;
use super::partial_blob::PartialBlob;
use super::request_body::RequestBody;
use super::response::{ApiResponse, ApiResult, Rejection};
use super::storage::{blob_key, content_key};
use crate::oci::{Algorithm, RepositoryName};
use crate::random::random_u64;

pub(super) struct UploadRequest<'a> {
    pub(super) method: &'a Method,
    pub(super) name: &'a RepositoryName,
    pub(super) id: &'a str,
    pub(super) query: &'a str,
    pub(super) content_range: Option<&'a str>,
}

/// Returns a response with the location for the next request and the range that was received.
fn in_progress(
    status: StatusCode,
    name: &RepositoryName,
    id: &str,
    step: u64,
    length: u64,
) -> ApiResponse {
    ApiResponse::new(status)
        .header("location", format!("/v2/{name}/blobs/uploads/{id}?_state={step}"))
        .header("range", format!("0-{}", length.saturating_sub(1)))
        .header("docker-upload-uuid", id)
}

fn no_session() -> ApiResponse {
    Rejection::BLOB_UPLOAD_UNKNOWN.because("there is no such upload")
}

impl Api {
    pub(super) async fn start_upload(
        &self,
        name: &RepositoryName,
        query: &str,
        body: &mut RequestBody,
    ) -> ApiResult {
        if let Some(digest) = parameter(query, "digest") {
            let digest = parse_digest(&digest)?;
            let mut content = self.storage.new_blob(digest.algorithm())?;
            body.write_to(&mut content).await?;
            return self.store_blob(name, &digest, content).await;
        }
        if let Some(mounted) = self.mount(name, query)? {
            return Ok(mounted);
        }
        let algorithm = match parameter(query, "digest-algorithm").as_deref() {
            None | Some("sha256") => Algorithm::Sha256,
            Some("sha512") => Algorithm::Sha512,
            Some(_) => {
                return Err(Rejection::DIGEST_INVALID.because("sha256 and sha512 are supported"));
            }
        };
        let id = format!("{:016x}", random_u64());
        let content = self.storage.new_blob(algorithm)?;
        self.uploads.add(&id, UploadSession::new(name.clone(), Some(content)))?;
        Ok(in_progress(StatusCode::ACCEPTED, name, &id, 0, 0))
    }

    /// Mounts a blob from the repository that `from` names or, without `from`, from any.
    fn mount(&self, name: &RepositoryName, query: &str) -> ApiResult<Option<ApiResponse>> {
        let Some(digest) = parameter(query, "mount") else { return Ok(None) };
        let digest = parse_digest(&digest)?;
        let source = match parameter(query, "from") {
            None => content_key(&digest),
            Some(from) => {
                let from = from.parse().map_err(|error| Rejection::NAME_INVALID.because(error))?;
                blob_key(&from, &digest)
            }
        };
        if !self.storage.has(&source) {
            return Ok(None);
        }
        self.storage.write(&blob_key(name, &digest), Bytes::new())?;
        Ok(Some(blob_created(name, &digest)))
    }

    /// Handles every method at `…/blobs/uploads/<id>`.
    pub(super) async fn upload(
        &self,
        request: UploadRequest<'_>,
        body: &mut RequestBody,
    ) -> ApiResult {
        let UploadRequest { method, name, id, .. } = request;
        let session = self.uploads.find(name, id).ok_or_else(no_session)?;
        let mut progress = session.progress.lock().await;
        let step = progress.step;
        let length = progress.content.as_ref().ok_or_else(no_session)?.length;
        match *method {
            Method::GET => Ok(in_progress(StatusCode::NO_CONTENT, name, id, step, length)),
            Method::DELETE => {
                self.end_upload(id, &mut progress);
                Ok(ApiResponse::new(StatusCode::NO_CONTENT))
            }
            Method::PATCH | Method::PUT => self.receive(&request, &mut progress, body).await,
            _ => Err(Rejection::UNSUPPORTED.because("an upload takes GET, PATCH, PUT and DELETE")),
        }
    }

    /// Handles `PATCH`, which adds content, and `PUT`, which adds content and closes the upload.
    async fn receive(
        &self,
        request: &UploadRequest<'_>,
        progress: &mut UploadProgress,
        body: &mut RequestBody,
    ) -> ApiResult {
        let UploadRequest { method, name, id, query, content_range } = *request;
        let content = progress.content.as_mut().ok_or_else(no_session)?;
        let before = content.length;
        if parameter(query, "_state") != Some(progress.step.to_string()) {
            return Err(Rejection::BLOB_UPLOAD_INVALID.because("this location has been replaced"));
        }
        if content_range.is_some_and(|range| !follows(range, before, body.length())) {
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            return Err(in_progress(status, name, id, progress.step, before));
        }
        let written = body.write_to(content).await;
        let length = content.length;
        // What arrived before a connection broke is kept, so that the client can continue from there.
        progress.step += u64::from(length > before);
        written?;
        if method == Method::PATCH {
            return Ok(in_progress(StatusCode::ACCEPTED, name, id, progress.step, length));
        }
        let digest = parameter(query, "digest")
            .ok_or_else(|| Rejection::DIGEST_INVALID.because("the digest parameter is missing"))?;
        let digest = parse_digest(&digest)?;
        let content = self.end_upload(id, progress).ok_or_else(no_session)?;
        self.store_blob(name, &digest, content).await
    }

    /// Closes an upload session, and returns the content that it received.
    fn end_upload(&self, id: &str, progress: &mut UploadProgress) -> Option<PartialBlob> {
        self.uploads.remove(id);
        progress.content.take()
    }
}

/// Returns true if a chunk with the `Content-Range` value `range` starts after `received` bytes and
/// has `length` bytes. The length is unknown if the chunk is sent without `Content-Length`.
fn follows(range: &str, received: u64, length: Option<u64>) -> bool {
    let number = |text: &str| {
        let is_number = text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<u64>().ok().filter(|_| is_number)
    };
    let Some((first, last)) = range.split_once('-') else { return false };
    let (Some(first), Some(last)) = (number(first), number(last)) else { return false };
    let span = last.checked_sub(first).and_then(|n| n.checked_add(1));
    first == received && span.is_some() && (length.is_none() || span == length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunk_must_start_where_the_last_one_ended() {
        for (range, length, fits) in [
            ("3-5", Some(3), true),
            ("3-5", None, true),
            ("3-5", Some(4), false),
            ("2-5", Some(4), false),
            ("4-5", None, false),
            ("3-2", None, false),
            ("3-2", Some(0), false),
            ("+3-5", Some(3), false),
            ("bytes 3-5/6", Some(3), false),
            ("3-", None, false),
            ("3-18446744073709551615", None, true),
            ("3-18446744073709551616", None, false),
        ] {
            assert_eq!(follows(range, 3, length), fits, "{range} {length:?}");
        }
        assert!(!follows("0-18446744073709551615", 0, None));
    }
}
