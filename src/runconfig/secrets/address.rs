//! Finds what a URL hides: a password, a signature, a path that nobody is to know.

use super::names::naming;
use super::names_table::Naming;
use super::pairs::{Pair, cut};
use super::random::{is_pattern, is_random};
use super::values::{has_placeholder_word, is_placeholder, is_secret_value};

/// Longer addresses are cut.
const LONGEST: usize = 4096;

/// The paths of services that let in whoever knows them: part of the host, the start of the path, the least length
/// of what follows.
const PATHS: &[(&str, &str, usize)] = &[
    ("hooks.slack.com", "services/", 20),
    ("hooks.slack.com", "workflows/", 20),
    ("hooks.slack.com", "triggers/", 20),
    ("discord", "api/webhooks/", 40),
    ("webhook.office.com", "webhookb2/", 40),
    ("outlook.office", "webhook/", 40),
    ("api.telegram.org", "bot", 30),
    ("hooks.zapier.com", "hooks/catch/", 10),
    ("mcp.zapier.com", "api/mcp/s/", 16),
    ("mcp.zapier.com", "api/mcp/a/", 16),
    ("maker.ifttt.com", "trigger/", 20),
    ("make.com", "", 24),
    ("feishu.cn", "open-apis/bot/", 20),
    ("larksuite.com", "open-apis/bot/", 20),
    ("api.netlify.com", "build_hooks/", 20),
    ("api.vercel.com", "v1/integrations/deploy/", 20),
    ("infura.io", "v3/", 32),
    ("infura.io", "ws/v3/", 32),
    ("alchemy.com", "v2/", 20),
    ("quiknode.pro", "", 32),
    ("pipedream.net", "", 30),
    ("events.pagerduty.com", "integration/", 20),
    ("hc-ping.com", "", 20),
    ("webhook.site", "", 30),
    ("mattermost", "hooks/", 20),
    ("rocket", "hooks/", 30),
    ("hooks.glip.com", "webhook/", 20),
    ("chat.googleapis.com", "v1/spaces/", 80),
    ("webhooks.mongodb", "hooks/", 20),
    ("api.day.app", "", 20),
];

/// Returns true if a URL in `text` has a password, or a path that is a secret.
pub(super) fn has_credential(text: &str) -> bool {
    let mut rest = text;
    let mut is_before = true;
    while let Some((before, after)) = rest.split_once("://") {
        // `jdbc:oracle:thin:user/password@//host` has its credential before the slashes.
        if is_before && has_oracle_login(before) {
            return true;
        }
        is_before = false;
        let url = after.split("://").next().unwrap_or_default();
        if is_url_with_credential(cut(url, LONGEST)) {
            return true;
        }
        rest = after;
    }
    is_before && has_oracle_login(text)
}

/// `after` is what follows the scheme.
fn is_url_with_credential(after: &str) -> bool {
    let ends = |c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | ')' | ']' | '}' | '\\')
    };
    let whole = after
        .split(|c: char| c.is_whitespace() || matches!(c, '"' | '`'))
        .next()
        .unwrap_or_default();
    let url = after.split(ends).next().unwrap_or_default();
    let authority = whole.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((user_info, _)) = authority.rsplit_once('@').or_else(|| with_slashes(whole)) {
        return match user_info.split_once(':') {
            Some((user, password)) if !password.is_empty() => is_password(user, password),
            // A token may stand before the host alone.
            _ => is_random(user_info) && user_info.len() >= 16 && !is_placeholder(user_info),
        };
    }
    let (host, path) = url.split_once('/').unwrap_or((url, ""));
    let host = host.to_ascii_lowercase();
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let is_known = |(part, start, least): &(&str, &str, usize)| {
        let rest = path.strip_prefix(start).filter(|_| host.contains(part));
        rest.is_some_and(|rest| {
            let is_long = rest.len() >= *least && rest.contains(|c: char| c.is_ascii_digit());
            let is_sure = !start.is_empty() && !has_placeholder_word(rest) && !is_pattern(rest);
            is_long && (is_sure || rest.split('/').any(is_random))
        })
    };
    let says_hook = || host.contains("hook") || path.split('/').any(|part| part.contains("hook"));
    PATHS.iter().any(is_known) && !path.contains("T00000000")
        || says_hook() && path.split('/').any(|part| part.len() >= 20 && is_random(part))
}

