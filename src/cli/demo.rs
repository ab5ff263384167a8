//! `thv demo`: pushes and pulls a sample through the embedded registry, and shows each request.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::arguments::parse_reference;
use super::failure::Failure;
use super::options::Context;
use super::output::Output;
use super::sharing::creation_time;
use crate::embedded_registry::{EmbeddedRegistry, Storage};
use crate::oci::{Client, Digest};
use crate::printable::printable;
use crate::runconfig::{Document, PushOptions, pull, push};
use crate::wire::{Exchange, MemoryRecorder, Settings};

const CONFIGURATION: &[u8] = include_bytes!("../../fixtures/runconfigs/minimal.json");

#[derive(Args)]
pub(super) struct Demo {}

impl Demo {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let registry = EmbeddedRegistry::bind(any_port, Storage::memory())
            .await
            .map_err(|error| Failure::listening(any_port, error))?;
        let address = registry.local_addr();
        let mut shown = Ok(());
        let demonstration = async { shown = round_trip(address, context.output).await };
        // The registry serves until the round trip is over.
        registry.serve(demonstration).await;
        shown
    }
}

async fn round_trip(address: SocketAddr, output: Output) -> Result<(), Failure> {
    let say = |text: &str| {
        let mut lines = text.split('\n').filter(|_| !output.json);
        lines.try_for_each(|line| output.line(line))
    };
    let recorder = Arc::new(MemoryRecorder::default());
    let mut seen = 0;
    let mut print_new = || {
        let exchanges = recorder.exchanges();
        let new = exchanges.iter().skip(seen);
        seen = exchanges.len();
        new.map(described).try_for_each(|line| say(&line))
    };
    let settings = Settings { recorder: Some(recorder.clone()), ..Settings::default() };
    let client = Client::new(settings);
    let reference = parse_reference(&format!("{address}/configs/demo:v1"))?;
    let document = Document::parse(CONFIGURATION.to_vec()).map_err(|error| Failure::Document {
        name: "the demo's configuration".to_owned(),
        error,
    })?;

    say(&format!("An OCI registry runs at {address}, in this process and in memory only."))?;
    say(&format!("\n1. push a run configuration of {} bytes", document.bytes().len()))?;
    let created = creation_time()?;
    let options = PushOptions { created: Some(created), ..PushOptions::default() };
    let pushed = push(&client, &reference, &document, &options).await?;
    print_new()?;
    say(&format!("   {reference} is {}", pushed.digest))?;

    say("\n2. push it again: nothing is sent")?;
    let again = push(&client, &reference, &document, &options).await?;
    print_new()?;
    say(&format!("   status: {}", again.status.as_str()))?;

    say("\n3. pull it by digest")?;
    let pinned = reference.pinned(pushed.digest);
    let pulled = pull(&client, &pinned).await.map_err(Failure::pull(pinned.clone()))?;
    print_new()?;
    let before = Digest::sha256(document.bytes());
    let after = Digest::sha256(pulled.document.bytes());
    say(&format!("   before: {before}\n   after:  {after}"))?;
    if output.json {
        let result = json!({
            "reference": reference.to_string(), "digest": pulled.manifest.descriptor.digest,
            "exchanges": recorder.exchanges().len(), "same_bytes": before == after,
        });
        return output.line(&result.to_string());
    }
    say(if before == after { "\nEvery byte came back." } else { "\nThe bytes differ." })
}

fn described(exchange: &Exchange) -> String {
    let status = exchange.response.as_ref().map_or(0, |response| response.status);
    let size = exchange.request.body.as_ref().map_or(0, |body| body.size);
    let url = exchange.request.url.split_once("/v2/").map_or("", |(_, path)| path);
    let path: String = url.chars().take(52).collect();
    let (method, path) = (&exchange.request.method, printable(&path));
    format!("   {size:>4} bytes  {method:<4} /v2/{path}  → {status}")
}
