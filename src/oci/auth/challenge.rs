//! Challenges: how a registry asks for a login (RFC 9110, section 11.6.1).
//!
//! This is the only place that parses `WWW-Authenticate`. The crate that reads a challenge panics on some
//! values, and refuses others that registries do send. Each header is therefore split here, and the crate
//! gets every challenge in its strictest form.

use std::fmt;

use hyperx::header::{Header as _, Raw};
use www_authenticate::{RawChallenge, WwwAuthenticate};

use crate::printable::excerpt;

/// The longest header value that is read, in bytes.
const VALUE_LIMIT: usize = 8 * 1024;
/// The most challenges of one response that are read.
const CHALLENGE_LIMIT: usize = 16;
const SHOWN: usize = 200;

/// A challenge that can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A token from the server at `realm` (distribution token specification).
    Bearer {
        /// The token server's URL, unchecked.
        realm: String,
        service: Option<String>,
        scope: Option<String>,
        /// Why the registry refused a token, such as `insufficient_scope`.
        error: Option<String>,
    },
    Basic,
}

impl Challenge {
    /// Chooses from all `WWW-Authenticate` fields of a response: Bearer before Basic.
    pub(super) fn choose<'a>(
        values: impl Iterator<Item = &'a str>,
    ) -> Result<Self, ChallengeError> {
        let mut shown = Vec::new();
        let mut schemes = Vec::new();
        let mut basic = None;
        let mut unclear = false;
        for value in values {
            shown.push(value);
            let Some(challenges) = split(value) else {
                unclear = true;
                continue;
            };
            for raw in challenges {
                match raw.read() {
                    Some(bearer @ Self::Bearer { .. }) => return Ok(bearer),
                    Some(Self::Basic) => basic = Some(Self::Basic),
                    None if raw.is_supported() => unclear = true,
                    None => schemes.push(excerpt(&raw.scheme, 40)),
                }
            }
        }
        if let Some(basic) = basic {
            return Ok(basic);
        }
        if shown.is_empty() {
            Err(ChallengeError::Missing)
        } else if unclear || schemes.is_empty() {
            Err(ChallengeError::NotUnderstood(excerpt(&shown.join(", "), SHOWN)))
        } else {
            Err(ChallengeError::Unsupported(schemes))
        }
    }
}

/// A challenge as it stands in a header, with its parameters unquoted.
#[derive(Debug, PartialEq, Eq)]
struct Split {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl Split {
    fn is_supported(&self) -> bool {
        ["bearer", "basic"].iter().any(|known| self.scheme.eq_ignore_ascii_case(known))
    }

    /// Parses the challenge, with every value quoted.
    fn read(&self) -> Option<Challenge> {
        if !self.is_supported() {
            return None;
        }
        if self.parameters.is_empty() {
            // There is nothing to parse: Basic needs no parameter.
            return self.scheme.eq_ignore_ascii_case("basic").then_some(Challenge::Basic);
        }
        let quote = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
        let parameters: Vec<_> = self
            .parameters
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", quote(value)))
            .collect();
        let line = format!("{} {}", self.scheme, parameters.join(", "));
        let parsed = WwwAuthenticate::parse_header(&Raw::from(line)).ok()?;
        if self.scheme.eq_ignore_ascii_case("basic") {
            return parsed.get_raw("basic").map(|_| Challenge::Basic);
        }
        let Some([RawChallenge::Fields(fields)]) = parsed.get_raw("bearer") else { return None };
        let field = |name| fields.get(name).filter(|value| !value.is_empty()).cloned();
        Some(Challenge::Bearer {
            realm: field("realm")?,
            service: field("service"),
            scope: field("scope"),
            error: field("error"),
        })
    }
}

/// Splits a header value: `scheme name=value, name="value", scheme …`. A word without a `=` after it starts
/// a challenge. Values may lack their quotes, or the closing quote.
fn split(value: &str) -> Option<Vec<Split>> {
    if value.len() > VALUE_LIMIT {
        return None;
    }
    let mut challenges: Vec<Split> = Vec::new();
    let mut rest = value.trim_start_matches(is_separator);
    while !rest.is_empty() {
        let (word, after) = cut(rest, |c| is_separator(c) || c == '=' || c == '"');
        let next = after.trim_start();
        if let Some(value) = next.strip_prefix('=') {
            let (value, after) = parameter_value(value.trim_start());
            if !is_token(word) {
                return None;
            }
            challenges.last_mut()?.parameters.push((word.to_owned(), value));
            rest = after;
        } else {
            if !is_token(word) || challenges.len() == CHALLENGE_LIMIT {
                return None;
            }
            challenges.push(Split { scheme: word.to_owned(), parameters: Vec::new() });
            rest = after;
        }
        rest = rest.trim_start_matches(is_separator);
    }
    Some(challenges)
}

/// Returns a value, quoted or not, and the text after it.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = cut(text, is_separator);
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            _ => value.push(c),
        }
    }
    (value, "")
}

