//! Cleaning up after uploads that were given up (distribution specification, "Cancel a blob upload").

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::oci::client::Client;

/// How long one cancellation may take.
pub(super) const LIMIT: Duration = Duration::from_secs(5);

/// How many cancellations are under way, of uploads whose future was dropped, and openings that have
/// to be waited for first.
#[derive(Default)]
pub(in crate::oci) struct Cleaning(watch::Sender<usize>);

impl Cleaning {
    /// Does `work` in the background, if this is a place for background work at all.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Ok(runtime) = Handle::try_current() {
            let counted = Counted::new(&self.0);
            runtime.spawn(async move {
                work.await;
                drop(counted);
            });
        }
    }
}

/// Work that somebody waits for. It is counted from when nobody does.
pub(super) struct Awaited {
    count: watch::Sender<usize>,
    counted: Arc<OnceLock<Counted>>,
}

impl Awaited {
    pub(super) fn new(cleaning: &Cleaning) -> Self {
        Self { count: cleaning.0.clone(), counted: Arc::default() }
    }

    /// What the work keeps until it is done.
    pub(super) fn counted(&self) -> Arc<OnceLock<Counted>> {
        Arc::clone(&self.counted)
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.counted.get_or_init(|| Counted::new(&self.count));
    }
}

/// One cancellation, for as long as it is under way.
pub(super) struct Counted(watch::Sender<usize>);

impl Counted {
    fn new(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Client {
    /// Waits until the uploads that were given up by dropping their future are cancelled at their
    /// registries; at most a few seconds. A program that ends after a cancellation calls this first.
    /// Whoever stops waiting stops no cancellation.
    pub async fn settle(&self) {
        // Tasks that were aborted a moment ago drop their futures first.
        tokio::task::yield_now().await;
        let mut count = self.shared.cleaning.0.subscribe();
        // The sender is part of the client, which is there.
        let _ = count.wait_for(|count| *count == 0).await;
    }
}
