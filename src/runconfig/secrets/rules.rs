//! Rules that tell secrets by the form of a value, or by the name of its field, variable or flag.

use std::collections::HashMap;

/// The prefixes of well-known tokens, by the least length of the token.
const TOKENS: &[(usize, &str)] = &[
    (20, "glpat- xoxb- xoxp- xoxa- xapp- sk-ant- sk-proj- sk_live_ rk_live_ AKIA ASIA"),
    (20, "ya29. pypi- dckr_pat_ glsa_ lin_api_ ntn_"),
    (30, "hf_"),
    (32, "sk-"),
    (36, "ghp_ gho_ ghu_ ghs_ ghr_ npm_"),
    (39, "AIza"),
    (40, "github_pat_ SG. dop_v1_ eyJhbGci"),
];
/// Words in names whose values are always taken for secrets.
const SECRET_WORDS: [&str; 5] = ["password", "passwd", "passphrase", "passcode", "secret"];
/// Whole names, or last words of names, whose values are always taken for secrets.
const SECRET_ENDS: [&str; 2] = ["pass", "pwd"];
/// The prefixes of credentials in a header.
const SCHEMES: [&str; 3] = ["bearer ", "basic ", "token "];
/// Words in names whose values are taken for secrets if they look random.
const TOKEN_WORDS: [&str; 5] = ["token", "key", "credential", "auth", "cookie"];
/// Last words of names whose values point at a secret, or are not secret.
const HARMLESS_ENDS: &str = "file path url uri id name endpoint public_key ref expiry method env_var \
                             length limit version";
/// Bits of information in each character of a value that looks random.
const ENTROPY: f64 = 3.0;

pub(super) fn has_token(text: &str) -> bool {
    let token_character = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    text.split(|c| !token_character(c)).any(|word| {
        // A JSON Web Token is three parts, the first two of them JSON.
        let is_jwt = word.starts_with("eyJ") && word.len() >= 40 && word.contains(".eyJ");
        is_jwt
            || TOKENS.iter().any(|(length, prefixes)| {
                word.len() >= *length && prefixes.split(' ').any(|start| word.starts_with(start))
            })
    })
}

/// Returns true if `text` contains a URL with a password, or with a secret parameter.
pub(super) fn is_url_with_credential(text: &str) -> bool {
    text.split_whitespace().filter(|word| word.contains("://")).any(|word| {
        let Ok(url) = url::Url::parse(word) else { return false };
        url.password().is_some_and(|password| !is_placeholder(password))
            || url.query_pairs().any(|(name, value)| is_secret_by_name(&name, &value))
    })
}

pub(super) fn is_secret_by_name(name: &str, value: &str) -> bool {
    let name = name.trim_start_matches('-').replace('-', "_").to_ascii_lowercase();
    let lower = value.to_ascii_lowercase();
    let value = match SCHEMES.iter().find(|scheme| lower.starts_with(**scheme)) {
        Some(scheme) => value.get(scheme.len()..).unwrap_or_default(),
        None => value,
    };
    if HARMLESS_ENDS.split(' ').any(|end| name.ends_with(end)) || is_placeholder(value) {
        return false;
    }
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let last = name.rsplit('_').next().unwrap_or_default();
    if has(&SECRET_WORDS) || SECRET_ENDS.contains(&last) {
        return true;
    }
    // Many values of these names are not secret: prose and numbers, for example.
    let is_plain = value.contains(' ') || value.chars().all(|c| c.is_ascii_digit() || c == '.');
    has(&TOKEN_WORDS) && !is_plain && value.len() >= 12 && entropy(value) >= ENTROPY
}

/// Returns true for values that are not secret under any name: an empty text, a switch, a placeholder,
/// a path, a reference to a secret.
fn is_placeholder(value: &str) -> bool {
    let word = value.to_ascii_lowercase();
    let variable = value.strip_prefix('$').is_some_and(|name| {
        name.starts_with(['{', '(']) || name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    });
    value.is_empty()
        || variable
        || ["true", "false", "none", "null", "changeme", "redacted"].contains(&word.as_str())
        || value.chars().all(|c| "*.xX".contains(c))
        || value.starts_with(['<', '{', '/', '%'])
        || value.contains(",target=")
}

/// Returns the bits of information in each byte, judged by how often each byte value occurs.
#[expect(clippy::cast_precision_loss, reason = "a text has fewer bytes than a float has bits")]
fn entropy(text: &str) -> f64 {
    let mut counts: HashMap<u8, usize> = HashMap::new();
    text.bytes().for_each(|byte| *counts.entry(byte).or_default() += 1);
    let length = text.len() as f64;
    let share = |count: &usize| *count as f64 / length;
    -counts.values().map(|count| share(count) * share(count).log2()).sum::<f64>()
}
