//! A recording reverse proxy in front of one registry, for any client.
//!
//! URLs in responses (`Location`, the realm of a challenge) are rewritten, so that the requests that
//! follow come to this proxy too. It reaches the registry and the origins that the registry named,
//! and no others.
//!
//! The client takes all of them for one origin, and would send its credential to each. So the proxy
//! keeps it: it goes to the registry and to the token servers that the registry itself named.

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::body::Incoming;
use hyper::{Request as ClientRequest, Response as ClientResponse};
use url::{Position, Url};

use super::proxy_body::{ResponseBody, from_registry, from_text, receive};
use crate::oci::{ApiPath, error_body};
use crate::wire::{
    Authorization, ForeignRequest, Listener, Method, Origin, Request, Response, Service, Settings,
    Target, Transport,
};

/// The path prefix of URLs on other origins that the registry named, and of URLs that these named:
/// `/.elsewhere/https/host:port/…`.
const ELSEWHERE: &str = "/.elsewhere/";
/// The methods of the distribution API.
const METHODS: [Method; 6] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
/// Header fields that are about one connection (RFC 9110, section 7.6.1), and `host`.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
];

/// Sends requests on.
pub(crate) struct Relay {
    transport: Transport,
    upstream: Url,
    own_url: String,
    named: Mutex<NamedByRegistry>,
}

/// What the responses of the registry named so far.
#[derive(Default)]
struct NamedByRegistry {
    /// Whether they must not have an internal address.
    origins: HashMap<Origin, bool>,
    /// The URLs of token servers, without query. The bodies of their exchanges contain secrets.
    token_servers: HashSet<String>,
}

/// Listens at `address` for requests to the registry at `upstream`. The recorder of `settings` gets
/// every exchange with the registry.
pub(crate) async fn proxy(
    address: SocketAddr,
    upstream: Url,
    settings: Settings,
) -> io::Result<(Listener, Relay)> {
    if Origin::of(&upstream).is_none() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not an http or https URL"));
    }
    let listener = Listener::bind(address).await?;
    let transport = Transport::new(settings);
    let own_url = format!("http://{}", listener.local_addr());
    Ok((listener, Relay { transport, upstream, own_url, named: Mutex::default() }))
}

impl Service for Relay {
    type Body = ResponseBody;

    async fn respond(&self, request: ClientRequest<Incoming>) -> ClientResponse<ResponseBody> {
        match self.relay(request).await {
            Ok(response) => response,
            Err(error) => {
                let mut response = ClientResponse::new(from_text(error_body("UNKNOWN", &error)));
                *response.status_mut() = hyper::StatusCode::BAD_GATEWAY;
                response
            }
        }
    }

    fn refuse(&self, foreign: ForeignRequest) -> ClientResponse<ResponseBody> {
        ClientResponse::new(from_text(error_body("DENIED", &foreign.to_string())))
    }
}

