//! Checks where credentials are sent, where redirects lead, and that requests are not made too early:
//! for a token while another is valid, and again before `Retry-After` has passed.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::api_exchange::ApiExchange;
use super::rule;
use crate::wire::{Origin, RedactionMark};

/// The lifetime of a token without `expires_in`, in seconds.
const DEFAULT_LIFETIME: f64 = 60.0;

pub(super) fn check(exchanges: &[ApiExchange<'_>]) {
    origins(exchanges);
    token_reuse(exchanges);
    retry_after(exchanges);
}

fn origins(exchanges: &[ApiExchange<'_>]) {
    // Origins that sent a challenge, and the origins of the token servers that challenges named.
    let mut challengers: HashSet<Origin> = HashSet::new();
    // The first origin that each credential was sent to.
    let mut first_origins: HashMap<String, Origin> = HashMap::new();
    // URLs that a redirect or an upload location on another origin gave.
    let mut foreign_locations: HashSet<String> = HashSet::new();
    for exchange in exchanges {
        let origin = &exchange.origin;
        if let Some(challenge) = exchange.received("www-authenticate") {
            if exchange.status() == 401 {
                challengers.insert(origin.clone());
            }
            challengers.extend(token_server(exchange, challenge));
        }
        if let Some(credential) = exchange.credential() {
            if !origin.is_secure() && !origin.is_loopback() {
                exchange.violates(&rule::CREDENTIAL_PLAIN, origin.to_string());
            }
            let first = first_origins.entry(credential).or_insert_with(|| origin.clone());
            let is_foreign = first != origin || foreign_locations.contains(exchange.url.as_str());
            if is_foreign && !challengers.contains(origin) {
                let message = format!("{origin} never asked for a login");
                exchange.violates(&rule::CREDENTIAL_ORIGIN, message);
            }
        }
        location(exchange, exchanges, &mut foreign_locations);
    }
}

/// Returns the origin of the token server that a challenge names.
fn token_server(exchange: &ApiExchange<'_>, challenge: &str) -> Option<Origin> {
    let (_, after) = challenge.split_once("realm=")?;
    let realm = after.trim_start_matches('"').split(['"', ',']).next()?;
    Origin::of(&exchange.url.join(realm).ok()?)
}

/// Notes a location on another origin, and reports a later request that followed a location from
/// https to http.
fn location(
    exchange: &ApiExchange<'_>,
    exchanges: &[ApiExchange<'_>],
    foreign_locations: &mut HashSet<String>,
) {
    if !matches!(exchange.status(), 202 | 301 | 302 | 303 | 307 | 308) {
        return;
    }
    let Some(location) = exchange.location() else { return };
    let Some(origin) = Origin::of(&location) else { return };
    if origin != exchange.origin {
        foreign_locations.insert(location.to_string());
    }
    if !exchange.origin.is_secure() || origin.is_secure() {
        return;
    }
    let followed = exchanges.iter().find(|later| {
        later.exchange.seq > exchange.exchange.seq
            && later.origin == origin
            && later.url.path() == location.path()
    });
    if let Some(later) = followed {
        let message = format!("{} sent the client to plain http", exchange.origin);
        later.violates(&rule::DOWNGRADE, message);
    }
}

struct Token {
    /// In seconds since 1970.
    expires: f64,
    /// The id of its redaction mark.
    id: Option<String>,
}

fn token_reuse(exchanges: &[ApiExchange<'_>]) {
    let mut tokens: HashMap<String, Token> = HashMap::new();
    for exchange in exchanges {
        // A token that was rejected may be replaced before it expires.
        if matches!(exchange.status(), 400 | 401 | 403) {
            let rejected = exchange.credential();
            tokens.retain(|_, token| rejected.is_none() || token.id != rejected);
        }
        let Some(token) = issued(exchange) else { continue };
        let form = url::form_urlencoded::parse(exchange.request_text().as_bytes());
        let parameters: Vec<_> = exchange
            .url
            .query_pairs()
            .chain(form)
            .filter(|(name, _)| matches!(&**name, "scope" | "service" | "account" | "username"))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let key = format!("{}{} {}", exchange.origin, exchange.url.path(), parameters.join(" "));
        if tokens.get(&key).is_some_and(|token| exchange.start < token.expires) {
            exchange.violates(&rule::TOKEN_REUSE, "a token for this scope is still valid");
        }
        tokens.insert(key, token);
    }
}

fn issued(exchange: &ApiExchange<'_>) -> Option<Token> {
    if exchange.status() != 200 {
        return None;
    }
    let text = exchange.response_body()?.text.as_deref()?;
    let response: Value = serde_json::from_str(text).ok()?;
    let token = response.get("token").or_else(|| response.get("access_token"))?.as_str()?;
    let lifetime = response.get("expires_in").and_then(Value::as_f64).unwrap_or(DEFAULT_LIFETIME);
    let id = RedactionMark::find(token).map(|(_, mark, _)| mark.id().to_owned());
    Some(Token { expires: exchange.start + lifetime, id })
}

fn retry_after(exchanges: &[ApiExchange<'_>]) {
    for (index, exchange) in exchanges.iter().enumerate() {
        let wait = exchange.received("retry-after").and_then(|value| value.parse::<f64>().ok());
        let (429 | 503, Some(wait)) = (exchange.status(), wait) else { continue };
        let end = exchange.start + exchange.exchange.duration_ms / 1000.0;
        let again = exchanges.iter().skip(index + 1).find(|later| {
            later.url == exchange.url && later.method() == exchange.method() && later.start >= end
        });
        if let Some(later) = again.filter(|later| later.start < end + wait) {
            let line = exchange.line;
            let message = format!("repeated before the {wait} seconds that line {line} asked for");
            later.violates(&rule::RETRY_AFTER, message);
        }
    }
}