/// Returns the user information of an address whose password has slashes that should have been encoded.
fn with_slashes(whole: &str) -> Option<(&str, &str)> {
    let (user_info, host) = whole.rsplit_once('@')?;
    let (user, password) = user_info.split_once(':')?;
    let is_user = !user.contains(['/', '?', '#']);
    let port = password.split('/').next().unwrap_or_default();
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    (is_user && !is_port).then_some((user_info, host))
}

fn is_password(user: &str, password: &str) -> bool {
    let manual = [
        ("user", "pass"),
        ("user", "password"),
        ("username", "password"),
        ("USER", "PASSWORD"),
        ("USERNAME", "PASSWORD"),
        ("user", "pw"),
    ];
    !is_placeholder(password) && !manual.contains(&(user, password))
        || password.len() == 1 && password.chars().all(char::is_alphanumeric)
}

/// Returns true for `thin:user/password@host`, Oracle's own form.
fn has_oracle_login(text: &str) -> bool {
    text.match_indices("oracle:").take(8).any(|(at, _)| {
        let rest = cut(&text[at..], LONGEST);
        let login = rest.split('@').next().filter(|login| login.len() < rest.len());
        let password = login.and_then(|login| login.split_once('/'));
        password.is_some_and(|(_, password)| !password.is_empty() && !is_placeholder(password))
    })
}

/// Returns true if `text`, the value of a name such as `DSN`, holds a login without a scheme:
/// `user:password@tcp(host)/db`, `user/password@host`, or a URL with a key before the host.
pub(super) fn has_login(text: &str) -> bool {
    let Some((login, host)) = text.trim().rsplit_once('@') else { return false };
    let login = login.rsplit_once("://").map_or(login, |(_, login)| login);
    let password = login.split_once([':', '/']);
    let is_host =
        host.starts_with(|c: char| c.is_alphanumeric() || c == '(' || c == '/' || c == '[');
    let is_key = login.len() >= 20 && is_random(login);
    is_host && (is_key || password.is_some_and(|(user, p)| !p.is_empty() && is_password(user, p)))
}

/// Returns true for a parameter of a query that lets in.
pub(super) fn is_secret_parameter(pair: &Pair<'_>) -> bool {
    if !matches!(pair.before, b'?' | b'&' | b';') {
        return false;
    }
    let name = pair.name.to_ascii_lowercase();
    let is_signature = [
        "sig",
        "signature",
        "code",
        "key",
        "hmac",
        "hash",
        "st",
        "x-amz-signature",
        "x-goog-signature",
        "x-oss-signature",
    ];
    let is_named = is_signature.contains(&name.as_str())
        || name.ends_with("signature")
        || name.ends_with("-security-token");
    is_named && pair.value.len() >= 16 && is_secret_value(Naming::Likely, pair.value)
        || is_secret_value(naming(pair.name), pair.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_found_in_urls_of_every_kind() {
        for text in [
            "postgres://me:pw1@db/x",
            "redis://:pw1x@cache:6379/0",
            "url=\"https://u:pw1x@h/x\"",
            "amqps://u:p%40ss/1@mq/vh",
            "mongodb+srv://u:pa/ss#1@h/x",
            "jdbc:oracle:thin:scott/t1ger@//db:1521/x",
            "https://9f8a7c6e5d4b3a21@h.example/1",
            "https://hooks.zapier.com/hooks/catch/123456/ab12cd3/",
            "https://n8n.example.com/webhook/9f8a7c6e-5d4b-4a21-8b7c-1a2b3c4d5e6f",
            "https://mainnet.infura.io/v3/9f8a7c6e5d4b3a219f8a7c6e5d4b3a21",
        ] {
            assert!(has_credential(text), "{text}");
        }
        for text in [
            "https://x.example/?page=2",
            "postgres://me:${PW}@db/x",
            "postgres://me:<password>@db/x",
            "postgres://user:password@localhost/x",
            "https://me@x.example/a@b",
            "git@example.com:a/b",
            "http://localhost:8080/@scope/pkg",
            "https://hooks.example.com/docs/getting-started",
            "https://docs.example.com/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms",
        ] {
            assert!(!has_credential(text), "{text}");
        }
        for text in [
            "me:pw1x@tcp(db:3306)/x",
            "scott/t1ger@db",
            "https://9f8a7c6e5d4b3a219f8a@o1.example/2",
        ] {
            assert!(has_login(text), "{text}");
        }
        for text in ["host=db", "https://x.example", "jane@example.com", "me:${PW}@tcp(db)/x"] {
            assert!(!has_login(text), "{text}");
        }
    }
}
