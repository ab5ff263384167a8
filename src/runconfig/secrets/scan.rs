//! Finds what should not be shared with a run configuration: credentials, and paths of home
//! directories.
//!
//! A finding has the path of a field and never its value. The rules miss secrets that look like
//! ordinary text.

use serde_json::{Map, Value};

use super::arguments::secret_arguments;
use super::exposure::{Exposure, ExposureKind};
use super::text::{Place, PlaceKind, judge};
use super::values::is_placeholder;
use crate::runconfig::config::split_read_only;
use crate::runconfig::document::Document;
use crate::runconfig::fields::{Kind, ROOT, Text};

/// The fields whose texts are read in the container: a path there is none of this machine's.
const IN_THE_CONTAINER: [&str; 6] = [
    "env_vars",
    "cmd_args",
    "k8s_pod_template_patch",
    "container_labels",
    "runtime_config",
    "tools_override",
];

/// Finds everything in `document` that should not be shared; `home` is the user's home directory.
pub(crate) fn exposures(document: &Document, home: Option<&str>) -> Vec<Exposure> {
    let mut search = Search::new(home);
    for (name, value) in document.fields() {
        search.field(name, value);
    }
    search.found
}

pub(super) fn exposures_in(field: &str, value: &Value) -> Vec<Exposure> {
    let mut search = Search::new(None);
    search.field(field, value);
    search.found
}

/// Returns the first finding in a value that stood in a text as JSON.
fn find_first(place: Place<'_>, value: &Value) -> Option<ExposureKind> {
    let mut search = Search { is_inner: true, ..Search::new(None) };
    search.value(place, value, Kind::Any);
    search.found.first().map(|found| found.kind)
}

struct Search<'a> {
    home: Option<&'a str>,
    /// The names and numbers that lead to the value at hand.
    path: Vec<String>,
    found: Vec<Exposure>,
    /// Whether the path at hand is one in the container.
    is_inside: bool,
    /// Whether a text within a text is searched: the first finding is enough, and paths do not count.
    is_inner: bool,
}

impl<'a> Search<'a> {
    const fn new(home: Option<&'a str>) -> Self {
        Self { home, path: Vec::new(), found: Vec::new(), is_inside: false, is_inner: false }
    }

    fn field(&mut self, name: &str, value: &Value) {
        self.is_inside = IN_THE_CONTAINER.contains(&name);
        self.path.push(name.to_owned());
        let place = Place { name, owner: "", kind: PlaceKind::Value, depth: 0 };
        self.value(place, value, ROOT.member(name));
        self.path.pop();
    }

    fn value(&mut self, place: Place<'_>, value: &Value, kind: Kind) {
        if self.is_inner && !self.found.is_empty() {
            return;
        }
        match value {
            Value::Object(members) => self.object(place, members, kind),
            Value::Array(items) => self.array(place, items, kind),
            Value::String(text) => {
                let place = match kind {
                    Kind::String(Text::SecretReference) => {
                        Place { kind: PlaceKind::Reference, ..place }
                    }
                    _ => place,
                };
                self.text(place, text, kind);
            }
            _ => {}
        }
    }

    fn object(&mut self, place: Place<'_>, members: &Map<String, Value>, kind: Kind) {
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        // `{"name": "API_KEY", "value": …}` names its value, and so does a Secret of Kubernetes.
        let label = ["name", "Name", "key", "Key"].iter().find_map(|name| text(name));
        let label = label.filter(|_| !members.contains_key("image"));
        let is_marked = ["secret", "isSecret", "sensitive"]
            .iter()
            .any(|name| members.get(*name) == Some(&Value::Bool(true)));
        let is_secret_object = text("kind") == Some("Secret");
        for (name, value) in members {
            let is_valued = ["value", "default", "Value", "plaintext"].contains(&name.as_str());
            let owner = match (is_valued, label) {
                (true, Some(label)) => label,
                _ if is_secret_object && (name == "data" || name == "stringData") => "",
                _ => place.name,
            };
            let inside = Place { name, owner, kind: place_of(place, name), depth: place.depth };
            self.path.push(name.clone());
            let before = self.found.len();
            self.value(inside, value, kind.member(name));
            let holds = value.as_str().is_some_and(|text| !is_placeholder(text));
            if is_valued && is_marked && holds && before == self.found.len() {
                self.add(ExposureKind::Named);
            }
            if is_secret_object && (name == "data" || name == "stringData") {
                self.kubernetes(value);
            }
            self.path.pop();
        }
        let is_private_jwk = text("kty").is_some() && (text("d").is_some() || text("k").is_some());
        if is_private_jwk {
            self.add(ExposureKind::PrivateKey);
        }
    }