impl Relay {
    async fn relay(
        &self,
        request: ClientRequest<Incoming>,
    ) -> Result<ClientResponse<ResponseBody>, String> {
        let (parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let target = self.destination(target).ok_or("the registry never named this URL")?;
        let url = &target.url;
        if !METHODS.contains(&parts.method) {
            return Err("this proxy does not support the method".to_owned());
        }
        let (body, _file) = receive(body).await.map_err(|error| error.to_string())?;

        let is_token_server = self.named().token_servers.contains(&url[..Position::AfterPath]);
        let name = if is_token_server { "token".to_owned() } else { operation(&parts.method, url) };
        let mut outgoing = Request::new(parts.method, target.clone(), format!("proxy: {name}"));
        for (name, value) in &parts.headers {
            let Ok(value) = value.to_str() else { continue };
            if name == "authorization" {
                let origin = Origin::of(url).filter(|_| !target.is_foreign() || is_token_server);
                let bound = origin.map(|origin| Authorization::new(origin, value.to_owned()));
                outgoing = outgoing.authorization(bound);
            } else if name != "content-length" && !HOP_BY_HOP.contains(&name.as_str()) {
                outgoing = outgoing.header(name.as_str(), value);
            }
        }
        outgoing.confidential = is_token_server;
        outgoing.body = body;
        let response =
            Box::pin(self.transport.send(outgoing)).await.map_err(|error| error.to_string())?;
        Ok(self.rewritten(response))
    }

    /// Returns where a request to this proxy is for, or `None` if the registry did not name its origin.
    fn destination(&self, target: &str) -> Option<Target> {
        let Some(elsewhere) = target.strip_prefix(ELSEWHERE) else {
            // A target of two slashes is a URL at another host.
            let url = self.upstream.join(target).ok().filter(|url| self.is_upstream(url))?;
            return Some(url.into());
        };
        let (scheme, rest) = elsewhere.split_once('/')?;
        let url = Url::parse(&format!("{scheme}://{rest}")).ok()?;
        let public_only = *self.named().origins.get(&Origin::of(&url)?)?;
        Some(Target::foreign(url, public_only))
    }

    fn is_upstream(&self, url: &Url) -> bool {
        Origin::of(url) == Origin::of(&self.upstream)
    }

    fn named(&self) -> MutexGuard<'_, NamedByRegistry> {
        self.named.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rewritten(&self, response: Response) -> ClientResponse<ResponseBody> {
        let mut rewritten = ClientResponse::builder().status(response.status());
        for (name, value) in response.headers().iter() {
            let value = match name {
                "location" => self.own_url_for(&response, value),
                "www-authenticate" => self.challenge(&response, value),
                _ => value.to_owned(),
            };
            if !HOP_BY_HOP.contains(&name) {
                rewritten = rewritten.header(name, value);
            }
        }
        // This cannot fail: header fields that were received are valid.
        let response = rewritten.body(from_registry(response));
        response.unwrap_or_else(|_| ClientResponse::new(from_text(String::new())))
    }

    /// Returns the URL of this proxy that replaces `location`, and allows requests to its origin.
    fn own_url_for(&self, from: &Response, location: &str) -> String {
        let Some(target) = from.names(location) else { return location.to_owned() };
        let Some(origin) = Origin::of(&target.url) else { return location.to_owned() };
        let path = target.url.as_str().splitn(4, '/').nth(3).unwrap_or_default();
        if !target.is_foreign() {
            return format!("{}/{path}", self.own_url);
        }
        let scheme_and_host = format!("{}/{}", target.url.scheme(), origin.authority());
        let mut named = self.named();
        let public_only = named.origins.entry(origin).or_insert(target.public_only);
        *public_only &= target.public_only;
        format!("{}{ELSEWHERE}{scheme_and_host}/{path}", self.own_url)
    }

    /// Returns `challenge` with a realm on this proxy.
    fn challenge(&self, from: &Response, challenge: &str) -> String {
        let Some((before, after)) = challenge.split_once("realm=\"") else {
            return challenge.to_owned();
        };
        let Some((realm, after)) = after.split_once('"') else { return challenge.to_owned() };
        // The realm of a Basic challenge is a name, not a URL.
        if !realm.contains("://") {
            return challenge.to_owned();
        }
        if let Some(target) = from.names(realm).filter(|_| !from.is_foreign()) {
            self.named().token_servers.insert(target.url[..Position::AfterPath].to_owned());
        }
        format!("{before}realm=\"{}\"{after}", self.own_url_for(from, realm))
    }
}

/// Returns the operation of a request, as this client's own transcripts name it, such as `blob upload,
/// chunk`, or the method in lower case if the URL does not tell more.
fn operation(method: &Method, url: &Url) -> String {
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
        Some(ApiPath::UploadSession { .. }) => match *method {
            Method::PATCH => "blob upload, chunk",
            Method::PUT => "blob upload, finish",
            Method::GET => "blob upload, status",
            Method::DELETE => "blob upload, cancel",
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
        let mut text = include_bytes!("../../fixtures/exchanges/first-push.jsonl").to_vec();
        text.extend(include_bytes!("../../fixtures/exchanges/unchanged-push.jsonl"));
        let records = TranscriptReader::new(std::io::Cursor::new(text)).read().unwrap();
        for recorded in &records {
            let request = &recorded.exchange.request;
            let url = request.url.parse().unwrap();
            let found = operation(&request.method.parse().unwrap(), &url);
            assert_eq!(format!("push: {found}"), recorded.exchange.operation);
        }
    }

    #[test]
    fn requests_of_other_clients_have_operations_too() {
        for (method, target, name) in [
            (Method::GET, "v2/", "base"),
            (Method::GET, "v2/a/b/tags/list?n=10", "tags, list"),
            (Method::GET, "v2/a/referrers/sha256:00", "referrers, list"),
            (Method::POST, "v2/a/blobs/uploads/", "blob upload, start"),
            (Method::POST, "v2/a/blobs/uploads/?mount=sha256:00&from=b", "blob, mount"),
            (Method::PATCH, "v2/a/blobs/uploads/1?_state=x", "blob upload, chunk"),
            (Method::GET, "v2/a/blobs/uploads/1", "blob upload, status"),
            (Method::DELETE, "v2/a/blobs/uploads/1", "blob upload, cancel"),
            (Method::DELETE, "v2/a/manifests/v1", "manifest, delete"),
            (Method::POST, "v2/a/blobs/uploads/1", "post"),
            (Method::GET, "storage/00?signature=x", "get"),
        ] {
            let url = format!("https://registry.example.com/{target}").parse().unwrap();
            assert_eq!(operation(&method, &url), name, "{target}");
        }
    }
}
