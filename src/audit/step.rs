//! What a client's request is for, as far as it shows: in the words of this client's own transcripts.

use url::Url;

use super::place::Place;
use crate::wire::Method;

/// The step that a request is, such as `blob upload, chunk`; its method alone where nothing is known of
/// the place.
pub(super) fn step(method: Method, url: &Url) -> String {
    let path = url.path();
    let word = method.as_str().to_ascii_lowercase();
    let has = |name| url.query_pairs().any(|(key, _)| key == name);
    let known = match Place::of(path) {
        Place::Manifest { .. } => return format!("manifest, {word}"),
        Place::Blob { .. } => return format!("blob, {word}"),
        Place::Referrers { .. } => "referrers, list",
        Place::UploadStart { .. } if has("mount") => "blob, mount",
        Place::UploadStart { .. } if has("digest") => "blob upload, single request",
        Place::UploadStart { .. } => "blob upload, start",
        Place::Other if path.contains("/blobs/uploads/") => match method {
            Method::Patch => "blob upload, chunk",
            Method::Put => "blob upload, finish",
            Method::Get => "blob upload, status",
            Method::Delete => "blob upload, cancel",
            _ => return word,
        },
        Place::Other if path.ends_with("/tags/list") => "tags, list",
        Place::Other if matches!(path, "/v2/" | "/v2") => "base",
        Place::Other => return word,
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::TranscriptReader;

    #[test]
    fn a_step_is_called_what_this_client_calls_it() {
        let mut text = include_bytes!("../../fixtures/exchanges/first-push.jsonl").to_vec();
        text.extend(include_bytes!("../../fixtures/exchanges/unchanged-push.jsonl"));
        let records = TranscriptReader::new(std::io::Cursor::new(text)).read().unwrap();
        for recorded in &records {
            let request = &recorded.exchange.request;
            let url = request.url.parse().unwrap();
            let found = step(Method::parse(&request.method).unwrap(), &url);
            assert_eq!(format!("push: {found}"), recorded.exchange.operation);
        }
    }

    #[test]
    fn what_other_clients_ask_for_has_a_name_too() {
        for (method, target, name) in [
            (Method::Get, "v2/", "base"),
            (Method::Get, "v2/a/b/tags/list?n=10", "tags, list"),
            (Method::Get, "v2/a/referrers/sha256:00", "referrers, list"),
            (Method::Post, "v2/a/blobs/uploads/", "blob upload, start"),
            (Method::Post, "v2/a/blobs/uploads/?mount=sha256:00&from=b", "blob, mount"),
            (Method::Patch, "v2/a/blobs/uploads/1?_state=x", "blob upload, chunk"),
            (Method::Get, "v2/a/blobs/uploads/1", "blob upload, status"),
            (Method::Delete, "v2/a/blobs/uploads/1", "blob upload, cancel"),
            (Method::Delete, "v2/a/manifests/v1", "manifest, delete"),
            (Method::Post, "v2/a/blobs/uploads/1", "post"),
            (Method::Get, "storage/00?signature=x", "get"),
        ] {
            let url = format!("https://registry.example.com/{target}").parse().unwrap();
            assert_eq!(step(method, &url), name, "{target}");
        }
    }
}