    /// Every value of a Secret is one.
    fn kubernetes(&mut self, value: &Value) {
        for (name, value) in value.as_object().into_iter().flatten() {
            if value.as_str().is_some_and(|text| !is_placeholder(text)) {
                self.path.push(name.clone());
                self.add(ExposureKind::Named);
                self.path.pop();
            }
        }
    }

    fn array(&mut self, place: Place<'_>, items: &[Value], kind: Kind) {
        let texts: Vec<&str> = items.iter().map(|item| item.as_str().unwrap_or_default()).collect();
        let secret = secret_arguments(&texts);
        let mut flag = "";
        for (index, item) in items.iter().enumerate() {
            self.path.push(index.to_string());
            let before = self.found.len();
            let name = if flag.is_empty() { place.name } else { flag };
            self.value(Place { name, ..place }, item, kind.element());
            if before == self.found.len() && secret.binary_search(&index).is_ok() {
                self.add(ExposureKind::Named);
            }
            self.path.pop();
            // The value of a header's flag is a header.
            flag = match texts[index] {
                text @ ("-H" | "--header" | "-b" | "--cookie") => text,
                _ => "",
            };
        }
    }

    fn text(&mut self, place: Place<'_>, text: &str, kind: Kind) {
        let own = match kind {
            Kind::String(Text::Mount) => mount_source(text),
            _ => text,
        };
        // A credential in ToolHive's own field may be a reference to a secret.
        let is_reference = text.contains(",target=") && !text.contains(char::is_whitespace);
        let place =
            if is_reference { Place { kind: PlaceKind::Reference, ..place } } else { place };
        if let Some(kind) = judge(place, text, find_first) {
            self.add(kind);
        } else if !self.is_inner && self.is_in_a_home(own) {
            self.add(ExposureKind::HomePath);
        }
    }

    fn add(&mut self, kind: ExposureKind) {
        let path = self.path.join(".");
        if self.found.last().is_none_or(|last| last.path != path) {
            self.found.push(Exposure { path, kind });
        }
    }

    fn is_in_a_home(&self, text: &str) -> bool {
        let is_at = |part: &str, start: &str| {
            part.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let own = |part: &str| {
            // `/root` is also a directory of most containers.
            let is_own = |home: &&str| home.len() > 1 && !(self.is_inside && *home == "/root");
            self.home.filter(is_own).is_some_and(|home| is_at(part, home))
        };
        let in_a_home = |part: &str| {
            // A URL such as file:///home/me.
            let part = part.strip_prefix("//").unwrap_or(part);
            let named = ["/home/", "/Users/"].iter().any(|start| part.starts_with(start));
            own(part) || (!self.is_inside && (named || is_at(part, "/root") || is_at(part, "~")))
        };
        text.split(['=', ':', ',']).any(in_a_home)
            || (!self.is_inside
                && text.contains('\\')
                && text.to_ascii_lowercase().contains(r":\users\"))
    }
}

/// Returns what kind of text stands under `name` in the object at `place`.
fn place_of(place: Place<'_>, name: &str) -> PlaceKind {
    let holder = place.name.to_ascii_lowercase();
    if place.kind == PlaceKind::Reference || name == "add_headers_from_secret" {
        return PlaceKind::Reference;
    }
    let lower = name.to_ascii_lowercase();
    if lower.ends_with("_ref") || name.ends_with("Ref") || lower.ends_with("_refs") {
        PlaceKind::Reference
    } else if ["description", "title", "overview", "comment"].contains(&lower.as_str()) {
        PlaceKind::Prose
    } else if holder.ends_with("headers") {
        PlaceKind::Header
    } else {
        PlaceKind::Value
    }
}

/// Returns the path of a mount on this machine. The path in the container is not a user's home.
fn mount_source(text: &str) -> &str {
    let (mount, _) = split_read_only(text);
    mount.rsplit_once(':').map_or(mount, |(source, _)| source)
}
