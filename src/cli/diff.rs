//! `thv diff`: shows the differences between two run configurations.

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::failure::Failure;
use super::layout::cut;
use super::options::Context;
use super::output::Tint;
use super::source::Source;
use crate::runconfig::{Difference, FieldCategory, differences};

const VALUE_LIMIT: usize = 2000;

#[derive(Args)]
pub(super) struct Diff {
    /// A workload, a file such as ./config.json, or a reference
    first: String,
    /// The configuration to compare with the first, named in the same way
    second: String,
    /// Also show what may be a secret in a workload or a file
    #[arg(long)]
    values: bool,
}

/// What `--json` prints. The values are not copied: there may be as many as two configurations hold.
#[derive(Serialize)]
struct Comparison<'a> {
    differences: Vec<Shown<'a>>,
    first: String,
    same_bytes: bool,
    second: String,
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    added: Option<&'a [&'a Value]>,
    concern: FieldCategory,
    field: &'a str,
    hidden: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<&'a [&'a Value]>,
}

impl Diff {
    pub(super) async fn run(mut self, context: &Context) -> Result<(), Failure> {
        if self.first == "-" && self.second == "-" {
            return Err(Failure::usage(
                "standard input holds one configuration; name a file for the other",
            ));
        }
        let first = Source::find(context, &self.first).await?;
        let second = Source::find(context, &self.second).await?;
        // What comes from registries holds no secret of the user's own.
        let is_foreign = |source: &Source| matches!(source, Source::Artifact { .. });
        self.values |= is_foreign(&first) && is_foreign(&second);
        let found = differences(first.document(), second.document());
        let same_bytes = first.document().bytes() == second.document().bytes();
        if context.output.json {
            let result = Comparison {
                differences: found.iter().map(|found| self.as_json(found)).collect(),
                first: first.title(),
                same_bytes,
                second: second.title(),
            };
            let text = serde_json::to_string(&result).map_err(|error| Failure::Io {
                what: "writing JSON".to_owned(),
                error: error.into(),
            })?;
            context.output.line(&text)?;
        } else {
            self.show(context, [&first, &second], &found, same_bytes)?;
        }
        if found.is_empty() { Ok(()) } else { Err(Failure::Different(found.len())) }
    }

    fn hides(&self, found: &Difference<'_>) -> bool {
        found.is_private && !self.values
    }

    fn as_json<'a>(&self, found: &'a Difference<'_>) -> Shown<'a> {
        let hidden = self.hides(found);
        Shown {
            added: (!hidden).then_some(&*found.added),
            concern: found.category,
            field: &found.field,
            hidden,
            removed: (!hidden).then_some(&*found.removed),
        }
    }

    fn show(
        &self,
        context: &Context,
        [first, second]: [&Source; 2],
        found: &[Difference<'_>],
        same_bytes: bool,
    ) -> Result<(), Failure> {
        let output = context.output;
        if found.is_empty() {
            let how =
                if same_bytes { "byte for byte" } else { "field by field, but the bytes differ" };
            return output.line(&format!("The same {how}"));
        }
        output.tinted_line(Tint::Removed, &format!("- {}", first.title()))?;
        output.tinted_line(Tint::Added, &format!("+ {}", second.title()))?;
        let mut category = None;
        for found in found {
            if category != Some(found.category) {
                output.tinted_line(Tint::Heading, heading(found.category))?;
                category = Some(found.category);
            }
            output.line(&format!("  {}", found.field))?;
            if self.hides(found) {
                let change = match (found.removed.is_empty(), found.added.is_empty()) {
                    (false, true) => "removed",
                    (true, false) => "added",
                    _ => "changed",
                };
                output
                    .line(&format!("    {change}; the value may be secret, --values shows it"))?;
                continue;
            }
            for (tint, mark, values) in
                [(Tint::Removed, '-', &found.removed), (Tint::Added, '+', &found.added)]
            {
                for value in values {
                    output.tinted_line(tint, &format!("    {mark} {}", shown(value)))?;
                }
            }
        }
        Ok(())
    }
}

const fn heading(category: FieldCategory) -> &'static str {
    match category {
        FieldCategory::Permissions => "What it may touch",
        FieldCategory::Program => "What runs",
        FieldCategory::Other => "Other fields",
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => cut(text, VALUE_LIMIT),
        other => cut(&other.to_string(), VALUE_LIMIT),
    }
}
