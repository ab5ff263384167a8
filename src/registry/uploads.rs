//! Uploads of blobs: in one request, in two, in chunks, and by mounting.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hyper::{Method, StatusCode};

use super::answer::{Answer, Code};
use super::blobs::blob_created;
use super::draft::Draft;
use super::received::Received;
use super::route::parameter;
use super::server::Api;
use super::storage::{blob_key, content_key};
use crate::oci::{Algorithm, Digest, RepositoryName};

/// The most uploads under way at the same time. One more, and the one that was forgotten the
/// longest gives way.
const UPLOAD_LIMIT: usize = 1000;

/// Uploads under way, by their id.
#[derive(Debug, Default)]
pub(super) struct Uploads {
    uploads: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_id: HashMap<String, (Arc<Upload>, u64)>,
    /// Counts the requests about uploads; each upload has the number of its last one.
    requests: u64,
}

/// An upload under way. Requests about it wait for one another.
#[derive(Debug)]
struct Upload {
    repository: RepositoryName,
    progress: tokio::sync::Mutex<Progress>,
}

#[derive(Debug)]
struct Progress {
    /// Nothing once the upload has ended.
    draft: Option<Draft>,
    /// Counts the requests that added content. It stands in the location, so that only the newest
    /// location works.
    state: u64,
}

impl Uploads {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, id: &str, upload: Upload) {
        let mut known = self.lock();
        if known.by_id.len() >= UPLOAD_LIMIT {
            let oldest = known.by_id.iter().min_by_key(|(_, (_, last))| *last);
            if let Some(id) = oldest.map(|(id, _)| id.clone()) {
                known.by_id.remove(&id);
            }
        }
        known.requests += 1;
        let last = known.requests;
        known.by_id.insert(id.to_owned(), (Arc::new(upload), last));
    }

    fn find(&self, name: &RepositoryName, id: &str) -> Option<Arc<Upload>> {
        let mut known = self.lock();
        known.requests += 1;
        let now = known.requests;
        let (upload, last) = known.by_id.get_mut(id)?;
        *last = now;
        (upload.repository == *name).then(|| Arc::clone(upload))
    }
}

/// An upload's answer: where it goes on, and what has arrived.
fn under_way(
    status: StatusCode,
    name: &RepositoryName,
    id: &str,
    state: u64,
    length: u64,
) -> Answer {
    Answer::new(status)
        .header("location", format!("/v2/{name}/blobs/uploads/{id}?_state={state}"))
        .header("range", format!("0-{}", length.saturating_sub(1)))
        .header("docker-upload-uuid", id)
}

/// A request about an upload.
pub(super) struct UploadRequest<'a> {
    pub(super) method: &'a Method,
    pub(super) name: &'a RepositoryName,
    pub(super) id: &'a str,
    pub(super) query: &'a str,
    pub(super) content_range: Option<&'a str>,
}

impl Api {
    /// `POST …/blobs/uploads/`
    pub(super) async fn start_upload(
        &self,
        name: &RepositoryName,
        query: &str,
        body: &mut Received,
    ) -> Result<Answer, Answer> {
        if let Some(digest) = parameter(query, "digest") {
            let digest = parse_digest(&digest)?;
            let mut draft = self.storage.draft(digest.algorithm())?;
            body.write_to(&mut draft).await?;
            return self.store_blob(name, &digest, draft).await;
        }
        if let Some(mounted) = self.mount(name, query)? {
            return Ok(mounted);
        }
        let algorithm = match parameter(query, "digest-algorithm").as_deref() {
            None | Some("sha256") => Algorithm::Sha256,
            Some("sha512") => Algorithm::Sha512,
            Some(_) => return Err(Code::DigestInvalid.because("sha256 and sha512 are supported")),
        };
        let id = format!("{:016x}", RandomState::new().hash_one(query));
        let progress = Progress { draft: Some(self.storage.draft(algorithm)?), state: 0 };
        let progress = tokio::sync::Mutex::new(progress);
        self.uploads.add(&id, Upload { repository: name.clone(), progress });
        Ok(under_way(StatusCode::ACCEPTED, name, &id, 0, 0))
    }

    /// Mounts a blob from the repository that is named, or from any where none is.
    fn mount(&self, name: &RepositoryName, query: &str) -> Result<Option<Answer>, Answer> {
        let Some(digest) = parameter(query, "mount") else { return Ok(None) };
        let digest = parse_digest(&digest)?;
        let source = match parameter(query, "from") {
            None => content_key(&digest),
            Some(from) => {
                let from = from.parse().map_err(|error| Code::NameInvalid.because(error))?;
                blob_key(&from, &digest)
            }
        };
        if !self.storage.has(&source) {
            return Ok(None);
        }
        self.storage.write(&blob_key(name, &digest), Bytes::new())?;
        Ok(Some(blob_created(name, &digest)))
    }

