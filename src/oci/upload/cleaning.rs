//! Cleaning up after uploads that were given up (distribution specification, "Cancel a blob upload").

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::oci::client::Client;

/// How long one cancellation may take.
pub(super) const LIMIT: Duration = Duration::from_secs(5);

/// Cancellations under way, of uploads whose future was dropped.
#[derive(Default)]
pub(in crate::oci) struct Cleaning(Mutex<JoinSet<()>>);

impl Cleaning {
    /// Does `work` in the background, if this is a place for background work at all.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Ok(runtime) = Handle::try_current() {
            let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Those that are done need no place any more.
            while tasks.try_join_next().is_some() {}
            tasks.spawn_on(work, &runtime);
        }
    }
}

impl Client {
    /// Waits until the uploads that were given up by dropping their future are cancelled at their
    /// registries; at most a few seconds. A program that ends after a cancellation calls this first.
    pub async fn settle(&self) {
        // Tasks that were aborted a moment ago drop their futures first.
        tokio::task::yield_now().await;
        let tasks = {
            let mut tasks = self.shared.cleaning.0.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *tasks)
        };
        tasks.join_all().await;
    }
}
