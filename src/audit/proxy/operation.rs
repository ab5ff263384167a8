//! The name of a request's operation, as this client's own transcripts have it.

use url::Url;

use crate::oci::ApiPath;
use crate::wire::Method;

/// Returns the operation of a request, such as `blob upload, chunk`, or the method in lower case if
/// the URL does not tell more.
pub(super) fn operation(method: Method, url: &Url) -> String {
    let word = method.as_str().to_ascii_lowercase();
    let has = |name| url.query_pairs().any(|(key, _)| key == name);
    let name = match ApiPath::parse(url.path()) {
        Some(ApiPath::Base) => "base",
        Some(ApiPath::Manifest { .. }) => return format!("manifest, {word}"),
        Some(ApiPath::Blob { .. }) => return format!("blob, {word}"),
        Some(ApiPath::Referrers { .. }) => "referrers, list",
        Some(ApiPath::TagList { .. }) => "tags, list",
        Some(ApiPath::UploadStart { .. }) if has("mount") => "blob, mount",
        Some(ApiPath::UploadStart { .. }) if has("digest") => "blob upload, single request",
        Some(ApiPath::UploadStart { .. }) => "blob upload, start",
        Some(ApiPath::UploadSession { .. }) => match method {
            Method::Patch => "blob upload, chunk",
            Method::Put => "blob upload, finish",
            Method::Get => "blob upload, status",
            Method::Delete => "blob upload, cancel",
            _ => return word,
        },
        None => return word,
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::TranscriptReader;

    #[test]
    fn operation_has_the_name_that_this_client_records() {
        let mut text = include_bytes!("../../../fixtures/exchanges/first-push.jsonl").to_vec();
        text.extend(include_bytes!("../../../fixtures/exchanges/unchanged-push.jsonl"));
        let records = TranscriptReader::new(std::io::Cursor::new(text)).read().unwrap();
        for recorded in &records {
            let request = &recorded.exchange.request;
            let url = request.url.parse().unwrap();
            let found = operation(Method::parse(&request.method).unwrap(), &url);
            assert_eq!(format!("push: {found}"), recorded.exchange.operation);
        }
    }

    #[test]
    fn requests_of_other_clients_have_operations_too() {
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
            assert_eq!(operation(method, &url), name, "{target}");
        }
    }
}
