//! Finds the tags that a user may have meant instead of one that does not exist.

use std::cmp::Reverse;

use super::error::Error;
use super::reference::Tag;
use super::repository::Repository;
use super::tags::TagQuery;

/// How many tags are compared.
const COMPARED: usize = 1000;

impl Repository {
    /// Lists tags of the repository and returns at most `limit` of them: those that share the longest
    /// beginning with `tag` come first. Only the first 1000 tags of the repository are compared.
    ///
    /// # Errors
    /// Those of [`Repository::tags`].
    pub async fn similar_tags(&self, tag: &Tag, limit: usize) -> Result<Vec<Tag>, Error> {
        let tags = self.tags(&TagQuery::default().limit(COMPARED)).await?;
        Ok(closest(tags, tag, limit))
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