fn cut(text: &str, end: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(end).unwrap_or(text.len()))
}

const fn is_separator(c: char) -> bool {
    matches!(c, ',' | ' ' | '\t')
}

/// Returns true for a token of RFC 9110, section 5.6.2.
fn is_token(word: &str) -> bool {
    !word.is_empty()
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Why a response has no challenge that can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChallengeError {
    /// There is no `WWW-Authenticate` header.
    Missing,
    /// No challenge can be understood; the text of the headers.
    NotUnderstood(String),
    /// There are only schemes that are not supported; their names.
    Unsupported(Vec<String>),
}

impl fmt::Display for ChallengeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("the registry wants a login, but does not say how"),
            Self::NotUnderstood(shown) => {
                write!(f, "the registry's challenge cannot be understood: {shown}")
            }
            Self::Unsupported(schemes) => write!(
                f,
                "the registry wants a login by {}; Bearer and Basic are supported",
                schemes.join(", ")
            ),
        }
    }
}

impl std::error::Error for ChallengeError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        registry: String,
        headers: Vec<String>,
        #[serde(default)]
        bearer: Option<[Option<String>; 4]>,
        #[serde(default)]
        basic: bool,
        #[serde(default)]
        error: Option<String>,
    }

    #[test]
    fn challenges_of_the_corpus_are_parsed_as_expected() {
        let corpus = include_str!("../../../fixtures/challenges.json");
        let cases: Vec<Case> = serde_json::from_str(corpus).unwrap();
        assert!(cases.len() > 30);
        for case in cases {
            let expected = match (case.bearer, case.basic, case.error) {
                (Some([realm, service, scope, error]), false, None) => {
                    Ok(Challenge::Bearer { realm: realm.unwrap(), service, scope, error })
                }
                (None, true, None) => Ok(Challenge::Basic),
                (None, false, Some(message)) => Err(message),
                _ => panic!("{}: one expectation", case.registry),
            };
            let found = Challenge::choose(case.headers.iter().map(String::as_str));
            let found = found.map_err(|error| error.to_string());
            assert_eq!(found, expected, "{}: {:?}", case.registry, case.headers);
        }
    }

    #[test]
    fn long_value_is_not_parsed() {
        let long = format!("Bearer realm=\"https://a.example/{}\"", "x".repeat(VALUE_LIMIT));
        let refused = Challenge::choose(std::iter::once(&*long));
        assert!(matches!(refused, Err(ChallengeError::NotUnderstood(shown)) if shown.len() < 300));
    }

    proptest! {
        #[test]
        fn no_value_panics(values: Vec<String>) {
            let _ = Challenge::choose(values.iter().map(String::as_str));
        }

        #[test]
        fn no_value_that_looks_like_a_challenge_panics(
            value in r#"((Bearer|basic|Digest|x)[ ,=]?|realm|scope|="|"|\\|,| |=|https://a.example/b\?c|é){0,20}"#
        ) {
            let _ = Challenge::choose(std::iter::once(&*value));
        }

        #[test]
        fn quoted_value_is_unquoted(
            realm in r#"https://[a-z]{1,5}\.example/[a-z"\\,= ]{0,10}"#,
        ) {
            let quoted = realm.replace('\\', "\\\\").replace('"', "\\\"");
            let value = format!("Negotiate, bEARER realm=\"{quoted}\"");
            let Ok(Challenge::Bearer { realm: found, .. }) =
                Challenge::choose(std::iter::once(&*value)) else { panic!("no bearer") };
            prop_assert_eq!(found, realm);
        }
    }
}
