//! A repository of a registry: one file for each endpoint of the distribution specification.

pub(super) mod blobs;
mod copy;
mod delete;
pub(super) mod downloads;
pub(super) mod handle;
pub(super) mod manifests;
pub(super) mod pages;
mod referrers;
pub(super) mod tags;
pub(super) mod uploads;
