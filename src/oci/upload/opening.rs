//! Requests that may open an upload. What they open is cancelled also where it is given up before the
//! answer came: only the answer says where it is.

use std::io;
use std::time::Duration;

use tokio::sync::oneshot;

use super::cleaning::Awaited;
use super::session::Upload;
use crate::oci::digest::Algorithm;
use crate::oci::error::ErrorKind;
use crate::oci::reference::RepositoryName;
use crate::oci::repository::Repository;
use crate::oci::retry::Attempts;
use crate::wire::{Request, Response};

/// How long an answer is waited for that nobody wants any more: whoever interrupts a program waits too.
const LIMIT: Duration = Duration::from_secs(2);

type Answer = Result<Response, ErrorKind>;

impl Repository {
    /// Like [`Repository::send_reading`], for a request that may open an upload.
    pub(super) async fn send_opening(
        &self,
        request: Request,
        attempts: &Attempts,
        other: Option<&RepositoryName>,
    ) -> Answer {
        let (sender, answer) = oneshot::channel();
        // Counted from when this future is dropped, for as long as the task lasts.
        let awaited = Awaited::new(&self.client().shared.cleaning);
        let counted = awaited.counted();
        let opening = self.clone().open(request, attempts.clone(), other.cloned(), sender);
        tokio::spawn(async move {
            opening.await;
            drop(counted);
        });
        // Without an answer, the runtime has been shut down.
        let interrupted = || ErrorKind::Local(io::ErrorKind::Interrupted.into());
        answer.await.unwrap_or_else(|_| Err(interrupted()))
    }

    async fn open(
        self,
        request: Request,
        attempts: Attempts,
        other: Option<RepositoryName>,
        mut waiting: oneshot::Sender<Answer>,
    ) {
        let mut sending = Box::pin(self.send_reading(request, &attempts, other.as_ref()));
        let answer = tokio::select! {
            answer = &mut sending => answer,
            () = waiting.closed() => {
                // What was not sent yet opens nothing.
                if !attempts.begun() {
                    return;
                }
                let Ok(answer) = tokio::time::timeout(LIMIT, &mut sending).await else { return };
                answer
            }
        };
        let Err(Ok(unwanted)) = waiting.send(answer) else { return };
        if unwanted.status() == 202
            && let Ok(upload) = Upload::opened(&self, unwanted, Algorithm::Sha256).await
        {
            upload.cancel().await;
        }
    }
}
