//! Tells by whole words whether a name names a secret.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::names_table::{GLUED, HARMLESS_KEYS, Naming, PAIRS, Role, SECRET_KEYS, SWITCHES, WORDS};

/// Longer names are cut: no name of a secret is longer.
const LONGEST: usize = 128;

static ROLES: LazyLock<HashMap<&str, Role>> = LazyLock::new(|| {
    let words = |(role, words): &(Role, &'static str)| {
        let role = *role;
        words.split_whitespace().map(move |word| (word, role))
    };
    WORDS.iter().rev().flat_map(words).collect()
});

static PHRASES: LazyLock<HashMap<&str, Naming>> = LazyLock::new(|| {
    let phrases = |(naming, phrases): &(Naming, &'static str)| {
        let naming = *naming;
        phrases.split_whitespace().map(move |phrase| (phrase, naming))
    };
    PAIRS.iter().flat_map(phrases).collect()
});

static KEYS: LazyLock<HashMap<&str, Naming>> = LazyLock::new(|| {
    let secret = SECRET_KEYS.split_whitespace().map(|word| (word, Naming::Token));
    secret.chain(HARMLESS_KEYS.split_whitespace().map(|word| (word, Naming::Harmless))).collect()
});

/// Returns what `name` says about its value: `DB_PASSWORD`, `--api-key`, `clientSecret`, `X-Api-Key`.
pub(super) fn naming(name: &str) -> Naming {
    let spelled = spelled(name);
    let all: Vec<&str> = spelled.split_ascii_whitespace().collect();
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let is_qualifier = |word: &&&str| role(word) == Some(Role::Qualifier) || is_number(word);
    let qualifiers = all.iter().rev().take_while(is_qualifier).count();
    let words = &all[..all.len() - qualifiers];
    let Some(last) = words.last() else { return Naming::Neutral };
    if let Some(naming) = phrase(words) {
        return naming;
    }
    if role(last) == Some(Role::Names(Naming::Harmless)) {
        // `API_KEY_HEADER_VALUE` may be what stands in the header.
        let says_value = all.last().is_some_and(|word| *word == "value") && words.len() > 1;
        return if says_value { Naming::Likely } else { Naming::Harmless };
    }
    let found = (1..=words.len()).rev().find_map(|end| Some((end, named(&words[..end])?)));
    match found {
        None => Naming::Neutral,
        Some((end, naming)) if end < words.len() || is_switch(words[0]) => weaker(naming),
        Some((_, naming)) => naming,
    }
}

/// Returns what the last of `words` names, if it is a secret, or is known to be none.
fn named(words: &[&str]) -> Option<Naming> {
    if let Some(naming) = phrase(words) {
        return Some(naming);
    }
    let last = words.last()?;
    let before = words.len().checked_sub(2).map(|at| words[at]);
    match role(last) {
        Some(Role::Key) => {
            let kind = before.and_then(|word| KEYS.get(word).copied());
            let glued = || before.and_then(glued);
            Some(kind.or_else(glued).unwrap_or(Naming::Likely))
        }
        // A harmless word in the middle says nothing.
        Some(Role::Names(Naming::Harmless) | Role::Qualifier) => None,
        Some(Role::Names(naming)) => Some(naming),
        None => glued(last),
    }
}

/// Returns the name in lower case, with a space between its words.
fn spelled(name: &str) -> String {
    let mut spelled = String::with_capacity(name.len().min(LONGEST) + 8);
    let bytes = name.as_bytes();
    for (at, &byte) in bytes.iter().enumerate().take(LONGEST) {
        let before = at.checked_sub(1).map_or(b' ', |at| bytes[at]);
        let after = bytes.get(at + 1).copied().unwrap_or(b' ');
        let starts_word = byte.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || (before.is_ascii_uppercase() && after.is_ascii_lowercase()));
        if starts_word {
            spelled.push(' ');
        }
        let legal = byte.is_ascii_alphanumeric();
        spelled.push(if legal { char::from(byte.to_ascii_lowercase()) } else { ' ' });
    }
    spelled
}

