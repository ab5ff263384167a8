//! Listing tags (distribution specification, "Listing Tags").

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use super::error::{Error, ErrorKind, Violation};
use super::pages::Pages;
use super::reference::Tag;
use super::repository::Repository;

/// The most tags of one repository that are listed.
pub const TAG_LIST_LIMIT: usize = 1_000_000;

#[derive(Deserialize)]
struct List {
    /// Some registries say `null` for none.
    tags: Option<Tags>,
}

/// What of a list are tags of the specification's grammar. The rest takes no memory.
struct Tags(Vec<Tag>);

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_seq(TagsVisitor)
    }
}

struct TagsVisitor;

impl<'de> Visitor<'de> for TagsVisitor {
    type Value = Tags;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of tags")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tags, A::Error> {
        let mut tags = Vec::new();
        while let Some(text) = items.next_element::<String>()? {
            tags.extend(text.parse::<Tag>().ok());
        }
        Ok(Tags(tags))
    }
}

/// What part of a list of tags is wanted.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct TagQuery {
    /// Only tags after this one, in the registry's order.
    pub after: Option<Tag>,
    /// How many tags each page should hold; the registry decides where this is missing. Some refuse
    /// more than 1000.
    pub page_size: Option<u32>,
    /// At most this many tags.
    pub limit: Option<usize>,
}

impl TagQuery {
    /// Only tags after `tag`.
    #[must_use]
    pub fn after(mut self, tag: Tag) -> Self {
        self.after = Some(tag);
        self
    }

    /// Pages of `size` tags.
    #[must_use]
    pub const fn page_size(mut self, size: u32) -> Self {
        self.page_size = Some(size);
        self
    }

    /// At most `limit` tags.
    #[must_use]
    pub const fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    fn to_query(&self) -> Option<String> {
        let size = self.page_size.map(|size| format!("n={size}"));
        let last = self.after.as_ref().map(|tag| format!("last={tag}"));
        let parts: Vec<_> = size.into_iter().chain(last).collect();
        (!parts.is_empty()).then(|| parts.join("&"))
    }
}

impl Repository {
    /// The repository's tags, in the registry's order. Pages are followed by the registry's own links.
    /// What is no tag of the specification's grammar is left out.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is no such repository; [`ErrorKind::Protocol`] where a
    /// page leads to another host or in a circle, or where there are more than [`TAG_LIST_LIMIT`]
    /// tags; [`ErrorKind::TooLarge`] where all pages together are too large.
    pub async fn tags(&self, query: &TagQuery) -> Result<Vec<Tag>, Error> {
        Box::pin(self.list_tags(query)).await.map_err(self.error("listing the tags of", ""))
    }

    async fn list_tags(&self, query: &TagQuery) -> Result<Vec<Tag>, ErrorKind> {
        let mut url = self.url("tags/list");
        url.set_query(query.to_query().as_deref());
        let limit = query.limit.unwrap_or(usize::MAX);
        let mut pages = Pages::new(self, "tags, list", None);
        let mut tags = Vec::new();
        let mut next = Some(url);
        while let Some(url) = next {
            let page = pages.read::<List>(url).await?;
            tags.extend(page.content.tags.map_or_else(Vec::new, |listed| listed.0));
            if tags.len() >= limit {
                tags.truncate(limit);
                break;
            }
            if tags.len() > TAG_LIST_LIMIT {
                return Err(ErrorKind::Protocol(Violation::ListLength(TAG_LIST_LIMIT)));
            }
            next = page.next;
        }
        Ok(tags)
    }
}
