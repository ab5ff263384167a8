//! `thv inspect`: shows a run configuration to a person who decides whether to run it.

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};

use super::failure::Failure;
use super::layout::{cut, labelled};
use super::options::Context;
use super::output::Tint;
use super::source::Source;
use crate::directories::home;
use crate::oci::{Annotations, Descriptor, Digest, Reference};
use crate::printable::printable;
use crate::runconfig::{Review, View};

/// The largest number of characters of an annotation that are shown. The configuration is never cut:
/// the missing part could matter.
const ANNOTATION_LIMIT: usize = 2000;
/// The annotations about the creation of an artifact, and their labels.
const CREATION: [(&str, &str); 2] =
    [("org.opencontainers.image.created", "when"), ("org.opencontainers.image.created.by", "with")];
/// The beginning of the names of the annotations that the image specification defines.
const STANDARD_PREFIX: &str = "org.opencontainers.image.";

#[derive(Args)]
pub(super) struct Inspect {
    /// A reference, a file such as ./config.json, or a workload
    source: String,
    /// Also show what looks like a secret in a workload or a file
    #[arg(long)]
    values: bool,
}

impl Inspect {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let output = context.output;
        let source = Source::find(context, &self.source).await?;
        let is_own = !matches!(source, Source::Artifact { .. });
        let view = View {
            working_dir: std::env::current_dir().ok(),
            home: home(|name| std::env::var_os(name)),
            hides_secrets: is_own && !self.values,
            ..View::default()
        };
        let review = view.review(source.document());
        if output.json {
            return output.line(&as_json(&source, &review)?);
        }
        let heading = |text: &str| output.tinted_line(Tint::Heading, text);
        let lines = |label: &str, value: &str| {
            labelled(&printable(label), &printable(value))
                .iter()
                .try_for_each(|text| output.line(text))
        };
        heading(&source.title())?;
        heading("What runs")?;
        review.program.iter().try_for_each(|(label, value)| lines(label, value))?;
        heading("What it may touch")?;
        review.permissions.iter().try_for_each(|(label, value)| lines(label, value))?;
        if !review.other_fields.is_empty() {
            heading("What else it sets")?;
            review
                .other_fields
                .iter()
                .try_for_each(|(path, value)| output.line(&format!("  {path}: {value}")))?;
        }
        if let Source::Artifact { pulled, .. } = &source {
            heading("Who made it (not verified)")?;
            statements(pulled.annotations())
                .iter()
                .try_for_each(|(label, value)| lines(label, &cut(value, ANNOTATION_LIMIT)))?;
        }
        heading("Where it came from")?;
        origin(context, &source).iter().try_for_each(|text| output.line(text))?;
        // The last lines are those that a reader sees, whatever the configuration holds.
        if !review.warnings.is_empty() {
            heading("Warnings")?;
        }
        review
            .warnings
            .iter()
            .try_for_each(|warning| output.tinted_line(Tint::Removed, &format!("  {warning}")))
    }
}

/// Returns when and with what program the artifact was made, then its other annotations.
fn statements(annotations: &Annotations) -> Vec<(&str, &str)> {
    let creation = CREATION
        .map(|(name, label)| (label, annotations.get(name).map_or("not stated", String::as_str)));
    let others = annotations
        .iter()
        .filter(|(name, _)| !CREATION.iter().any(|(known, _)| known == name))
        .map(|(name, value)| (name.strip_prefix(STANDARD_PREFIX).unwrap_or(name), value.as_str()));
    creation.into_iter().chain(others).collect()
}

/// Returns the lines about the origin. A digest has its own line: with a label it would not fit.
fn origin(context: &Context, source: &Source) -> Vec<String> {
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
            let mut lines = labelled("from", &connection(context, reference));
            lines.extend(labelled("by", &name_in_registry(reference)));
            let Descriptor { digest, size, .. } = &pulled.manifest.descriptor;
            lines.extend([format!("  manifest of {size} bytes"), format!("    {digest}")]);
            let [title, digest] = configuration;
            let inline = if pulled.is_inline() { "inside the manifest" } else { "in its own blob" };
            lines.extend([format!("{title}, {inline}"), digest]);
            lines
        }
    }
}

fn connection(context: &Context, reference: &Reference) -> String {
    let registry = reference.registry();
    let how = if context.client.uses_plain_http(registry) { "plain http" } else { "https" };
    format!("{registry}, over {how}")
}

fn name_in_registry(reference: &Reference) -> String {
    match (reference.digest(), reference.tag()) {
        (Some(_), _) => "digest, which names these bytes and no others".to_owned(),
        (None, Some(tag)) => format!("tag {tag}, which can be moved"),
        (None, None) => "no tag".to_owned(),
    }
}

/// Returns one JSON object. The configuration in it keeps its bytes: parsing and printing it again
/// would change large numbers.
fn as_json(source: &Source, review: &Review) -> Result<String, Failure> {
    let document = source.document();
    let bytes = document.bytes();
    let about = match source {
        Source::Workload { name, path, .. } => {
            json!({ "workload": name.as_str(), "file": path.display().to_string() })
        }
        Source::File { path, .. } => json!({ "file": path.display().to_string() }),
        Source::Artifact { reference, pulled } => {
            let Descriptor { media_type, digest, size, .. } = &pulled.manifest.descriptor;
            json!({
                "reference": reference.to_string(),
                "descriptor": { "mediaType": media_type, "digest": digest, "size": size },
                "annotations": pulled.annotations(),
                "inline": pulled.is_inline(),
                "manifest": serde_json::from_slice::<Value>(&pulled.manifest.content).ok(),
            })
        }
    };
    let others = review.other_fields.iter();
    let shown = Shown {
        about,
        layer: json!({ "digest": Digest::sha256(bytes), "size": bytes.len() }),
        others: others.map(|(path, value)| (path.as_str(), value.as_str())).collect(),
        runs: as_lists(&review.program),
        touches: as_lists(&review.permissions),
        warnings: &review.warnings,
    };
    let mut text = serde_json::to_string(&shown)
        .map_err(|error| Failure::Io { what: "writing JSON".to_owned(), error: error.into() })?;
    text.truncate(text.len() - 1);
    text.extend([",\"configuration\":", document.text().trim(), "}"]);
    Ok(text)
}

/// What `--json` prints beside the configuration. The review is not copied: its quotes may make it
/// several times as long as the configuration.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    about: Value,
    layer: Value,
    others: BTreeMap<&'a str, &'a str>,
    runs: BTreeMap<&'static str, Vec<&'a str>>,
    touches: BTreeMap<&'static str, Vec<&'a str>>,
    warnings: &'a [String],
}

fn as_lists<'a>(lines: &'a [(&'static str, String)]) -> BTreeMap<&'static str, Vec<&'a str>> {
    let mut lists: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (label, value) in lines {
        lists.entry(*label).or_default().push(value.as_str());
    }
    lists
}
