//! Runs a command's requests to registries: with progress, a time limit, and Ctrl-C.

use std::future::Future;

use super::context::Context;
use super::failure::Failure;
use super::progress;
use super::signals::interrupted;
use super::warning::Warning;

/// Waits for `work`, which only sends requests to registries, then prints the registries' warnings.
/// `doing` describes the work while it takes long.
///
/// Ctrl-C, SIGTERM and the end of the time limit cancel the work; an upload is then cancelled at its
/// registry too.
///
/// # Errors
/// [`Failure::Interrupted`] and [`Failure::OutOfTime`].
pub(super) async fn transfer<T>(
    context: &Context,
    doing: &str,
    work: impl Future<Output = T>,
) -> Result<T, Failure> {
    transfer_counted(context, || doing.to_owned(), work).await
}

/// Does what [`transfer`] does, with a description that may change.
///
/// # Errors
/// Those of [`transfer`].
pub(super) async fn transfer_counted<T>(
    context: &Context,
    doing: impl Fn() -> String,
    work: impl Future<Output = T>,
) -> Result<T, Failure> {
    let done = {
        let shown = Box::pin(progress::during(context.output, doing, work));
        tokio::select! {
            done = tokio::time::timeout(context.total_timeout, shown) => {
                done.map_err(|_| Failure::OutOfTime(context.total_timeout))
            }
            () = interrupted() => Err(Failure::Interrupted),
        }
    };
    context.client.settle().await;
    for warning in context.client.take_warnings() {
        context.output.warn(&Warning::Registry(warning));
    }
    done
}