    /// Everything at `…/blobs/uploads/<id>`.
    pub(super) async fn upload(
        &self,
        request: UploadRequest<'_>,
        body: &mut Received,
    ) -> Result<Answer, Answer> {
        let UploadRequest { method, name, id, .. } = request;
        let unknown = || Code::BlobUploadUnknown.because("there is no such upload");
        let upload = self.uploads.find(name, id).ok_or_else(unknown)?;
        let mut progress = upload.progress.lock().await;
        let state = progress.state;
        let length = progress.draft.as_ref().ok_or_else(unknown)?.length();
        match *method {
            Method::GET => Ok(under_way(StatusCode::NO_CONTENT, name, id, state, length)),
            Method::DELETE => {
                self.forget(id, &mut progress);
                Ok(Answer::new(StatusCode::NO_CONTENT))
            }
            Method::PATCH | Method::PUT => self.receive(&request, &mut progress, body).await,
            _ => Err(Code::Unsupported.because("an upload takes GET, PATCH, PUT and DELETE")),
        }
    }

    /// `PATCH` and `PUT`: more content, and with `PUT` the end.
    async fn receive(
        &self,
        request: &UploadRequest<'_>,
        progress: &mut Progress,
        body: &mut Received,
    ) -> Result<Answer, Answer> {
        let unknown = || Code::BlobUploadUnknown.because("there is no such upload");
        let UploadRequest { method, name, id, query, content_range } = *request;
        let draft = progress.draft.as_mut().ok_or_else(unknown)?;
        if parameter(query, "_state") != Some(progress.state.to_string()) {
            return Err(Code::BlobUploadInvalid.because("this location has been replaced"));
        }
        if content_range.is_some_and(|range| !continues(range, draft.length(), body.length())) {
            let length = draft.length();
            return Err(under_way(
                StatusCode::RANGE_NOT_SATISFIABLE,
                name,
                id,
                progress.state,
                length,
            ));
        }
        let before = draft.length();
        let written = body.write_to(draft).await;
        let length = draft.length();
        // What arrived before a connection broke stays: the upload can go on from there.
        progress.state += u64::from(length > before);
        written?;
        if method == Method::PATCH {
            return Ok(under_way(StatusCode::ACCEPTED, name, id, progress.state, length));
        }
        let digest = parameter(query, "digest")
            .ok_or_else(|| Code::DigestInvalid.because("the digest parameter is missing"))?;
        let digest = parse_digest(&digest)?;
        let draft = self.forget(id, progress).ok_or_else(unknown)?;
        self.store_blob(name, &digest, draft).await
    }

    /// Ends an upload, and returns what was received.
    fn forget(&self, id: &str, progress: &mut Progress) -> Option<Draft> {
        self.uploads.lock().by_id.remove(id);
        progress.draft.take()
    }
}

fn parse_digest(text: &str) -> Result<Digest, Answer> {
    text.parse().map_err(|error| Code::DigestInvalid.because(error))
}

/// Whether the chunk `range`, inclusive at both ends, goes on where `received` bytes end. The length
/// of a chunk may be unknown before it ends.
fn continues(range: &str, received: u64, length: Option<u64>) -> bool {
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok());
    let Some((start, end)) = range.split_once('-') else { return false };
    let (Some(Some(start)), Some(Some(end))) = (number(start), number(end)) else {
        return false;
    };
    let (start, end): (u64, u64) = (start, end);
    let span = end.checked_sub(start).and_then(|n| n.checked_add(1));
    start == received && span.is_some() && (length.is_none() || span == length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_go_on_where_the_last_one_ended() {
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
            assert_eq!(continues(range, 3, length), fits, "{range} {length:?}");
        }
        assert!(!continues("0-18446744073709551615", 0, None));
    }

    #[test]
    fn the_upload_that_was_forgotten_the_longest_gives_way() {
        let uploads = Uploads::default();
        let name: RepositoryName = "a".parse().unwrap();
        let upload = || {
            let progress = tokio::sync::Mutex::new(Progress { draft: None, state: 0 });
            Upload { repository: name.clone(), progress }
        };
        for id in 0..UPLOAD_LIMIT {
            uploads.add(&id.to_string(), upload());
        }
        assert!(uploads.find(&name, "0").is_some(), "touched");
        uploads.add("new", upload());
        assert!(uploads.find(&name, "1").is_none());
        assert!(uploads.find(&name, "0").is_some());
        assert!(uploads.find(&name, "new").is_some());
    }
}
