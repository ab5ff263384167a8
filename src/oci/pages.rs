//! Lists that come in pages: tags and referrers.

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use url::Url;

use super::digest::Digest;
use super::error::{ErrorKind, Violation};
use super::link;
use super::manifest::MANIFEST_LIMIT;
use super::repository::Repository;
use super::retry::Attempts;
use super::session::refusal;
use crate::wire::{Headers, Method, Origin};

/// The most pages of one list that are read.
const PAGE_LIMIT: usize = 10_000;
/// The most bytes of all pages of one list.
const LIST_LIMIT: u64 = 32 * 1024 * 1024;

/// One page, and where the next one is.
pub(super) struct Page<T> {
    pub(super) content: T,
    pub(super) headers: Headers,
    pub(super) next: Option<Url>,
}

/// Asks for one page after the other, each once, all of one origin.
pub(super) struct Pages<'a> {
    repository: &'a Repository,
    step: &'static str,
    accept: Option<&'static str>,
    /// The URLs that were read, each by its digest: a registry makes them as long as it likes.
    seen: HashSet<Digest>,
    /// How many bytes were read.
    size: u64,
}

impl<'a> Pages<'a> {
    pub(super) fn new(
        repository: &'a Repository,
        step: &'static str,
        accept: Option<&'static str>,
    ) -> Self {
        Self { repository, step, accept, seen: HashSet::new(), size: 0 }
    }

    /// The page at `url`.
    pub(super) async fn read<T: DeserializeOwned>(
        &mut self,
        url: Url,
    ) -> Result<Page<T>, ErrorKind> {
        let violation = |error| Err(ErrorKind::Protocol(Violation::NextPage(error)));
        if self.seen.len() >= PAGE_LIMIT {
            return violation("is one too many");
        }
        if !self.seen.insert(Digest::sha256(url.as_str().as_bytes())) {
            return violation("was read before");
        }
        let (repository, step, accept, asked) = (self.repository, self.step, self.accept, &url);
        let ask = |attempts| read_page(repository, step, accept, asked, attempts);
        let (content, headers) = repository.client().persist(ask).await?;
        self.size += content.len() as u64;
        if self.size > LIST_LIMIT {
            return Err(ErrorKind::TooLarge { limit: LIST_LIMIT });
        }
        let content =
            serde_json::from_slice(&content).map_err(|_| ErrorKind::Protocol(Violation::List))?;
        let next = headers.get_all("link").find_map(link::next);
        let next = match next.map(|target| url.join(target)) {
            None => None,
            Some(Ok(next)) if Origin::of(&next) != Origin::of(&url) => {
                return violation("is at another host");
            }
            Some(Ok(next)) if Origin::of_request(&next).is_some() => Some(next),
            Some(_) => return violation("has no URL that can be asked"),
        };
        Ok(Page { content, headers, next })
    }
}

async fn read_page(
    repository: &Repository,
    step: &'static str,
    accept: Option<&'static str>,
    url: &Url,
    attempts: Attempts,
) -> Result<(Vec<u8>, Headers), ErrorKind> {
    let mut request = repository.request(Method::Get, url.clone(), step);
    if let Some(accept) = accept {
        request = request.header("accept", accept);
    }
    let response = repository.send(request, &attempts).await?;
    if response.status() != 200 {
        return Err(refusal(response).await);
    }
    let headers = response.headers().clone();
    Ok((response.read(MANIFEST_LIMIT).await?, headers))
}
