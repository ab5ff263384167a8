//! `thv inspect`: the manifest and the run configuration behind a reference.

use clap::Args;
use serde_json::{Value, json};

use super::Context;
use super::failure::Failure;
use super::output::line;
use super::push::parse_reference;
use crate::oci::{Annotations, Descriptor, Digest, ManifestKind, Reference};
use crate::printable::{excerpt, printable};
use crate::runconfig::{Document, Pulled, pull};

/// The most characters of one annotation or field that are shown.
const VALUE_LIMIT: usize = 120;

#[derive(Args)]
pub(super) struct Inspect {
    /// What to look at, such as registry.example.com/configs/my-server:v1
    reference: String,
}

impl Inspect {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let reference = parse_reference(&self.reference)?;
        let pulled = pull(&context.client, &reference).await?;
        if context.output.is_json() {
            line(&as_json(&reference, &pulled))
        } else {
            as_text(&reference, &pulled).iter().try_for_each(|text| line(text))
        }
    }
}

fn annotations(pulled: &Pulled) -> &Annotations {
    match &pulled.manifest.kind {
        ManifestKind::Manifest(manifest) => &manifest.annotations,
        ManifestKind::Index(index) => &index.annotations,
    }
}

/// One JSON object. The configuration is spliced in as it is: parsed and printed again, large
/// numbers would change.
fn as_json(reference: &Reference, pulled: &Pulled) -> String {
    let Descriptor { media_type, digest, size, .. } = &pulled.manifest.descriptor;
    let layer = pulled.document.bytes();
    let about = json!({
        "reference": reference.to_string(),
        "descriptor": { "mediaType": media_type, "digest": digest, "size": size },
        "annotations": annotations(pulled),
        "layer": { "digest": Digest::sha256(layer), "size": layer.len() },
        "manifest": serde_json::from_slice::<Value>(&pulled.manifest.content).ok(),
    });
    let about = about.to_string();
    let open = about.strip_suffix('}').unwrap_or(&about);
    format!("{open},\"configuration\":{}}}", pulled.document.text().trim())
}

fn as_text(reference: &Reference, pulled: &Pulled) -> Vec<String> {
    let descriptor = &pulled.manifest.descriptor;
    let layer = pulled.document.bytes();
    let mut lines = vec![
        format!("Reference:  {reference}"),
        format!("Manifest:   {} ({} bytes)", descriptor.digest, descriptor.size),
        format!("Layer:      {} ({} bytes)", Digest::sha256(layer), layer.len()),
        "Annotations:".to_owned(),
    ];
    for (name, value) in annotations(pulled) {
        lines.push(format!("  {}: {}", printable(name), excerpt(value, VALUE_LIMIT)));
    }
    lines.push("Configuration:".to_owned());
    for (name, value) in summary(&pulled.document) {
        lines.push(format!("  {:<13}{}", format!("{name}:"), excerpt(&value, VALUE_LIMIT)));
    }
    lines
}

/// What runs, and what it may touch. Values of environment variables are left out.
fn summary(document: &Document) -> Vec<(&'static str, String)> {
    let config = document.run_config();
    let mut fields = Vec::new();
    let mut field = |name, value: String| {
        if !value.is_empty() {
            fields.push((name, value));
        }
    };
    let list = |items: &[String]| items.join(" ");
    let profile = config.permission_profile.unwrap_or_default();
    field("name", config.name);
    field("image", config.image);
    field("remote url", config.remote_url);
    field("transport", config.transport);
    field("arguments", list(&config.cmd_args));
    field("environment", config.env_vars.names().collect::<Vec<_>>().join(" "));
    field("secrets", list(&config.secrets));
    field("reads", list(&profile.read));
    field("writes", list(&profile.write));
    field("volumes", list(&config.volumes));
    field("privileged", if profile.privileged { "yes".to_owned() } else { String::new() });
    fields
}
