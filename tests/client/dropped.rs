//! Futures that are dropped at each await: no upload session and no partial file is left.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use bytes::Bytes;
use thv_oci::oci::{Algorithm, Descriptor, Error, MediaType, Repository};
use thv_oci::wire::Exchange;

use super::Embedder;
use super::support::stub_registry::{Fault, Rule, StubRegistry, status};
use super::support::{Registry, until};

const OCTETS: MediaType = MediaType::from_static("application/octet-stream");
const CONTENT: &[u8] = b"what is sent";
/// No operation of these tests awaits more often than this.
const MOST: usize = 10_000;

/// Returns the result of `work`, or drops it when it waits for the `waits`-th time.
async fn unless_waiting<T>(work: impl Future<Output = T>, waits: usize) -> Option<T> {
    let (mut work, mut left) = (Box::pin(work), waits);
    poll_fn(move |context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// The path of an upload, of which the query changes.
fn path(url: &str) -> String {
    let path = url.split_once('?').map_or(url, |(path, _)| path);
    path.get(path.find("/v2/").unwrap()..).unwrap().to_owned()
}

/// The uploads whose location the client received.
fn opened(exchanges: &[Exchange]) -> BTreeSet<String> {
    let location = |exchange: &Exchange| {
        let response = exchange.response.as_ref().filter(|response| response.status == 202)?;
        let field = response.headers.iter().find(|(name, _)| name == "location")?;
        (exchange.request.method == "POST").then(|| path(&field.1))
    };
    exchanges.iter().filter_map(location).collect()
}

/// The uploads that the client closed or cancelled.
fn ended(exchanges: &[Exchange]) -> BTreeSet<String> {
    let ends = |exchange: &&Exchange| {
        let answered = |statuses: &[u16]| {
            exchange.response.as_ref().is_some_and(|response| statuses.contains(&response.status))
        };
        let method = exchange.request.method.as_str();
        (method == "PUT" && answered(&[201])) || (method == "DELETE" && answered(&[204, 404]))
    };
    exchanges.iter().filter(ends).map(|exchange| path(&exchange.request.url)).collect()
}

/// Runs the future of `work` again and again, and drops it at each place where it waits.
async fn is_dropped_anywhere<F: Future<Output = Result<(), Error>>>(
    rules: fn() -> Vec<Rule>,
    work: impl Fn(Repository) -> F,
) {
    let registry = Registry::embedded();
    for waits in 0..MOST {
        let layer = StubRegistry::before(registry.address, rules(), false);
        let embedder = Embedder::new();
        let repository = embedder.repository(&format!("{}/a", layer.address));
        let done = unless_waiting(work(repository), waits).await;
        // The wait for the background tasks may be dropped too.
        unless_waiting(embedder.client.settle(), 1).await;
        embedder.client.settle().await;
        let exchanges = embedder.recorder.exchanges();
        let open = &opened(&exchanges) - &ended(&exchanges);
        assert!(open.is_empty(), "{open:?} after {waits}: {:?}", embedder.lines());
        if let Some(done) = done {
            done.unwrap();
            return;
        }
    }
    panic!("the operation never ends");
}

/// Obligation 26.
#[tokio::test]
async fn upload_dropped_at_any_await_is_cancelled() {
    let two_steps = || vec![Rule::new("POST", "?digest=", 0..9, Fault::always(status(405)))];
    is_dropped_anywhere(two_steps, |repository| async move {
        repository.push_blob(&Descriptor::of(OCTETS, CONTENT), Bytes::from(CONTENT)).await
    })
    .await;
    is_dropped_anywhere(Vec::new, |repository| async move {
        repository.push_stream(OCTETS, CONTENT, Algorithm::Sha256).await.map(|_| ())
    })
    .await;
    let no_chunks = || vec![Rule::new("PATCH", "/uploads/", 0..9, Fault::always(status(405)))];
    is_dropped_anywhere(no_chunks, |repository| async move {
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, CONTENT).unwrap();
        let size = CONTENT.len() as u64;
        repository.push_source(OCTETS, Arc::new(file), size, Algorithm::Sha256).await.map(|_| ())
    })
    .await;
    is_dropped_anywhere(Vec::new, |repository| async move {
        let digest = Descriptor::of(OCTETS, b"nowhere").digest;
        repository.mount_blob(&digest, &"b".parse().unwrap()).await.map(|_| ())
    })
    .await;
}

/// Obligation 26.
#[tokio::test]
async fn upload_dropped_before_its_location_arrives_is_cancelled() {
    let blob = Descriptor::of(OCTETS, CONTENT);
    for operation in ["bytes", "a stream", "a mount"] {
        let embedder = Embedder::new();
        // The answer waits until the client has given up.
        let (arrive, mut arrived) = tokio::sync::mpsc::unbounded_channel();
        let (given_up, wait) = std::sync::mpsc::channel();
        let wait = Mutex::new(wait);
        let late = Fault::reply(move |_| {
            arrive.send(()).unwrap();
            wait.lock().unwrap().recv().unwrap();
            status(202).with("location", "/v2/a/blobs/uploads/late")
        });
        let gone = Fault::always(status(204));
        let rules = vec![
            Rule::new("POST", "/uploads/", 0..9, late),
            Rule::new("DELETE", "/uploads/late", 0..9, gone),
        ];
        let layer = StubRegistry::before(Registry::embedded().address, rules, false);
        let repository = embedder.repository(&format!("{}/a", layer.address));
        let work = async {
            match operation {
                "bytes" => repository.push_blob(&blob, CONTENT.into()).await.map(|()| true),
                "a stream" => {
                    let pushed = repository.push_stream(OCTETS, CONTENT, Algorithm::Sha256);
                    pushed.await.map(|_| true)
                }
                _ => repository.mount_blob(&blob.digest, &"b".parse().unwrap()).await.map(|_| true),
            }
        };
        tokio::select! {
            done = work => panic!("{operation}: {done:?}"),
            _ = arrived.recv() => {}
        }
        given_up.send(()).unwrap();
        embedder.client.settle().await;
        let lines = layer.lines();
        assert_eq!(lines.len(), 2, "{operation}: {lines:?}");
        assert_eq!(lines[1], "DELETE /v2/a/blobs/uploads/late", "{operation}");
    }
}

/// The names in the directory, once it has no temporary file.
fn settled(directory: &std::path::Path) -> Vec<String> {
    let mut names = Vec::new();
    until(|| {
        let entries = std::fs::read_dir(directory).unwrap();
        names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.iter().all(|name| name == "out")
    });
    names
}

/// Advisory 15.
#[tokio::test]
async fn download_dropped_at_any_await_leaves_no_partial_file() {
    let content = vec![7; 1 << 20];
    let descriptor = Descriptor::of(OCTETS, &content);
    let registry = Registry::embedded();
    registry.put_blob("a", &content);
    for waits in 0..MOST {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("out");
        let repository = Embedder::new().repository(&registry.reference("a"));
        let done = unless_waiting(repository.download_blob(&descriptor, &out), waits).await;
        // A file that was complete when the future was dropped may still appear.
        if !settled(directory.path()).is_empty() {
            assert!(std::fs::read(&out).unwrap() == content);
        }
        if let Some(done) = done {
            done.unwrap();
            assert!(std::fs::read(&out).unwrap() == content);
            return;
        }
    }
    panic!("the operation never ends");
}
