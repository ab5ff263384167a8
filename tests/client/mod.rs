//! The client as an embedding program uses it: its requests, and its results for each answer.

mod copies;
mod dropped;
mod lists;
mod subjects;
use crate::support;
mod uploads;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use support::stub_registry::{Request, Response, StubRegistry, status};
use thv_oci::audit::{TranscriptReader, check};
use thv_oci::oci::auth::Access;
use thv_oci::oci::{Client, ClientOptions, Reference, Repository};
use thv_oci::wire::{MemoryRecorder, Settings};

/// A client that retries soon, and the record of its exchanges.
pub(crate) struct Embedder {
    pub(crate) client: Client,
    pub(crate) recorder: Arc<MemoryRecorder>,
}

impl Embedder {
    pub(crate) fn new() -> Self {
        let recorder = Arc::new(MemoryRecorder::default());
        let mut settings = Settings::default();
        settings.recorder = Some(Arc::clone(&recorder) as _);
        let mut options = ClientOptions::default();
        options.retry.first_delay = Duration::from_millis(2);
        Self { client: Client::with_options(settings, options), recorder }
    }

    pub(crate) fn repository(&self, reference: &str) -> Repository {
        let reference: Reference = reference.parse().unwrap();
        self.client.repository(reference.registry(), reference.repository(), Access::Push)
    }

    /// `METHOD path status` of each exchange.
    pub(crate) fn lines(&self) -> Vec<String> {
        let exchanges = self.recorder.exchanges();
        let line = |exchange: &thv_oci::wire::Exchange| {
            let path = exchange.request.url.splitn(4, '/').nth(3).unwrap_or_default().to_owned();
            let status = exchange.response.as_ref().map_or(0, |response| response.status);
            format!("{} {path} {status}", exchange.request.method)
        };
        exchanges.iter().map(line).collect()
    }

    /// `wire check` finds nothing.
    #[track_caller]
    pub(crate) fn breaks_no_rule(&self) {
        let lines: Vec<_> =
            self.recorder.exchanges().iter().map(|e| serde_json::to_string(e).unwrap()).collect();
        let text = std::io::Cursor::new(lines.join("\n") + "\n");
        assert_eq!(check(&TranscriptReader::new(text).read().unwrap()), []);
    }
}

/// A scripted registry, and its repository `a`.
pub(crate) fn scripted(
    embedder: &Embedder,
    answer: impl Fn(&Request) -> Response + Send + Sync + 'static,
) -> (StubRegistry, Repository) {
    let server = StubRegistry::start(answer);
    let repository = embedder.repository(&server.reference("a"));
    (server, repository)
}

pub(crate) fn json(body: &impl ToString) -> Response {
    status(200).with("content-type", INDEX).body(body.to_string())
}

pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
