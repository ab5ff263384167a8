//! Uploads of blobs: in one request, in two, in chunks, and by mounting.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::PoisonError;

use bytes::Bytes;
use hyper::{Method, StatusCode};

use super::answer::{Answer, Code};
use super::blobs::blob_created;
use super::route::parameter;
use super::server::Api;
use super::storage::blob_key;
use crate::oci::{Digest, RepositoryName};

/// The most uploads under way at the same time.
const UPLOAD_LIMIT: usize = 1000;
/// The largest blob, in bytes.
pub(super) const BLOB_LIMIT: usize = 512 * 1024 * 1024;

/// Uploads under way, by their id.
pub(super) type Uploads = HashMap<String, Upload>;

/// An upload under way.
#[derive(Debug)]
pub(super) struct Upload {
    repository: RepositoryName,
    content: Vec<u8>,
    /// Counts the chunks. It stands in the location, so that only the newest location works.
    state: u64,
}

impl Upload {
    fn answer(&self, status: StatusCode, id: &str) -> Answer {
        let location = format!("/v2/{}/blobs/uploads/{id}?_state={}", self.repository, self.state);
        Answer::new(status)
            .header("location", location)
            .header("range", format!("0-{}", self.content.len().saturating_sub(1)))
            .header("docker-upload-uuid", id)
    }
}

impl Api {
    /// `POST …/blobs/uploads/`
    pub(super) fn start_upload(
        &self,
        name: &RepositoryName,
        query: &str,
        body: Bytes,
    ) -> Result<Answer, Answer> {
        if let Some(digest) = parameter(query, "digest") {
            return self.store_blob(name, &digest, body);
        }
        if let Some(mounted) = self.mount(name, query)? {
            return Ok(mounted);
        }
        let mut uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        if uploads.len() >= UPLOAD_LIMIT {
            return Err(Code::TooManyRequests.because("too many uploads are under way"));
        }
        let id = format!("{:016x}", RandomState::new().hash_one(uploads.len()));
        let upload = Upload { repository: name.clone(), content: Vec::new(), state: 0 };
        let answer = upload.answer(StatusCode::ACCEPTED, &id);
        uploads.insert(id, upload);
        Ok(answer)
    }

    fn mount(&self, name: &RepositoryName, query: &str) -> Result<Option<Answer>, Answer> {
        let (Some(digest), Some(from)) = (parameter(query, "mount"), parameter(query, "from"))
        else {
            return Ok(None);
        };
        let digest: Digest = digest.parse().map_err(|why| Code::DigestInvalid.because(why))?;
        let from: RepositoryName = from.parse().map_err(|why| Code::NameInvalid.because(why))?;
        if !self.storage.has(&blob_key(&from, &digest)) {
            return Ok(None);
        }
        self.storage.write(&blob_key(name, &digest), Bytes::new())?;
        Ok(Some(blob_created(name, &digest)))
    }

    /// Everything at `…/blobs/uploads/<id>`.
    pub(super) fn upload(
        &self,
        method: &Method,
        name: &RepositoryName,
        id: &str,
        query: &str,
        content_range: Option<&str>,
        body: &Bytes,
    ) -> Result<Answer, Answer> {
        let unknown = || Code::BlobUploadUnknown.because("there is no such upload");
        let mut uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        let upload = uploads.get_mut(id).filter(|upload| upload.repository == *name);
        let upload = upload.ok_or_else(unknown)?;
        if method == Method::GET {
            return Ok(upload.answer(StatusCode::NO_CONTENT, id));
        }
        if method == Method::DELETE {
            uploads.remove(id);
            return Ok(Answer::new(StatusCode::NO_CONTENT));
        }
        if method != Method::PATCH && method != Method::PUT {
            return Err(Code::Unsupported.because("an upload takes GET, PATCH, PUT and DELETE"));
        }
        if parameter(query, "_state") != Some(upload.state.to_string()) {
            return Err(Code::BlobUploadInvalid.because("this location has been replaced"));
        }
        if content_range.is_some_and(|range| !continues(range, upload.content.len(), body.len())) {
            return Err(upload.answer(StatusCode::RANGE_NOT_SATISFIABLE, id));
        }
        if upload.content.len() + body.len() > BLOB_LIMIT {
            return Err(Code::SizeInvalid.because("the blob is too large"));
        }
        if method == Method::PATCH {
            upload.content.extend_from_slice(body);
            upload.state += 1;
            return Ok(upload.answer(StatusCode::ACCEPTED, id));
        }
        let digest = parameter(query, "digest")
            .ok_or_else(|| Code::DigestInvalid.because("the digest parameter is missing"))?;
        let mut content = upload.content.clone();
        content.extend_from_slice(body);
        let stored = self.store_blob(name, &digest, content.into())?;
        uploads.remove(id);
        Ok(stored)
    }
}

/// Whether the chunk `range`, inclusive at both ends, goes on where `received` bytes end.
fn continues(range: &str, received: usize, length: usize) -> bool {
    let Some((start, end)) = range.split_once('-') else { return false };
    let (Ok(start), Ok(end)) = (start.parse::<usize>(), end.parse::<usize>()) else {
        return false;
    };
    start == received && end.checked_sub(start).and_then(|n| n.checked_add(1)) == Some(length)
}
