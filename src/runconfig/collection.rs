//! Many run configurations in one repository, each under a tag that is its workload's name.
//!
//! The repository is the catalogue: the specification lists the tags of a repository, and no
//! registry's repositories. One login does for all of it. Nothing here reads or writes a file: where
//! configurations come from and go to is the caller's.

use std::future::Future;

use tokio::task::JoinSet;

use super::artifact;
use super::document::Document;
use super::name::WorkloadName;
use super::share::{PullError, Pulled, PushError, PushStatus, Pushed};
use super::share::{ensure, pull, tagged};
use crate::oci::auth::Access;
use crate::oci::{
    self, Client, Descriptor, EMPTY_CONTENT, MediaType, Reference, Repository, Tag, TagOrDigest,
    TagQuery,
};
use crate::timestamp::Timestamp;

/// How many configurations are under way at the same time.
pub const IN_FLIGHT: usize = 16;

/// How many tags each page of the list should hold: the most that all registries give.
const PAGE_SIZE: u32 = 1000;

/// A repository with one run configuration a workload.
#[derive(Debug, Clone)]
pub struct Collection {
    client: Client,
    place: Reference,
}

impl Collection {
    /// The collection in the repository that `place` names; its tag or digest is of no account.
    /// Nothing is sent yet.
    #[must_use]
    pub const fn new(client: Client, place: Reference) -> Self {
        Self { client, place }
    }

    /// Where the workload `name` is.
    #[must_use]
    pub fn reference(&self, name: &WorkloadName) -> Reference {
        self.place.tagged(name.to_tag())
    }

    /// Pushes the configuration of each of `names`, which `load` has, and tells `done` what became
    /// of it. At most [`IN_FLIGHT`] are under way at the same time, and no more are in memory; they
    /// end in any order, and one that fails stops no other. Dropping the future cancels all.
    ///
    /// # Errors
    /// What all of them need, the login and the repository's empty blob, is seen to first: where
    /// that fails nothing else is tried. `done` gets [`PushError`] for each, and
    /// [`PushError::OtherName`] for a configuration that has another name than it is pushed under:
    /// [`Self::pull_each`] would refuse it.
    pub async fn push_each<E: From<PushError>>(
        &self,
        names: impl IntoIterator<Item = WorkloadName>,
        mut load: impl FnMut(&WorkloadName) -> Result<Document, E>,
        created: Timestamp,
        mut done: impl FnMut(WorkloadName, Result<Pushed, E>),
    ) -> Result<(), PushError> {
        let mut names = names.into_iter().peekable();
        if names.peek().is_none() {
            return Ok(());
        }
        let (registry, name) = (self.place.registry(), self.place.repository());
        let repository = self.client.repository(registry, name, Access::Push);
        prepare(&repository).await.map_err(PushError::Registry)?;
        let mut tasks = Tasks::default();
        for name in names {
            let document = load(&name).and_then(|document| match other_name(&document, &name) {
                None => Ok(document),
                Some(own) => Err(PushError::OtherName { name: name.clone(), own }.into()),
            });
            match document {
                Ok(document) => {
                    let work = push_one(repository.clone(), name.to_tag(), document, created);
                    tasks.start(async { (name, work.await) });
                }
                Err(error) => done(name, Err(error)),
            }
            while let Some((name, pushed)) = tasks.next(IN_FLIGHT).await {
                done(name, pushed.map_err(|error| PushError::Registry(error).into()));
            }
        }
        while let Some((name, pushed)) = tasks.next(1).await {
            done(name, pushed.map_err(|error| PushError::Registry(error).into()));
        }
        Ok(())
    }

    /// The tags of the repository, in the registry's order: one for each workload, and whatever else
    /// others put there.
    ///
    /// # Errors
    /// Those of [`Repository::tags`].
    pub async fn tags(&self) -> Result<Vec<Tag>, oci::Error> {
        let (registry, name) = (self.place.registry(), self.place.repository());
        let repository = self.client.repository(registry, name, Access::Pull);
        repository.tags(&TagQuery::default().page_size(PAGE_SIZE)).await
    }

