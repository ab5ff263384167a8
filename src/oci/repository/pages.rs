//! Lists that come in pages, such as tags and referrers, and the `Link` header (RFC 8288) that leads from
//! one page to the next.

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use url::Url;

use super::handle::Repository;
use crate::oci::digest::Digest;
use crate::oci::error::{ErrorKind, ProtocolViolation, Result};
use crate::oci::manifest::MANIFEST_LIMIT;
use crate::oci::operation::Operation;
use crate::wire::{Headers, Method, Origin, Response, Target};

const PAGE_LIMIT: usize = 10_000;
const LIST_LIMIT: u64 = 32 * 1024 * 1024;

/// Reads the pages of one list, each once, all from one origin.
pub(super) struct Pages<'a> {
    repository: &'a Repository,
    step: &'static str,
    accept: Option<&'static str>,
    next: Option<Target>,
    /// The digests of the URLs that were read. The URLs themselves may be of any length.
    seen: HashSet<Digest>,
    size: u64,
}

impl<'a> Pages<'a> {
    pub(super) fn new(
        repository: &'a Repository,
        step: &'static str,
        accept: Option<&'static str>,
        first: Url,
    ) -> Self {
        Self {
            repository,
            step,
            accept,
            next: Some(Target::registry(first)),
            seen: HashSet::new(),
            size: 0,
        }
    }

    /// Reads the next page and its header fields.
    pub(super) async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<(T, Headers)>> {
        let Some(target) = self.next.take() else { return Ok(None) };
        if self.seen.len() >= PAGE_LIMIT {
            return Err(ProtocolViolation::TooManyPages(PAGE_LIMIT).into());
        }
        if !self.seen.insert(Digest::sha256(target.url.as_str().as_bytes())) {
            return Err(ProtocolViolation::RepeatedPage.into());
        }
        let (step, accept, page) = (self.step, self.accept, &target);
        let fetch = |operation| fetch_page(operation, step, accept, page);
        let (content, headers, next) = self.repository.retry(fetch).await?;
        self.size += content.len() as u64;
        if self.size > LIST_LIMIT {
            return Err(ErrorKind::TooLarge { limit: LIST_LIMIT });
        }
        let content = serde_json::from_slice(&content).map_err(|_| ProtocolViolation::List)?;
        self.next = next?;
        Ok(Some((content, headers)))
    }
}

/// The target of a list's next page, if there is one.
type NextPage = Result<Option<Target>, ProtocolViolation>;

async fn fetch_page(
    operation: Operation,
    step: &'static str,
    accept: Option<&'static str>,
    target: &Target,
) -> Result<(Vec<u8>, Headers, NextPage)> {
    let mut request = operation.request_at(Method::GET, target.clone(), step);
    if let Some(accept) = accept {
        request = request.header("accept", accept);
    }
    let response = operation.send_for(request, &[200]).await?;
    let headers = response.headers().clone();
    let next = next_page(&response);
    Ok((response.read(MANIFEST_LIMIT).await?, headers, next))
}

/// The page may have come by a redirect from another origin. Its link leads on from there, and not from
/// the registry.
fn next_page(response: &Response) -> NextPage {
    let Some(link) = response.headers().get_all("link").find_map(next_link) else {
        return Ok(None);
    };
    let next = response.names(link).ok_or(ProtocolViolation::PageUrl)?;
    if Origin::of(&next.url) == Origin::of(response.url()) {
        Ok(Some(next))
    } else {
        Err(ProtocolViolation::OtherOriginPage)
    }
}

/// Returns the target of the first link in a `Link` header whose relation is `next`.
pub(crate) fn next_link(header: &str) -> Option<&str> {
    let mut rest = header;
    loop {
        let (_, after) = rest.split_once('<')?;
        let (target, after) = after.split_once('>')?;
        let (parameters, following) = split_parameters(after);
        if is_next(parameters) {
            return Some(target);
        }
        rest = following;
    }
}

/// Splits `text` before the comma that ends a link. A comma in quotes does not end one.
fn split_parameters(text: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => return text.split_at(at),
            _ => {}
        }
    }
    (text, "")
}

fn is_next(parameters: &str) -> bool {
    parameters.split(';').any(|parameter| {
        let Some((name, value)) = parameter.split_once('=') else { return false };
        let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
        name.trim().eq_ignore_ascii_case("rel")
            && relations.any(|relation| relation.eq_ignore_ascii_case("next"))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Obligation 44.
    #[test]
    fn link_is_chosen_by_its_relation() {
        for (header, expected) in [
            (r#"</v2/a/tags/list?last=b&n=2>; rel="next""#, Some("/v2/a/tags/list?last=b&n=2")),
            ("<next>; rel=next", Some("next")),
            (r#"<first>; rel="first", <second>; rel="next""#, Some("second")),
            (r#"<a>; title="x, <y>"; rel="prev next""#, Some("a")),
            (r#"<a,b>;REL="NEXT""#, Some("a,b")),
            (r#"<a>; rel="prev""#, None),
            ("<a>", None),
            ("a; rel=next", None),
            ("<a; rel=next", None),
            ("", None),
        ] {
            assert_eq!(next_link(header), expected, "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(header: String) {
            let _ = next_link(&header);
        }

        #[test]
        fn no_text_like_a_header_panics(header in r#"[<>;,="a-z ]{0,40}"#) {
            let _ = next_link(&header);
        }
    }
}
