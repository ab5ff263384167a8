//! Shows values without what looks like a secret.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use url::Url;

use super::exposure::{Exposure, ExposureKind};
use super::scan::exposures_in;
use crate::printable::{printable, quoted};

/// Returns `arguments` as words of a shell's command line: quotes show where each begins and ends.
pub(crate) fn shown_arguments(arguments: &[String]) -> String {
    let found = exposures_in("cmd_args", &Value::from(arguments.to_vec()));
    let kinds = secrets_by_path(&found);
    let shown = |(index, text): (usize, &String)| match kinds.get(&*format!("cmd_args.{index}")) {
        Some(kind) => hidden(*kind, text),
        None => quoted(text),
    };
    arguments.iter().enumerate().map(shown).collect::<Vec<_>>().join(" ")
}

pub(crate) fn shown_text(field: &str, text: &str) -> String {
    let found = exposures_in(field, &Value::from(text));
    secret(&found, field).map_or_else(|| text.to_owned(), |kind| hidden(kind, text))
}

/// Returns each variable as `name=value`, a word of a shell's command line.
pub(crate) fn shown_variables(variables: &BTreeMap<String, String>) -> Vec<String> {
    let members = variables.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
    let found = exposures_in("env_vars", &Value::Object(members.collect()));
    let kinds = secrets_by_path(&found);
    let shown = |(name, value): (&String, &String)| match kinds.get(&*format!("env_vars.{name}")) {
        Some(kind) => format!("{}={}", quoted(name), hidden(*kind, value)),
        None => quoted(&format!("{name}={value}")),
    };
    variables.iter().map(shown).collect()
}

/// Returns the value of a field without line breaks: a text as it is, anything else as JSON.
pub(crate) fn shown_value(field: &str, value: &Value) -> String {
    let found = exposures_in(field, value);
    let kind = found.iter().map(|found| found.kind).find(|kind| kind.is_secret());
    match (value, kind) {
        (Value::String(text), Some(kind)) => hidden(kind, text),
        (_, Some(kind)) => format!("<hidden: a value in it {kind}>"),
        (_, None) => whole_value(value),
    }
}

/// Returns the value of a field, with everything in it.
pub(crate) fn whole_value(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), quoted)
}

fn secret(found: &[Exposure], path: &str) -> Option<ExposureKind> {
    let mut kinds = found.iter().filter(|found| found.path == path).map(|found| found.kind);
    kinds.find(|kind| kind.is_secret())
}

/// Returns the kind of each secret by its path. There may be tens of thousands.
fn secrets_by_path(found: &[Exposure]) -> HashMap<&str, ExposureKind> {
    // Of several about one value, the first one counts.
    let secrets = found.iter().rev().filter(|found| found.kind.is_secret());
    secrets.map(|found| (found.path.as_str(), found.kind)).collect()
}

/// Returns a replacement for a secret. It hides as little as possible, because the hidden text takes
/// effect: it shows the host of a URL, the name of a flag, and the length.
fn hidden(kind: ExposureKind, text: &str) -> String {
    let before = match kind {
        ExposureKind::Url => Url::parse(text).ok().and_then(|url| {
            let host = url.host_str()?;
            Some(format!("{}://{} ", url.scheme(), printable(host)))
        }),
        ExposureKind::Named => {
            named(text).and_then(|(_, value)| Some(printable(text.strip_suffix(value)?)))
        }
        _ => None,
    };
    let count = text.chars().count();
    format!("{}<hidden: it {kind}, {count} characters in all>", before.unwrap_or_default())
}

/// Splits `--name=value`, `NAME=value` and `Name: value` where the value alone is the secret.
fn named(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once(['=', ':'])?;
    let legal = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let is_name = !name.is_empty() && name.chars().all(legal);
    let value = value.trim_start();
    let found = || exposures_in(name, &Value::from(value));
    (is_name && secret(&found(), name).is_some()).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_flag_name_stay_visible() {
        let arguments = ["--token=FAKE-9f8a7c6e5d4b3a21", "--password", "FAKE pw", "a b"];
        assert_eq!(
            shown_arguments(&arguments.map(str::to_owned)),
            "--token=<hidden: it looks like a secret by its name, 29 characters in all> --password \
             <hidden: it looks like a secret by its name, 7 characters in all> 'a b'"
        );
        assert_eq!(
            shown_text("remote_url", "https://me:FAKE-pw@x.example/mcp"),
            "https://x.example <hidden: it is a URL with a credential in it, 32 characters in all>"
        );
        assert_eq!(shown_text("remote_url", "https://x.example/mcp"), "https://x.example/mcp");
    }
}
