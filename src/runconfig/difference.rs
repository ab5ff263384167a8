//! The differences between two run configurations, field by field.
//!
//! The values that `ToolHive` reads are compared: key order, white space and the case of known keys
//! make no difference. A field that is not set (`false`, 0, an empty text or list) equals one that is
//! missing.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::document::Document;
use super::fields::{FieldCategory, Kind, config_field};
use super::json::is_set;
use super::secrets::exposures;

/// One field that differs.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// The path to the field, such as `permission_profile.network.mode`.
    pub field: String,
    /// What it is about.
    pub category: FieldCategory,
    /// The values that only the first configuration has. Of a list, the items that the second one does
    /// not have; the whole list if only the order differs.
    pub removed: Vec<Value>,
    /// The values that only the second configuration has.
    pub added: Vec<Value>,
    /// Whether a value may be a secret: of an environment variable, or one that
    /// looks like a secret in either configuration.
    pub is_private: bool,
}

/// Returns the differences: permissions first, then what runs, then the rest, each sorted by field.
#[must_use]
pub fn differences(first: &Document, second: &Document) -> Vec<Difference> {
    let private = |document| {
        let found = exposures(document, None).into_iter();
        found.filter(|found| found.kind.is_secret()).map(|found| found.path)
    };
    let mut comparison =
        Comparison { private: private(first).chain(private(second)).collect(), found: Vec::new() };
    comparison.objects("", first.fields(), second.fields());
    comparison.found.sort_by(|a, b| (a.category, &a.field).cmp(&(b.category, &b.field)));
    comparison.found
}

struct Comparison {
    private: BTreeSet<String>,
    found: Vec<Difference>,
}

impl Comparison {
    fn objects(&mut self, path: &str, first: &Map<String, Value>, second: &Map<String, Value>) {
        let names: BTreeSet<_> = first.keys().chain(second.keys()).collect();
        for name in names {
            let is_present = |value: &&Value| is_present(path, name, value);
            let field = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let [first, second] = [first, second].map(|object| object.get(name).filter(is_present));
            self.values(field, first, second);
        }
    }

    fn values(&mut self, field: String, first: Option<&Value>, second: Option<&Value>) {
        let none = Map::new();
        let members = [first, second].map(|value| value.map_or(Some(&none), Value::as_object));
        if let [Some(a), Some(b)] = members
            && !(a.is_empty() && b.is_empty())
        {
            self.objects(&field, a, b);
        } else if let (Some(Value::Array(a)), Some(Value::Array(b))) = (first, second)
            && a != b
        {
            let (removed, added) = (without(a, b), without(b, a));
            if removed.is_empty() && added.is_empty() {
                self.add(field, vec![a.clone().into()], vec![b.clone().into()]);
            } else {
                self.add(field, removed, added);
            }
        } else if first != second {
            self.add(field, items(first), items(second));
        }
    }

    fn add(&mut self, field: String, removed: Vec<Value>, added: Vec<Value>) {
        let within = |path: &String| {
            path.strip_prefix(&field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let is_private = field.starts_with("env_vars.") || self.private.iter().any(within);
        self.found.push(Difference {
            category: FieldCategory::of(&field),
            field,
            removed,
            added,
            is_private,
        });
    }
}

fn items(value: Option<&Value>) -> Vec<Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(items)) => items.clone(),
        Some(value) => vec![value.clone()],
    }
}

/// Returns the items of `list` that are not in `other`. Duplicates count separately.
fn without(list: &[Value], other: &[Value]) -> Vec<Value> {
    let mut other = other.to_vec();
    let mut left = Vec::new();
    for item in list {
        match other.iter().position(|found| found == item) {
            Some(index) => {
                other.swap_remove(index);
            }
            None => left.push(item.clone()),
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
        let found = differences(&document(&first), &document(&second));
        let list = |values: &[Value]| Value::from(values.to_vec()).to_string();
        let line =
            |d: &Difference| format!("{} -{} +{}", d.field, list(&d.removed), list(&d.added));
        found.iter().map(line).collect()
    }

    #[test]
    fn permissions_come_before_the_program_and_the_rest() {
        let found = differences(
            &document(&json!({ "group": "a", "transport": "sse", "volumes": [] })),
            &document(&json!({ "group": "b", "transport": "stdio", "volumes": ["/a:/a"] })),
        );
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
    fn values_that_may_be_secret_are_private() {
        let found = differences(
            &document(&json!({
                "env_vars": { "LEVEL": "a" }, "group": "a",
                "cmd_args": ["--token", "FAKE-9f8a7c6e5d4b3a21"],
            })),
            &document(&json!({ "env_vars": { "LEVEL": "b" }, "group": "b", "new.field": [1] })),
        );
        let private: Vec<_> =
            found.iter().filter(|found| found.is_private).map(|found| &*found.field).collect();
        assert_eq!(private, ["cmd_args", "env_vars.LEVEL"]);
        assert_eq!(found.len(), 4);
    }
}
