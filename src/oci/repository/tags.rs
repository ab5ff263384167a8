//! Listing tags (distribution specification, "Listing Tags").

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

/// Selects a part of a list of tags.
#[derive(Debug, Clone, Default)]
pub struct TagQuery {
    /// Only tags after this one, in the registry's order.
    pub after: Option<Tag>,
    /// Asks for pages of this many tags. Without it, the registry decides. Some refuse more than 1000.
    pub page_size: Option<u32>,
    /// At most this many tags.
    pub limit: Option<usize>,
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
        let listed = Box::pin(async {
            let mut url = self.operation().url("tags/list");
            let size = query.page_size.map(|size| format!("n={size}"));
            let last = query.after.as_ref().map(|tag| format!("last={tag}"));
            let parts: Vec<_> = size.into_iter().chain(last).collect();
            url.set_query((!parts.is_empty()).then(|| parts.join("&")).as_deref());
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
                    let too_long = ProtocolViolation::ListLength(TAG_LIST_LIMIT);
                    return Err(ErrorKind::Protocol(too_long));
                }
            }
            Ok(tags)
        });
        listed.await.map_err(self.error("listing the tags of", ""))
    }
}
