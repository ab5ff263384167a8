//! The differences between two run configurations, field by field.
//!
//! The values that `ToolHive` reads are compared: key order, white space and the case of known keys
//! make no difference. A field that is not set (`false`, 0, an empty text or list) equals one that is
//! missing.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::document::Document;
use super::fields::{FieldCategory, Kind, config_field};
use super::json::is_set;
use super::secrets::exposures;

/// One field that differs.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Difference<'a> {
    /// The path to the field, such as `permission_profile.network.mode`.
    pub field: String,
    /// What it is about.
    pub category: FieldCategory,
    /// The values that only the first configuration has. Of a list, the items that the second one does
    /// not have; the whole list if only the order differs.
    pub removed: Vec<&'a Value>,
    /// The values that only the second configuration has.
    pub added: Vec<&'a Value>,
    /// Whether a value may be a secret: of an environment variable, or one that
    /// looks like a secret in either configuration.
    pub is_private: bool,
}

/// Returns the differences: permissions first, then what runs, then the rest, each sorted by field.
#[must_use]
pub fn differences<'a>(first: &'a Document, second: &'a Document) -> Vec<Difference<'a>> {
    let private = |document| {
        let found = exposures(document, None).into_iter();
        found.filter(|found| found.kind.is_secret()).map(|found| found.path)
    };
    let mut comparison =
        Comparison { private: private(first).chain(private(second)).collect(), found: Vec::new() };
    comparison.objects("", [first, second].map(|document| Some(document.fields())));
    comparison.found.sort_by(|a, b| (a.category, &a.field).cmp(&(b.category, &b.field)));
    comparison.found
}

struct Comparison<'a> {
    private: BTreeSet<String>,
    found: Vec<Difference<'a>>,
}

impl<'a> Comparison<'a> {
    fn objects(&mut self, path: &str, objects: [Option<&'a Map<String, Value>>; 2]) {
        let names: BTreeSet<_> =
            objects.iter().flatten().flat_map(|object| object.keys()).collect();
        for name in names {
            let is_present = |value: &&Value| is_present(path, name, value);
            let field = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let [first, second] = objects.map(|object| object?.get(name).filter(is_present));
            self.values(field, first, second);
        }
    }

    fn values(&mut self, field: String, first: Option<&'a Value>, second: Option<&'a Value>) {
        let members = |value: Option<&'a Value>| match value {
            None => Some(None),
            Some(value) => value.as_object().map(Some),
        };
        let is_empty = |members: Option<&Map<_, _>>| members.is_none_or(Map::is_empty);
        if let [Some(a), Some(b)] = [first, second].map(members)
            && !(is_empty(a) && is_empty(b))
        {
            self.objects(&field, [a, b]);
        } else if let (Some(list @ Value::Array(a)), Some(other @ Value::Array(b))) =
            (first, second)
            && a != b
        {
            let (removed, added) = (without(a, b), without(b, a));
            if removed.is_empty() && added.is_empty() {
                self.add(field, vec![list], vec![other]);
            } else {
                self.add(field, removed, added);
            }
        } else if first != second {
            self.add(field, items(first), items(second));
        }
    }

    fn add(&mut self, field: String, removed: Vec<&'a Value>, added: Vec<&'a Value>) {
        let is_private = field.starts_with("env_vars.") || self.has_private(&field);
        self.found.push(Difference {
            category: FieldCategory::of(&field),
            field,
            removed,
            added,
            is_private,
        });
    }

    /// Returns true if the field, or a value in it, is private.
    fn has_private(&self, field: &str) -> bool {
        let start = format!("{field}.");
        // The paths of the values in the field are next to each other in the set.
        let mut following = self.private.range(start.clone()..);
        self.private.contains(field)
            || following.next().is_some_and(|path| path.starts_with(&start))
    }
}

fn items(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(items)) => items.iter().collect(),
        Some(value) => vec![value],
    }
}

/// Returns the items of `list` that are not in `other`. Duplicates count separately.
fn without<'a>(list: &'a [Value], other: &[Value]) -> Vec<&'a Value> {
    let mut counts: HashMap<&Value, usize> = HashMap::new();
    for item in other {
        *counts.entry(item).or_default() += 1;
    }
    let mut left = Vec::new();
    for item in list {
        match counts.get_mut(item) {
            Some(count) if *count > 0 => *count -= 1,
            _ => left.push(item),
        }
    }
    left
}

