//! Many run configurations in one repository, each under a tag that is its workload's name.
//!
//! The tags of the repository are the catalogue, because the specification can list tags but not
//! repositories. One login is enough for all of it. Nothing here reads or writes a file.

use tokio::task::JoinSet;

use super::document::Document;
use super::name::WorkloadName;
use super::pull::{PullError, Pulled, pull, pull_small};
use super::push::{PushError, PushOptions, push_packed};
use crate::oci::artifact::PackedArtifact;
use crate::oci::auth::Access;
use crate::oci::push::{ConfigBlob, find_config, push_config};
use crate::oci::{self, Client, Pushed, Reference, Repository, Tag, TagQuery};
use crate::printable::excerpt;

/// How many configurations are transferred at the same time.
const IN_FLIGHT: usize = 16;

/// The size in bytes up to which configurations are transferred at the same time. A larger one is transferred alone,
/// so that many of them take no more memory than one.
const SMALL: u64 = 64 * 1024;

/// How many characters of a name an error shows.
const NAME_SHOWN: usize = 100;

/// The number of tags to ask for in each page of the list: the most that all registries return.
const PAGE_SIZE: u32 = 1000;

/// A repository with one run configuration for each workload.
#[derive(Debug, Clone)]
pub struct Collection {
    client: Client,
    repository: Reference,
}

impl Collection {
    /// Describes the collection in the repository of `reference`; its tag or digest is ignored. Nothing
    /// is sent yet.
    #[must_use]
    pub const fn new(client: Client, reference: Reference) -> Self {
        Self { client, repository: reference }
    }

    /// Returns the reference of the workload `name`.
    pub(crate) fn reference(&self, name: &WorkloadName) -> Reference {
        self.repository.tagged(name.to_tag())
    }

    /// Pushes the configuration of each of `names`, which `load` reads, and calls `done` with each
    /// result. At most 16 are transferred at the same time, and no more are in memory; one larger than 64 KiB
    /// is transferred alone. They end in any order, and one that fails stops no other. Dropping the future cancels all.
    ///
    /// # Errors
    /// The login and the repository's configuration blob, which every push needs, come first: if they fail,
    /// nothing else is sent. `done` gets a [`PushError`] for each that failed, among them
    /// [`PushError::OtherName`] for a configuration whose own name differs from the name it is pushed
    /// under: [`Self::pull_each`] would refuse it. In the end [`PushError::NothingToAllow`], where a path that
    /// `options` allow holds nothing to allow in any of them.
    ///
    /// The configuration blob is not among what [`Pushed::sent`] says of any workload.
    pub async fn push_each<E: From<PushError>>(
        &self,
        names: impl IntoIterator<Item = WorkloadName>,
        mut load: impl FnMut(&WorkloadName) -> Result<Document, E>,
        options: &PushOptions,
        mut done: impl FnMut(WorkloadName, Result<Pushed, E>),
    ) -> Result<(), PushError> {
        let mut names = names.into_iter().peekable();
        if names.peek().is_none() {
            return Ok(());
        }
        let repository = self.repository(Access::Push);
        let is_dry = options.dry_run;
        let config =
            if is_dry { find_config(&repository).await } else { push_config(&repository).await };
        config.map_err(PushError::Registry)?;
        let mut tasks: JoinSet<(_, Result<_, PushError>)> = JoinSet::new();
        let mut unused = options.allowances();
        for name in names {
            let packed =
                load(&name).and_then(|document| Ok(pack(&name, &document, options, &mut unused)?));
            let packed = match packed {
                Ok(packed) => packed,
                Err(error) => {
                    done(name, Err(error));
                    continue;
                }
            };
            let in_flight = if packed.size() > SMALL { 1 } else { IN_FLIGHT };
            wait(&mut tasks, in_flight, |(name, pushed)| done(name, pushed.map_err(E::from))).await;
            let (repository, tag) = (repository.clone(), name.to_tag());
            tasks.spawn(async move {
                let config = ConfigBlob::Known;
                let pushed = push_packed(&packed, &repository, &tag, config, is_dry).await;
                (name, pushed.map_err(PushError::Registry))
            });
            wait(&mut tasks, in_flight, |(name, pushed)| done(name, pushed.map_err(E::from))).await;
        }
        wait(&mut tasks, 1, |(name, pushed)| done(name, pushed.map_err(E::from))).await;
        if unused.is_empty() { Ok(()) } else { Err(PushError::NothingToAllow(unused)) }
    }