    /// Pulls each of `tags` and tells `done` what it holds, and which workload that is. At most
    /// [`IN_FLIGHT`] are under way at the same time; they end in any order, and one that fails stops
    /// no other. Dropping the future cancels all.
    ///
    /// `done` gets [`PullError`] for each, and [`PullError::OtherName`] where the configuration has
    /// another name than its tag says. One without a name has its tag's.
    pub async fn pull_each(
        &self,
        tags: impl IntoIterator<Item = Tag>,
        mut done: impl FnMut(Tag, Result<(WorkloadName, Pulled), PullError>),
    ) {
        let mut tasks = Tasks::default();
        for tag in tags {
            let (client, reference) = (self.client.clone(), self.place.tagged(tag.clone()));
            tasks.start(async move {
                let pulled = pull_one(&client, &reference, &tag).await;
                (tag, pulled)
            });
            while let Some((tag, pulled)) = tasks.next(IN_FLIGHT).await {
                done(tag, pulled);
            }
        }
        while let Some((tag, pulled)) = tasks.next(1).await {
            done(tag, pulled);
        }
    }
}

/// What is under way. Dropping it cancels that.
struct Tasks<T>(JoinSet<T>);

impl<T> Default for Tasks<T> {
    fn default() -> Self {
        Self(JoinSet::new())
    }
}

impl<T: Send + 'static> Tasks<T> {
    fn start(&mut self, work: impl Future<Output = T> + Send + 'static) {
        self.0.spawn(work);
    }

    /// Waits for one to end, where at least `limit` are under way.
    async fn next(&mut self, limit: usize) -> Option<T> {
        if self.0.len() < limit {
            return None;
        }
        match self.0.join_next().await? {
            Ok(done) => Some(done),
            // Nobody aborts them: this is a panic, and goes on as one.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

/// Sees to the blob that every artifact of the repository refers to.
async fn prepare(repository: &Repository) -> Result<(), oci::Error> {
    let config = Descriptor::of(MediaType::OCI_EMPTY, EMPTY_CONTENT);
    ensure(repository, &config, EMPTY_CONTENT).await
}

/// Pushes one of many. Where many are under way, a request less counts for more than one at the same
/// time: the layer is asked for only where the tag names something else.
async fn push_one(
    repository: Repository,
    tag: Tag,
    document: Document,
    created: Timestamp,
) -> Result<Pushed, oci::Error> {
    let manifest = artifact::pack(&document, created);
    if let Some((digest, existing)) = tagged(&repository, &tag).await?
        && artifact::is_same(&existing, &manifest)
    {
        return Ok(Pushed { digest, status: PushStatus::Unchanged });
    }
    for layer in &manifest.layers {
        ensure(&repository, layer, document.bytes()).await?;
    }
    let target = TagOrDigest::Tag(tag);
    let digest =
        repository.put_manifest(&target, &MediaType::OCI_MANIFEST, manifest.to_json()).await?;
    Ok(Pushed { digest, status: PushStatus::Pushed })
}

async fn pull_one(
    client: &Client,
    reference: &Reference,
    tag: &Tag,
) -> Result<(WorkloadName, Pulled), PullError> {
    let pulled = pull(client, reference).await?;
    let refused = |own| Err(PullError::OtherName { tag: tag.clone(), own });
    let Some(name) = WorkloadName::of_tag(tag) else {
        return refused(pulled.document.own_name().unwrap_or_default());
    };
    match other_name(&pulled.document, &name) {
        None => Ok((name, pulled)),
        Some(own) => refused(own),
    }
}

/// The name that `document` has of its own, where that is not `name`.
fn other_name(document: &Document, name: &WorkloadName) -> Option<String> {
    document.own_name().filter(|own| own != name.as_str())
}