/// Returns the role of a word, of its singular, or of what is left without a number: `token2`.
fn role(word: &str) -> Option<Role> {
    let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let singular = || bare.strip_suffix('s').filter(|word| word.len() >= 3);
    let known = |word: &str| ROLES.get(word).copied();
    known(word).or_else(|| known(bare)).or_else(|| known(singular()?))
}

fn phrase(words: &[&str]) -> Option<Naming> {
    let [.., before, last] = words else { return None };
    let found = |last: &str| PHRASES.get(format!("{before}-{last}").as_str()).copied();
    found(last).or_else(|| found(last.strip_suffix('s')?))
}

fn glued(word: &str) -> Option<Naming> {
    let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
    // No end of a word in the table is shorter.
    if bare.len() < 6 {
        return None;
    }
    let ends = |ends: &str| ends.split_ascii_whitespace().any(|end| bare.ends_with(end));
    GLUED.iter().find(|(_, words)| ends(words)).map(|(naming, _)| *naming)
}

fn is_switch(word: &str) -> bool {
    SWITCHES.split(' ').any(|switch| switch == word)
}

/// Returns what is left where other words follow: `PASSWORD_ADMIN` may hold a password, or not.
const fn weaker(naming: Naming) -> Naming {
    match naming {
        Naming::Password | Naming::Token => Naming::Likely,
        Naming::Likely | Naming::Connection => Naming::Neutral,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_by_whole_words() {
        for (expected, names) in [
            (
                Naming::Password,
                "DB_PASSWORD PGPASSWORD MYSQL_PWD SMTP_PASS dbPassword client_secret ClientSecret \
                 --password WEBHOOK_SECRET PASSWORD_2 ADMIN_PASSWORD_PROD MYSQL_ROOT_PASSWORD1 \
                 spring.datasource.password NEXTAUTH_SECRET REDISCLI_AUTH SSHPASS",
            ),
            (
                Naming::Token,
                "API_KEY apiKey x-api-key --token GITHUB_TOKEN AZURE_DEVOPS_PAT --pat MY_CRED CREDS \
                 AWS_SECRET_ACCESS_KEY PRIVATE_KEY tavilyApiKey OPENAI_APIKEY API_KEYS BearerToken \
                 --bearer _authToken AccountKey SharedAccessKey x-functions-code VAULT_SECRET_ID",
            ),
            (
                Naming::Connection,
                "DSN SENTRY_DSN CONNECTION_STRING --connection-string DATABASE_URL",
            ),
            (Naming::Likely, "KEY AUTH Authorization COOKIE TOKEN_GITHUB PASSWORD_ADMIN USE_TOKEN"),
            (
                Naming::Harmless,
                "AUTH_TYPE AUTH_MODE PARTITION_KEY S3_KEY_PREFIX SECRET_BACKEND TOKEN_AUDIENCE PUBLIC_KEY \
                 API_KEY_HEADER COOKIE_DOMAIN AUTHOR_EMAIL OAUTH_ISSUER KEYCLOAK_SERVER SECRETS_DIR \
                 PASSWORD_STORE PASSWORD_LOGIN CREDENTIALS_SOURCE STRIPE_PUBLISHABLE_KEY MAX_TOKENS \
                 GITHUB_TOKEN_PERMISSIONS AUTHENTICATOR AUTH_CLASS PASSWORD_FILE TOKEN_URL TOKEN_LIMIT \
                 subject_token_type cached_token_expiry CLIENT_ID KEYSPACE TOKENIZER AUTHOR HOTKEY \
                 ACCESS_KEY_ID PASSWORD_MIN_LENGTH SECRET_NAME TOKEN_TTL hmac_secret_ref",
            ),
            (Naming::Neutral, "SETTING X MONKEYPATCH DEBUGGING COMPASS BYPASS"),
        ] {
            for name in names.split_whitespace() {
                let found = naming(name);
                let is_right =
                    found == expected || (name == "LOG_LEVEL_X" && found == Naming::Harmless);
                assert!(is_right, "{name}: {found:?} and not {expected:?}");
            }
        }
    }
}
