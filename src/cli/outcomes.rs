//! The results of `export --all` and `import --all`: one for each workload.

use serde_json::{Map, Value, json};

use super::arguments::repository_of;
use super::failure::Failure;
use super::hint::hint;
use super::options::Context;
use super::output::Report;
use crate::oci::Reference;
use crate::printable::chain;

pub(super) struct Outcome {
    /// The name of the workload, of its file, or of its tag.
    name: String,
    status: &'static str,
    fields: Map<String, Value>,
    failure: Option<Failure>,
}

impl Outcome {
    pub(super) fn new(name: &str, status: &'static str) -> Self {
        Self { name: name.to_owned(), status, fields: Map::new(), failure: None }
    }

    pub(super) fn failed(name: &str, error: impl Into<Failure>) -> Self {
        Self { failure: Some(error.into()), ..Self::new(name, "failed") }
    }

    pub(super) fn field(self, name: &'static str, value: &impl ToString) -> Self {
        self.value(name, json!(value.to_string()))
    }

    pub(super) fn value(mut self, name: &'static str, value: Value) -> Self {
        self.fields.insert(name.to_owned(), value);
        self
    }

    fn to_json(&self) -> Value {
        let mut object = self.fields.clone();
        object.insert("name".to_owned(), json!(self.name));
        object.insert("status".to_owned(), json!(self.status));
        if let Some(error) = &self.failure {
            object.insert("error".to_owned(), json!(chain(error)));
            object.insert("exit_code".to_owned(), json!(error.code()));
        }
        Value::Object(object)
    }
}

/// Prints how many of `outcomes` have each of `statuses` or failed, and the failures. Fails with
/// [`Failure::Several`] if one failed.
pub(super) fn print(
    context: &Context,
    done: &str,
    repository: &Reference,
    mut outcomes: Vec<Outcome>,
    statuses: &[&'static str],
    dry_run: bool,
) -> Result<(), Failure> {
    outcomes.sort_by(|a, b| a.name.cmp(&b.name));
    let repository = repository_of(repository);
    let mut report = Report::new(format!("{done} {repository}"));
    for status in statuses.iter().chain(&["failed"]) {
        let count = outcomes.iter().filter(|outcome| outcome.status == *status).count();
        report = report.field(status, count);
    }
    if context.output.json {
        let list: Vec<_> = outcomes.iter().map(Outcome::to_json).collect();
        report = report.field("repository", repository).field("workloads", list);
        if dry_run {
            report = report.field("dry_run", true);
        }
    }
    context.output.report(report)?;
    let of = outcomes.len();
    let failed: Vec<_> =
        outcomes.into_iter().filter_map(|outcome| Some((outcome.name, outcome.failure?))).collect();
    for (name, error) in &failed {
        context.output.message(&format!("{name}: {}", chain(error)));
    }
    match failed.first() {
        None => Ok(()),
        Some((_, first)) => {
            let (code, hint) = (first.code(), hint(first));
            Err(Failure::Several { failed: failed.len(), of, code, hint })
        }
    }
}
