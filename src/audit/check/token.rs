//! Token requests, and how soon requests are repeated.

use std::collections::HashMap;

use serde_json::Value;

use super::view::View;
use super::{Finding, note, rule};
use crate::wire::RedactionMark;

pub(super) fn check(views: &[View<'_>], findings: &mut Vec<Finding>) {
    tokens(views, findings);
    retries(views, findings);
}

/// A token, and what became of it.
struct Token {
    until: f64,
    mark: Option<String>,
}

fn tokens(views: &[View<'_>], findings: &mut Vec<Finding>) {
    let mut known: HashMap<String, Token> = HashMap::new();
    for view in views {
        // A token that was refused may be replaced.
        if matches!(view.status(), 400 | 401 | 403) {
            let sent = view.credential();
            known.retain(|_, token| sent.is_none() || token.mark != sent);
        }
        let Some(token) = issued(view) else { continue };
        let scopes: Vec<_> = view
            .url
            .query_pairs()
            .chain(url::form_urlencoded::parse(
                view.request_body()
                    .and_then(|body| body.text.as_deref())
                    .unwrap_or_default()
                    .as_bytes(),
            ))
            .filter(|(name, _)| matches!(&**name, "scope" | "service" | "account" | "username"))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let key = format!("{}{} {}", view.origin, view.url.path(), scopes.join(" "));
        if known.get(&key).is_some_and(|token| view.seconds < token.until) {
            note(findings, view, &rule::TOKEN_REUSE, "a token for this scope is still valid");
        }
        known.insert(key, token);
    }
}

/// The token in an answer.
fn issued(view: &View<'_>) -> Option<Token> {
    if view.status() != 200 {
        return None;
    }
    let text = view.response_body()?.text.as_deref()?;
    let answer: Value = serde_json::from_str(text).ok()?;
    let token = answer.get("token").or_else(|| answer.get("access_token"))?.as_str()?;
    let lifetime = answer.get("expires_in").and_then(Value::as_f64).unwrap_or(60.0);
    let mark = RedactionMark::find(token).map(|(_, mark, _)| mark.id().to_owned());
    Some(Token { until: view.seconds + lifetime, mark })
}

fn retries(views: &[View<'_>], findings: &mut Vec<Finding>) {
    for (index, view) in views.iter().enumerate() {
        let wait = view.received("retry-after").and_then(|value| value.parse::<f64>().ok());
        let (429 | 503, Some(wait)) = (view.status(), wait) else { continue };
        let end = view.seconds + view.exchange.duration_ms / 1000.0;
        let again = views.iter().skip(index + 1).find(|later| {
            later.url == view.url && later.method() == view.method() && later.seconds >= end
        });
        if let Some(later) = again.filter(|later| later.seconds < end + wait) {
            let message =
                format!("repeated before the {wait} seconds that line {} asked for", view.line);
            note(findings, later, &rule::RETRY_AFTER, message);
        }
    }
}
