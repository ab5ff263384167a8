//! Listing tags (distribution specification, "Listing Tags").

use std::cmp::Reverse;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use super::handle::Repository;
use super::pages::Pages;
use crate::oci::error::{Error, ErrorKind, ProtocolViolation};
use crate::oci::names::Tag;

/// The most tags of one repository that are listed.
const TAG_LIST_LIMIT: usize = 1_000_000;

#[derive(Deserialize)]
struct List {
    /// Some registries send `null` instead of an empty list.
    tags: Option<Tags>,
}

/// The entries of a list that follow the specification's grammar of tags. Others are left out while the
/// list is read, so that they take no memory.
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

const COMPARED: usize = 1000;

/// Selects a part of a list of tags.
#[derive(Debug, Clone, Default)]
pub struct TagQuery {
    after: Option<Tag>,
    page_size: Option<u32>,
    limit: Option<usize>,
}

impl TagQuery {
    /// Selects only tags after `tag`, in the registry's order.
    #[must_use]
    pub fn after(mut self, tag: Tag) -> Self {
        self.after = Some(tag);
        self
    }

    /// Asks for pages of `size` tags. Without this, the registry decides. Some refuse more than 1000.
    #[must_use]
    pub const fn page_size(mut self, size: u32) -> Self {
        self.page_size = Some(size);
        self
    }

    /// Selects at most `limit` tags.
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
    /// Lists the repository's tags, in the registry's order. Every page is read. Entries that do not follow
    /// the specification's grammar of tags are left out.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such repository; [`ErrorKind::Protocol`] if a page leads to
    /// another host or to a page that was read before, or if there are more than a million tags;
    /// [`ErrorKind::TooLarge`] if all pages together are too large.
    pub async fn tags(&self, query: &TagQuery) -> Result<Vec<Tag>, Error> {
        Box::pin(self.list_tags(query)).await.map_err(self.error("listing the tags of", ""))
    }

    /// Lists tags of the repository and returns at most `limit` of them: those that share the longest
    /// beginning with `tag` come first. Only the first 1000 tags of the repository are compared.
    ///
    /// # Errors
    /// Those of [`Repository::tags`].
    pub async fn similar_tags(&self, tag: &Tag, limit: usize) -> Result<Vec<Tag>, Error> {
        let tags = self.tags(&TagQuery::default().limit(COMPARED)).await?;
        Ok(closest(tags, tag, limit))
    }

    async fn list_tags(&self, query: &TagQuery) -> Result<Vec<Tag>, ErrorKind> {
        let mut url = self.operation().url("tags/list");
        url.set_query(query.to_query().as_deref());
        let limit = query.limit.unwrap_or(usize::MAX);
        let mut pages = Pages::new(self, "tags, list", None, url);
        let mut tags = Vec::new();
        while let Some((list, _)) = pages.next::<List>().await? {
            tags.extend(list.tags.map_or_else(Vec::new, |listed| listed.0));
            if tags.len() >= limit {
                tags.truncate(limit);
                break;
            }
            if tags.len() > TAG_LIST_LIMIT {
                return Err(ProtocolViolation::ListLength(TAG_LIST_LIMIT).into());
            }
        }
        Ok(tags)
    }
}

fn closest(mut tags: Vec<Tag>, tag: &Tag, limit: usize) -> Vec<Tag> {
    let shared_prefix = |other: &Tag| {
        let pairs = other.as_str().bytes().zip(tag.as_str().bytes());
        pairs.take_while(|(ours, theirs)| ours == theirs).count()
    };
    tags.sort_by_key(|other| Reverse(shared_prefix(other)));
    tags.truncate(limit);
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_with_the_longest_shared_prefix_come_first() {
        let tag = |text: &str| text.parse::<Tag>().unwrap();
        let tags = ["latest", "v1.0", "v2.0", "v2.10"].map(tag).to_vec();
        assert_eq!(closest(tags, &tag("v2.1"), 2), [tag("v2.10"), tag("v2.0")]);
    }
}
