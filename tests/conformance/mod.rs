//! The workflows of the distribution specification's conformance suite (pull, push, content
//! discovery, content management), step by step, against the embedded registry in memory and in a
//! directory; and against Debian's `docker-registry`, which shows that the steps are right.
//!
//! As in the suite, a registry may lack what the specification makes optional, and Debian's is older
//! than some of the specification; [`Target::lacks`] names what it lacks, and the step asserts the
//! answer that says so.

mod blobs;
mod content;
use crate::support;
mod workflow;

use std::path::PathBuf;

use support::Registry;

/// A registry, and what it does not do.
pub(crate) struct Target {
    pub(crate) registry: Registry,
    lacks: &'static [Optional],
    _files: Option<tempfile::TempDir>,
}

/// What a registry may leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Optional {
    /// A blob pushed with one POST: 202 instead of 201 means that PUT is to follow.
    SinglePost,
    /// A mount without a source.
    AnonymousMount,
    /// The referrers API: 404.
    Referrers,
    /// Tags in the query of a manifest's PUT.
    TagParameters,
    /// Deleting a tag alone.
    TagDeletion,
    /// Digests under SHA-512.
    Sha512,
    /// Refusing a chunk out of order.
    ChunkOrder,
    /// Tags in order and in pages.
    TagPages,
    /// Status 400 instead of 500 for a malformed digest.
    DigestForm,
}

impl Target {
    fn embedded() -> Self {
        Self { registry: Registry::embedded(), lacks: &[], _files: None }
    }

    fn embedded_in_directory() -> Self {
        let files = tempfile::tempdir().unwrap();
        let directory: PathBuf = files.path().join("registry");
        let registry = Registry::embedded_in(&directory);
        Self { registry, lacks: &[], _files: Some(files) }
    }

    fn docker() -> Self {
        let lacks = &[
            Optional::SinglePost,
            Optional::AnonymousMount,
            Optional::Referrers,
            Optional::TagParameters,
            Optional::TagDeletion,
            Optional::Sha512,
            Optional::ChunkOrder,
            Optional::TagPages,
            Optional::DigestForm,
        ];
        // `docker-registry` accepts layers with `urls` only if its configuration allows the URLs.
        let urls = "validation:\n  manifests:\n    urls:\n      allow:\n        - ^https://\n";
        let registry = Registry::docker_with(support::own_address(), "", urls);
        Self { registry, lacks, _files: None }
    }

    pub(crate) fn lacks(&self, what: Optional) -> bool {
        self.lacks.contains(&what)
    }

    /// The digest algorithms to try.
    pub(crate) fn algorithms(&self) -> &'static [&'static str] {
        if self.lacks(Optional::Sha512) { &["sha256"] } else { &["sha256", "sha512"] }
    }
}

/// Each workflow against each registry.
macro_rules! workflows {
    ($($module:ident::$name:ident),* $(,)?) => {
        mod embedded {
            $(#[test]
            fn $name() {
                super::$module::$name(&super::Target::embedded());
            })*
        }
        mod embedded_in_directory {
            $(#[test]
            fn $name() {
                super::$module::$name(&super::Target::embedded_in_directory());
            })*
        }
        mod docker {
            $(#[test]
            #[ignore = "needs docker-registry; tests/run.sh installs it"]
            fn $name() {
                super::$module::$name(&super::Target::docker());
            })*
        }
    };
}

workflows! {
    workflow::base_path_answers,
    workflow::empty_repository_has_neither_tags_nor_referrers,
    workflow::missing_and_misnamed_manifests_are_refused,
    workflow::every_kind_of_content_is_pushed_found_pulled_and_deleted,
    workflow::referrers_are_listed_and_filtered,
    workflow::tags_are_set_by_parameters,
    workflow::manifest_with_another_digest_is_refused,
    blobs::blobs_are_pushed_in_every_way,
    blobs::chunks_out_of_order_are_refused_and_the_upload_continues,
    blobs::blobs_are_mounted,
    blobs::uploads_are_cancelled,
    blobs::parts_of_a_blob_are_pulled,
    blobs::well_known_blobs_are_kept,
    blobs::blobs_with_another_digest_are_refused,
}
