//! Judges one text: whether it is, or holds, what should not be shared.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::address::{has_credential, has_login, is_secret_parameter};
use super::arguments::{is_login_with_password, secret_arguments, words};
use super::exposure::ExposureKind;
use super::formats::has_token;
use super::names::naming;
use super::names_table::Naming;
use super::pairs::{Link, Pair, pairs};
use super::private_key::has_private_key;
use super::random::{is_generated, is_random, is_uuid};
use super::values::{is_path, is_placeholder, is_public, is_secret_value};

/// How often a text within a text is taken apart: JSON in JSON, base64.
const DEEPEST: usize = 3;

/// What is known of a text from where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// The name of the field, variable or option.
    pub(super) name: &'a str,
    /// The name of what holds it: `API_KEY` where an object says `"name": "API_KEY"`.
    pub(super) owner: &'a str,
    pub(super) kind: PlaceKind,
    pub(super) depth: usize,
}

/// What kind of text stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlaceKind {
    /// A value.
    Value,
    /// The value of a header.
    Header,
    /// A reference to a secret: its name, and not its value.
    Reference,
    /// A sentence for people.
    Prose,
}

/// Names that leave the meaning to what holds them.
const GENERIC: [&str; 12] = [
    "value",
    "default",
    "key",
    "data",
    "val",
    "content",
    "plain",
    "plaintext",
    "raw",
    "token",
    "auth",
    "text",
];

/// Returns what the name of a place says, together with what holds it.
pub(super) fn naming_at(place: &Place<'_>) -> Naming {
    let own = naming(place.name);
    if place.owner.is_empty()
        || !GENERIC.iter().any(|generic| place.name.eq_ignore_ascii_case(generic))
    {
        return own;
    }
    let both = naming(&format!("{} {}", place.owner, place.name));
    if own == Naming::Token && both == Naming::Harmless { own } else { both }
}

