//! Where credentials went, and where redirects led.

use std::collections::{HashMap, HashSet};

use super::view::View;
use super::{Finding, note, rule};
use crate::wire::Origin;

pub(super) fn check(views: &[View<'_>], findings: &mut Vec<Finding>) {
    // Origins that asked for a login, or were named as a token server by one that did.
    let mut asked: HashSet<Origin> = HashSet::new();
    // Where each credential was seen first.
    let mut first: HashMap<String, Origin> = HashMap::new();
    // Where redirects and upload locations of other origins lead.
    let mut led: HashSet<String> = HashSet::new();
    for view in views {
        if view.status() == 401 && view.received("www-authenticate").is_some() {
            asked.insert(view.origin.clone());
        }
        asked.extend(view.received("www-authenticate").and_then(|value| realm(view, value)));
        if let Some(credential) = view.credential() {
            if !view.origin.is_secure() && !view.origin.is_loopback() {
                note(findings, view, &rule::CREDENTIAL_PLAIN, view.origin.to_string());
            }
            let home = first.entry(credential).or_insert_with(|| view.origin.clone());
            let elsewhere = *home != view.origin || led.contains(view.url.as_str());
            if elsewhere && !asked.contains(&view.origin) {
                let message = format!("{} never asked for a login", view.origin);
                note(findings, view, &rule::CREDENTIAL_ORIGIN, message);
            }
        }
        followed(view, views, &mut led, findings);
    }
}

/// The token server that a challenge names.
fn realm(view: &View<'_>, challenge: &str) -> Option<Origin> {
    let (_, after) = challenge.split_once("realm=")?;
    let realm = after.trim_start_matches('"').split(['"', ',']).next()?;
    Origin::of(&view.url.join(realm).ok()?)
}

/// Notes where an answer leads, and whether a later request went from https to http with it.
fn followed(
    view: &View<'_>,
    views: &[View<'_>],
    led: &mut HashSet<String>,
    findings: &mut Vec<Finding>,
) {
    if !matches!(view.status(), 202 | 301 | 302 | 303 | 307 | 308) {
        return;
    }
    let Some(location) = view.location() else { return };
    let Some(origin) = Origin::of(&location) else { return };
    if origin != view.origin {
        led.insert(location.to_string());
    }
    let went = views.iter().find(|later| {
        later.exchange.seq > view.exchange.seq
            && later.origin == origin
            && later.url.path() == location.path()
    });
    if let Some(later) = went.filter(|_| view.origin.is_secure() && !origin.is_secure()) {
        note(findings, later, &rule::DOWNGRADE, format!("{} led to plain http", view.origin));
    }
}
