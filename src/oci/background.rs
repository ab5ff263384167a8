//! Tasks that outlive the operation that started them, such as the cancellation of an upload whose future
//! was dropped.

use std::future::Future;
use std::sync::{Arc, OnceLock};

use tokio::runtime::Handle;
use tokio::sync::watch;

/// Starts background tasks and counts those that run.
#[derive(Default)]
pub(super) struct BackgroundTasks(watch::Sender<usize>);

impl BackgroundTasks {
    /// Runs `work` in the background. Outside of a runtime, `work` is dropped.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Ok(runtime) = Handle::try_current() {
            let running = Running::new(&self.0);
            runtime.spawn(async move {
                work.await;
                drop(running);
            });
        }
    }

    /// Runs `work` in a task and returns the guard for the caller that waits for its result.
    pub(super) fn spawn_guarded(
        &self,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> CallerGuard {
        let guard = CallerGuard { count: self.0.clone(), running: Arc::default() };
        let running = Arc::clone(&guard.running);
        tokio::spawn(async move {
            work.await;
            drop(running);
        });
        guard
    }

    pub(super) fn is_running(&self) -> bool {
        *self.0.borrow() > 0
    }

    /// Waits until no background task runs. A caller that stops waiting stops no task.
    pub(super) async fn finish(&self) {
        // Tasks that were aborted a moment ago drop their futures first.
        tokio::task::yield_now().await;
        // The sender lives as long as `self`, so that waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

/// Guard held by the caller; dropping it early turns the task into background work, which is counted.
pub(super) struct CallerGuard {
    count: watch::Sender<usize>,
    /// Shared with the task: what is put in here counts until the task ends.
    running: Arc<OnceLock<Running>>,
}

impl Drop for CallerGuard {
    fn drop(&mut self) {
        self.running.get_or_init(|| Running::new(&self.count));
    }
}

struct Running(watch::Sender<usize>);

impl Running {
    fn new(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