/// Searches the JSON that a text holds.
pub(super) type Nested = fn(Place<'_>, &Value) -> Option<ExposureKind>;

/// Returns what `text` is, but for a path in a home directory.
pub(super) fn judge(place: Place<'_>, text: &str, nested: Nested) -> Option<ExposureKind> {
    // Nothing shorter has a form of its own.
    let is_long = text.len() >= 12;
    if is_long && has_private_key(text) {
        return Some(ExposureKind::PrivateKey);
    }
    if is_long && has_token(text) {
        return Some(ExposureKind::Token);
    }
    if has_credential(text) {
        return Some(ExposureKind::Url);
    }
    match place.kind {
        PlaceKind::Reference => {
            is_value_in_place_of_a_reference(text).then_some(ExposureKind::Named)
        }
        _ => inner(place, text, nested)
            .or_else(|| is_secret(place, text).then_some(ExposureKind::Named)),
    }
}

/// Returns true if `text` is no name of a secret but a secret itself.
fn is_value_in_place_of_a_reference(text: &str) -> bool {
    let name = text.split(",target=").next().unwrap_or_default();
    is_generated(name) || name.contains(' ') && name.split(' ').any(is_random)
}

/// Judges the whole text by the name of its place.
fn is_secret(place: Place<'_>, text: &str) -> bool {
    let naming = naming_at(&place);
    let trimmed = text.trim();
    let (scheme, rest) = trimmed.split_once(' ').unwrap_or(("", trimmed));
    let is_scheme = [
        "bearer",
        "basic",
        "token",
        "apikey",
        "digest",
        "ssws",
        "geniekey",
        "splunk",
        "negotiate",
        "api-token",
        "bot",
    ]
    .iter()
    .any(|known| scheme.eq_ignore_ascii_case(known));
    if is_scheme && !rest.trim().contains(' ') && naming != Naming::Harmless {
        let rest = rest.trim();
        let is_authorization = naming != Naming::Neutral || place.kind == PlaceKind::Header;
        return !is_placeholder(rest)
            && (is_random(rest) || is_authorization && is_secret_value(Naming::Token, rest));
    }
    match (naming, place.kind) {
        (Naming::Connection, _) => has_login(text),
        (naming, PlaceKind::Prose) if naming > Naming::Neutral => {
            is_secret_value(Naming::Likely, text)
        }
        // Base64 of what was found to be harmless.
        (Naming::Neutral, _) if decoded(text).is_some() => false,
        // A header without a telling name may hold a key all the same.
        (Naming::Neutral, PlaceKind::Header) => {
            let is_key =
                text.len() >= 20 && !text.contains(' ') && !is_uuid(text) && !text.contains('/');
            is_key && is_random(text) && !is_placeholder(text) && !is_public(text)
        }
        (naming @ (Naming::Likely | Naming::Token), _)
            if is_login_with_password(text) && !text.contains(' ') =>
        {
            let password = text.split_once(':').map_or("", |(_, password)| password);
            // `AUTH=contents:read` has plain words.
            !text.contains("://")
                && !has_pairs(text)
                && (naming == Naming::Token || password.contains(|c: char| c.is_ascii_digit()))
                || is_secret_value(naming, text)
        }
        _ => is_secret_value(naming, text),
    }
}

fn has_pairs(text: &str) -> bool {
    text.contains('=')
}

/// Judges what stands within the text.
fn inner(place: Place<'_>, text: &str, nested: Nested) -> Option<ExposureKind> {
    if let Some(value) = json_of(place, text) {
        return nested(Place { depth: place.depth + 1, ..place }, &value);
    }
    if let Some(decoded) = decoded(text).filter(|_| place.depth < DEEPEST) {
        let inside = Place { depth: place.depth + 1, ..place };
        let is_login = || naming_at(&place) > Naming::Neutral && is_login_with_password(&decoded);
        let found = judge(Place { name: "", owner: "", ..inside }, &decoded, nested);
        if found.is_some() || is_login() {
            return found.or(Some(ExposureKind::Named));
        }
    }
    if let Some(kind) = in_pairs(place, text) {
        return Some(kind);
    }
    if text.lines().any(is_pgpass) {
        return Some(ExposureKind::Named);
    }
    let has_words = text.trim().contains(char::is_whitespace);
    (has_words && !secret_arguments(&words(text)).is_empty()).then_some(ExposureKind::Named)
}

/// Returns true for a line of `PostgreSQL`'s password file: host, port, database, user, password.
fn is_pgpass(line: &str) -> bool {
    let parts: Vec<&str> = line.trim().splitn(5, ':').collect();
    let [host, port, _, user, password] = parts[..] else { return false };
    let is_port = port == "*" || !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_word = |text: &str| !text.is_empty() && !text.contains([' ', '/', '"']);
    is_port
        && is_word(host)
        && is_word(user)
        && is_word(password)
        && is_secret_value(Naming::Password, password)
        && password.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Returns the JSON that a text is.
fn json_of(place: Place<'_>, text: &str) -> Option<Value> {
    let text = text.trim();
    if place.depth >= DEEPEST || !text.starts_with(['{', '[']) || !text.ends_with(['}', ']']) {
        return None;
    }
    let value: Value = serde_json::from_str(text).ok()?;
    (value.is_object() || value.is_array()).then_some(value)
}

/// Returns what base64 hides, if it is text.
fn decoded(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.rsplit_once(' ').map_or(text, |(_, word)| word);
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=\n\r".contains(&byte);
    if text.len() < 12 || !text.bytes().all(is_legal) {
        return None;
    }
    let bare: String = text.chars().filter(|c| !matches!(c, '=' | '\n' | '\r')).collect();
    let bytes = STANDARD_NO_PAD.decode(&bare).or_else(|_| URL_SAFE_NO_PAD.decode(&bare)).ok()?;
    let decoded = String::from_utf8(bytes).ok()?;
    let is_printed = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    decoded.chars().all(is_printed).then_some(decoded)
}

/// Judges each name with its value in a text that has several.
fn in_pairs(place: Place<'_>, text: &str) -> Option<ExposureKind> {
    let mut owner = place.name;
    let mut labelled = "";
    let whole = naming_at(&place);
    let is_header = place.kind == PlaceKind::Header || has_header_name(place.name);
    let mut is_secret_object = false;
    for pair in pairs(text) {
        is_secret_object |= pair.name == "kind" && pair.value == "Secret";
        let is_data = is_secret_object && ["data", "stringData"].contains(&owner);
        if is_data && pair.link == Link::Colon && !is_placeholder(pair.value) {
            return Some(ExposureKind::Named);
        }
        if pair.value.is_empty() && pair.link == Link::Colon {
            owner = pair.name;
            continue;
        }
        if ["name", "key"].contains(&pair.name) {
            labelled = pair.value;
        }
        if pair.before != b'.'
            && (pair.before == b'?' || pair.before == b'&')
            && is_secret_parameter(&pair)
        {
            let kind = if text.contains("://") { ExposureKind::Url } else { ExposureKind::Named };
            return Some(kind);
        }
        let is_default = ["value", "default"].contains(&pair.name) && !labelled.is_empty();
        let inside =
            Place { name: pair.name, owner: if is_default { labelled } else { owner }, ..place };
        if is_secret_pair(inside, &pair, whole, is_header) {
            return Some(ExposureKind::Named);
        }
    }
    None
}

fn has_header_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("headers")
        || name.ends_with("header")
        || name.ends_with("cookie")
        || name == "-h"
        || name == "-b"
}

fn is_secret_pair(place: Place<'_>, pair: &Pair<'_>, whole: Naming, is_header: bool) -> bool {
    let naming = naming_at(&place);
    // A path of a variable's, such as `process.env.TOKEN`, is no value.
    if naming == Naming::Harmless || pair.value.is_empty() {
        return false;
    }
    let is_sentence =
        pair.link == Link::Colon && pair.line.contains(' ') && pair.line.split(' ').count() > 3;
    let certain = pair.link == Link::Equals
        || pair.link == Link::Colon && !is_sentence && place.kind != PlaceKind::Prose;
    let lowered = if certain || is_header && pair.link == Link::Tight {
        naming
    } else {
        naming.min(Naming::Likely)
    };
    let is_cookie =
        is_header && lowered == Naming::Neutral && pair.value.len() >= 16 && is_random(pair.value);
    let is_login = lowered >= Naming::Likely
        && lowered != Naming::Connection
        && is_login_with_password(pair.value);
    let is_basic = lowered >= Naming::Likely
        && decoded(pair.value).is_some_and(|decoded| is_login_with_password(&decoded));
    let is_connected = naming == Naming::Connection && has_login(pair.value);
    // The name of the whole says that these are no secrets: `DIGESTS=a=…,b=…`.
    let is_generated =
        lowered == Naming::Neutral && (whole == Naming::Harmless || pair.value.contains('/'));
    (!is_generated && is_secret_value(lowered, pair.value) && !is_path(pair.value))
        || is_cookie && !is_public(pair.value) && !is_uuid(pair.value)
        || is_login && pair.value.contains(|c: char| c.is_ascii_digit())
        || is_basic
        || is_connected
}
