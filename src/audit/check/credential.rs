//! Checks where credentials are sent, and where redirects lead.

use std::collections::{HashMap, HashSet};

use super::api_exchange::ApiExchange;
use super::rule;
use crate::wire::Origin;

pub(super) fn check(exchanges: &[ApiExchange<'_>]) {
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
