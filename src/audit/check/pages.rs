//! Lists that come in pages (distribution specification, "Listing Tags" and "Listing Referrers").

use super::view::View;
use super::{Finding, note, rule};
use crate::oci::next_link;

pub(super) fn check(views: &[View<'_>], findings: &mut Vec<Finding>) {
    for (index, view) in views.iter().enumerate() {
        if view.method() != "GET" || view.status() != 200 || !is_list(view) {
            continue;
        }
        let Some(next) = view.received("link").and_then(next_link) else { continue };
        let Ok(next) = view.url.join(next) else { continue };
        // The next request for the same list, if there is one: nobody has to read on.
        let later = views
            .iter()
            .skip(index + 1)
            .find(|later| later.origin == view.origin && later.url.path() == view.url.path());
        if let Some(later) = later.filter(|later| later.url != next && later.url.query().is_some())
        {
            let message = format!("line {} links to {next}", view.line);
            note(findings, later, &rule::NEXT_PAGE, message);
        }
    }
}

fn is_list(view: &View<'_>) -> bool {
    let path = view.url.path();
    path.ends_with("/tags/list") || path.contains("/referrers/")
}
