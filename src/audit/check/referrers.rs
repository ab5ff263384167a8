//! Referrers on registries that do not know them (distribution specification, "Listing referrers").

use serde_json::Value;

use super::view::{Place, View};
use super::{Finding, note, rule};

pub(super) fn check(views: &[View<'_>], findings: &mut Vec<Finding>) {
    for (index, view) in views.iter().enumerate() {
        let later = views.get(index + 1..).unwrap_or_default();
        match &view.place {
            Place::Referrers { repository, digest }
                if view.status() == 404 && !asks_for(later, view, repository, &tag_of(digest)) =>
            {
                let message = format!("{} is not asked for", tag_of(digest));
                note(findings, view, &rule::REFERRERS_FALLBACK, message);
            }
            Place::Manifest { repository, .. }
                if view.method() == "PUT"
                    && (200..300).contains(&view.status())
                    && view.received("oci-subject").is_none() =>
            {
                let Some(digest) = subject(view) else { continue };
                if !asks_for(later, view, repository, &tag_of(&digest)) {
                    let message = format!("no OCI-Subject, and {} is not updated", tag_of(&digest));
                    note(findings, view, &rule::SUBJECT_FALLBACK, message);
                }
            }
            _ => {}
        }
    }
}

/// Whether a later request is about the tag of the same repository.
fn asks_for(later: &[View<'_>], view: &View<'_>, repository: &str, tag: &str) -> bool {
    later.iter().any(|later| {
        later.origin == view.origin
            && matches!(&later.place, Place::Manifest { repository: name, reference }
                if name == repository && reference == tag)
    })
}

fn subject(view: &View<'_>) -> Option<String> {
    let text = view.request_body()?.text.as_deref()?;
    let manifest: Value = serde_json::from_str(text).ok()?;
    Some(manifest.get("subject")?.get("digest")?.as_str()?.to_owned())
}

/// The tag under which older registries keep what refers to a digest.
fn tag_of(digest: &str) -> String {
    let (algorithm, encoded) = digest.split_once(':').unwrap_or((digest, ""));
    let cut = |text: &str, length| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        text.chars().take(length).map(|c| if allowed(c) { c } else { '-' }).collect::<String>()
    };
    format!("{}-{}", cut(algorithm, 32), cut(encoded, 64))
}
