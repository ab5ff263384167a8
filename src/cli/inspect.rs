//! `thv inspect`: a run configuration as somebody reads it who may run it.

use clap::Args;
use serde_json::{Map, Value, json};

use super::context::Context;
use super::failure::Failure;
use super::layout::{cut, labelled};
use super::output::Tint;
use super::source::Source;
use crate::oci::{Annotations, Descriptor, Digest, ManifestKind, Reference};
use crate::printable::printable;
use crate::runconfig::{Document, Pulled, Review, review, review_with_values};

/// The most characters of one annotation that are shown. Of the configuration nothing is cut: what is
/// left out could matter.
const ANNOTATION_LIMIT: usize = 2000;
/// Annotations that say who made an artifact and when, and their labels.
const MAKERS: [(&str, &str); 2] =
    [("org.opencontainers.image.created", "when"), ("org.opencontainers.image.created.by", "with")];
/// In front of the names of annotations that everybody knows.
const WELL_KNOWN: &str = "org.opencontainers.image.";

#[derive(Args)]
pub(super) struct Inspect {
    /// What to look at: a reference, a file such as ./config.json, or a workload
    source: String,
    /// Show the values of environment variables, and what looks like a secret
    #[arg(long)]
    values: bool,
}

impl Inspect {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let output = context.output;
        let source = Source::find(context, &self.source).await?;
        if context.output.is_json() {
            return output.line(&as_json(&source, &self.review(source.document())));
        }
        let heading = |text: &str| output.line(&output.tinted(Tint::Heading, text));
        let lines = |label: &str, value: &str| {
            labelled(&printable(label), &printable(value))
                .iter()
                .try_for_each(|text| output.line(text))
        };
        heading(&printable(&source.title()))?;
        let review = self.review(source.document());
        heading("What runs")?;
        review.runs.iter().try_for_each(|(label, value)| lines(label, value))?;
        heading("What it may touch")?;
        review.touches.iter().try_for_each(|(label, value)| lines(label, value))?;
        if !review.others.is_empty() {
            heading("What else it sets")?;
            lines("fields", &review.others.join(" "))?;
        }
        if let Source::Artifact { pulled, .. } = &source {
            heading("Who made it, by its own word")?;
            makers(annotations(pulled))
                .iter()
                .try_for_each(|(label, value)| lines(label, &cut(value, ANNOTATION_LIMIT)))?;
        }
        heading("How it came")?;
        how_it_came(context, &source).iter().try_for_each(|text| output.line(text))
    }

    fn review(&self, document: &Document) -> Review {
        if self.values { review_with_values(document) } else { review(document) }
    }
}

fn annotations(pulled: &Pulled) -> &Annotations {
    match &pulled.manifest.kind {
        ManifestKind::Manifest(manifest) => &manifest.annotations,
        ManifestKind::Index(index) => &index.annotations,
    }
}

/// Who made the artifact and when, then what else its annotations say. Nothing proves any of it.
fn makers(annotations: &Annotations) -> Vec<(String, String)> {
    let known = MAKERS.iter().map(|(name, label)| {
        let said = annotations.get(*name).cloned();
        ((*label).to_owned(), said.unwrap_or_else(|| "not said".to_owned()))
    });
    let others = annotations
        .iter()
        .filter(|(name, _)| !MAKERS.iter().any(|(known, _)| known == name))
        .map(|(name, value)| {
            (name.strip_prefix(WELL_KNOWN).unwrap_or(name).to_owned(), value.clone())
        });
    known.chain(others).collect()
}

/// A digest has a line of its own: with a label it would not fit.
fn how_it_came(context: &Context, source: &Source) -> Vec<String> {
    let bytes = source.document().bytes();
    let configuration = [
        format!("  configuration of {} bytes", bytes.len()),
        format!("    {}", Digest::sha256(bytes)),
    ];
    match source {
        Source::Workload { path, .. } | Source::File { path, .. } => {
            let mut lines = labelled("from", &printable(&path.display().to_string()));
            lines.extend(configuration);
            lines
        }
        Source::Artifact { reference, pulled } => {
            let mut lines = labelled("from", &way(context, reference));
            lines.extend(labelled("by", &named(reference)));
            let Descriptor { digest, size, .. } = &pulled.manifest.descriptor;
            lines.extend([format!("  manifest of {size} bytes"), format!("    {digest}")]);
            let [title, digest] = configuration;
            let inline =
                if is_inline(pulled) { "inside the manifest" } else { "a blob of its own" };
            lines.extend([format!("{title}, {inline}"), digest]);
            lines
        }
    }
}

fn way(context: &Context, reference: &Reference) -> String {
    let registry = reference.registry();
    let how = if context.client.speaks_plain_http(registry) { "plain http" } else { "https" };
    format!("{registry}, over {how}")
}

fn named(reference: &Reference) -> String {
    match (reference.digest(), reference.tag()) {
        (Some(_), _) => "digest, which names these bytes and no others".to_owned(),
        (None, Some(tag)) => format!("tag {tag}, which can be moved"),
        (None, None) => "no tag".to_owned(),
    }
}

fn is_inline(pulled: &Pulled) -> bool {
    match &pulled.manifest.kind {
        ManifestKind::Manifest(manifest) => {
            let digest = Digest::sha256(pulled.document.bytes());
            manifest.layers.iter().any(|layer| layer.digest == digest && layer.data.is_some())
        }
        ManifestKind::Index(_) => false,
    }
}

/// One JSON object. The configuration is spliced in as it is: parsed and printed again, large
/// numbers would change.
fn as_json(source: &Source, review: &Review) -> String {
    let document = source.document();
    let bytes = document.bytes();
    let mut about = json!({ "layer": { "digest": Digest::sha256(bytes), "size": bytes.len() } });
    let more = match source {
        Source::Workload { name, path, .. } => {
            json!({ "workload": name.as_str(), "file": path.display().to_string() })
        }
        Source::File { path, .. } => json!({ "file": path.display().to_string() }),
        Source::Artifact { reference, pulled } => {
            let Descriptor { media_type, digest, size, .. } = &pulled.manifest.descriptor;
            json!({
                "reference": reference.to_string(),
                "descriptor": { "mediaType": media_type, "digest": digest, "size": size },
                "annotations": annotations(pulled),
                "inline": is_inline(pulled),
                "manifest": serde_json::from_slice::<Value>(&pulled.manifest.content).ok(),
            })
        }
    };
    about["runs"] = as_lists(&review.runs);
    about["touches"] = as_lists(&review.touches);
    about["others"] = json!(review.others);
    if let (Some(about), Value::Object(more)) = (about.as_object_mut(), more) {
        about.extend(more);
    }
    let about = about.to_string();
    let open = about.strip_suffix('}').unwrap_or(&about);
    format!("{open},\"configuration\":{}}}", document.text().trim())
}

/// Each label with the list of its values.
fn as_lists(lines: &[(&'static str, String)]) -> Value {
    let mut object = Map::new();
    for (label, value) in lines {
        if let Value::Array(values) = object.entry(*label).or_insert_with(|| json!([])) {
            values.push(value.as_str().into());
        }
    }
    Value::Object(object)
}