/// Returns true if the value differs from a missing one. An empty object does, such as an empty
/// permission profile, unless the field is a map of strings.
fn is_present(path: &str, name: &str, value: &Value) -> bool {
    let is_map = || {
        path.is_empty()
            && config_field(name)
                .is_some_and(|field| matches!(field.kind, Kind::Map(Kind::String(_))))
    };
    match value {
        Value::Object(members) => !members.is_empty() || !is_map(),
        other => is_set(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(fields: &Value) -> Document {
        let mut config = json!({ "image": "x:1", "name": "n" });
        config.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        Document::parse(config.to_string().into_bytes()).unwrap()
    }

    /// `field - removed + added` of each difference.
    #[expect(clippy::needless_pass_by_value, reason = "literals read better")]
    fn compared(first: Value, second: Value) -> Vec<String> {
        let (first, second) = (document(&first), document(&second));
        let found = differences(&first, &second);
        let list = |values: &[&Value]| json!(values).to_string();
        let line =
            |d: &Difference| format!("{} -{} +{}", d.field, list(&d.removed), list(&d.added));
        found.iter().map(line).collect()
    }

    #[test]
    fn permissions_come_before_the_program_and_the_rest() {
        let first = document(&json!({ "group": "a", "transport": "sse", "volumes": [] }));
        let second = document(&json!({ "group": "b", "transport": "stdio", "volumes": ["/a:/a"] }));
        let found = differences(&first, &second);
        let categories: Vec<_> = found.iter().map(|found| found.category).collect();
        assert_eq!(
            categories,
            [FieldCategory::Permissions, FieldCategory::Program, FieldCategory::Other]
        );
    }

    #[test]
    fn differences_within_a_profile_have_their_paths() {
        assert_eq!(
            compared(
                json!({ "permission_profile": { "read": ["/a", "/b"], "privileged": false } }),
                json!({ "permission_profile": {
                    "read": ["/b"], "privileged": true, "network": { "outbound": {} },
                } }),
            ),
            [
                "permission_profile.network.outbound -[] +[{}]",
                "permission_profile.privileged -[] +[true]",
                "permission_profile.read -[\"/a\"] +[]",
            ]
        );
        assert_eq!(
            compared(json!({}), json!({ "permission_profile": {} })),
            ["permission_profile -[] +[{}]"],
            "an empty profile is one"
        );
        assert_eq!(
            compared(json!({ "permission_profile": { "network": {} } }), json!({})),
            ["permission_profile.network -[{}] +[]"]
        );
    }

    #[test]
    fn list_in_another_order_differs_as_a_whole() {
        assert_eq!(
            compared(json!({ "cmd_args": ["-a", "1"] }), json!({ "cmd_args": ["1", "-a"] })),
            ["cmd_args -[[\"-a\",\"1\"]] +[[\"1\",\"-a\"]]"]
        );
        assert_eq!(
            compared(json!({ "cmd_args": ["a", "a"] }), json!({ "cmd_args": ["a"] })),
            ["cmd_args -[\"a\"] +[]"]
        );
    }

    #[test]
    fn spelling_and_unset_fields_make_no_difference() {
        let same = [
            (json!({ "Port": 80 }), json!({ "port": 80 })),
            (json!({ "debug": false, "port": 0, "volumes": [], "group": "" }), json!({})),
            (json!({ "env_vars": {}, "permission_profile": null }), json!({})),
        ];
        for (first, second) in same {
            assert_eq!(compared(first, second), [""; 0]);
        }
    }

    #[test]
    fn duplicates_count_separately() {
        assert_eq!(
            compared(json!({ "x": [1, 2, 1, 1, {}] }), json!({ "x": [{}, 1, 3, 1, {}] })),
            ["x -[2,1] +[3,{}]"]
        );
    }

    #[test]
    fn values_that_may_be_secret_are_private() {
        let first = document(&json!({
            "env_vars": { "LEVEL": "a" }, "group": "a",
            "cmd_args": ["--token", "FAKE-9f8a7c6e5d4b3a21"],
            "new": { "password": "FAKE-pw", "password2": 1, "pass": 1 },
        }));
        let second = document(&json!({
            "env_vars": { "LEVEL": "b" }, "group": "b", "new.field": [1],
            "new": { "password": [] },
        }));
        let found = differences(&first, &second);
        let private: Vec<_> =
            found.iter().filter(|found| found.is_private).map(|found| &*found.field).collect();
        assert_eq!(private, ["cmd_args", "env_vars.LEVEL", "new.password"]);
        assert_eq!(found.len(), 7);
    }
}