    /// Lists the tags of the repository, in the registry's order: one for each workload, and any
    /// others.
    ///
    /// # Errors
    /// Those of [`Repository::tags`].
    pub async fn tags(&self) -> Result<Vec<Tag>, oci::Error> {
        let query = TagQuery { page_size: Some(PAGE_SIZE), ..TagQuery::default() };
        self.repository(Access::Pull).tags(&query).await
    }

    /// Pulls each of `tags` and calls `done` with the workload and what its tag holds. At most
    /// 16 are transferred at the same time; those larger than 64 KiB are transferred one by one, after all others.
    /// They end in any order, and one that fails stops no other. Dropping the future cancels all.
    ///
    /// `done` gets a [`PullError`] for each that failed, among them [`PullError::OtherName`] where the
    /// configuration's own name differs from its tag's. A configuration without a name has its tag's.
    pub async fn pull_each(
        &self,
        tags: impl IntoIterator<Item = Tag>,
        mut done: impl FnMut(Tag, Result<(WorkloadName, Pulled), PullError>),
    ) {
        let mut tasks = JoinSet::new();
        let mut large = Vec::new();
        let mut ended =
            |(tag, pulled): (Tag, Result<Option<Pulled>, PullError>)| match pulled.transpose() {
                Some(pulled) => done(tag.clone(), pulled.and_then(|pulled| named(&tag, pulled))),
                None => large.push(tag),
            };
        for tag in tags {
            let (client, reference) = (self.client.clone(), self.repository.tagged(tag.clone()));
            tasks.spawn(async move {
                let pulled = pull_small(&client, &reference, SMALL).await;
                (tag, pulled)
            });
            wait(&mut tasks, IN_FLIGHT, &mut ended).await;
        }
        wait(&mut tasks, 1, ended).await;
        for tag in large {
            let pulled = Box::pin(pull(&self.client, &self.repository.tagged(tag.clone()))).await;
            done(tag.clone(), pulled.and_then(|pulled| named(&tag, pulled)));
        }
    }

    fn repository(&self, access: Access) -> Repository {
        self.client.repository(self.repository.registry(), self.repository.repository(), access)
    }
}

/// Waits until fewer than `limit` tasks are running, and calls `done` with what each returned.
async fn wait<T: 'static>(tasks: &mut JoinSet<T>, limit: usize, mut done: impl FnMut(T)) {
    while tasks.len() >= limit
        && let Some(ended) = tasks.join_next().await
    {
        match ended {
            Ok(returned) => done(returned),
            // No task is ever aborted, so the task panicked. The panic continues here.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

fn pack(
    name: &WorkloadName,
    document: &Document,
    options: &PushOptions,
    unused: &mut Vec<String>,
) -> Result<PackedArtifact, PushError> {
    match other_name(document, name) {
        Some(own) => Err(PushError::OtherName { name: name.clone(), own }),
        None => options.pack_one(document, unused),
    }
}

/// Returns what the tag holds under the workload's name, which is the tag's.
fn named(tag: &Tag, pulled: Pulled) -> Result<(WorkloadName, Pulled), PullError> {
    let refused = |own| Err(PullError::OtherName { tag: tag.clone(), own });
    let Some(name) = WorkloadName::of_tag(tag) else {
        return refused(excerpt(&pulled.document.own_name().unwrap_or_default(), NAME_SHOWN));
    };
    match other_name(&pulled.document, &name) {
        None => Ok((name, pulled)),
        Some(own) => refused(own),
    }
}

/// Returns the beginning of the document's own name where it is not `name`. It may be as long as the document, and
/// there may be many of them.
fn other_name(document: &Document, name: &WorkloadName) -> Option<String> {
    document.own_name().filter(|own| own != name.as_str()).map(|own| excerpt(&own, NAME_SHOWN))
}
