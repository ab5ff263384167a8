//! A recording reverse proxy before one registry, for any client.
//!
//! What the registry says of other places (`Location`, the realm of a challenge) is rewritten so
//! that the whole conversation passes through here. Only places that it named can be reached.

use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::body::Incoming;
use hyper::{Request as Incoming1, Response as Outgoing};
use url::Url;

use super::relayed::{Relayed, receive};
use super::step::step;
use crate::wire::{
    Authorization, Listener, Method, Origin, Request, Response, Service, Settings, Transport,
};

/// Below this path stand the other origins that the registry named: `/.elsewhere/https/host:port/…`.
const ELSEWHERE: &str = "/.elsewhere/";
/// Header fields that belong to one connection.
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

/// The proxy.
pub struct Proxy {
    listener: Listener,
    relay: Arc<Relay>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("address", &self.local_addr()).finish_non_exhaustive()
    }
}

struct Relay {
    transport: Transport,
    upstream: Url,
    home: String,
    named: Mutex<Named>,
}

/// What the registry named so far.
#[derive(Default)]
struct Named {
    origins: HashSet<Origin>,
    /// Token servers, whose bodies hold secrets; without query.
    token_servers: HashSet<Url>,
}

impl Proxy {
    /// Listens at `address` for requests to the registry at `upstream`. Exchanges with it are
    /// recorded as `settings` say.
    ///
    /// # Errors
    /// Where the address cannot be listened at, or `upstream` is no http or https URL.
    pub async fn bind(address: SocketAddr, upstream: Url, settings: Settings) -> io::Result<Self> {
        if Origin::of(&upstream).is_none() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not an http or https URL"));
        }
        let listener = Listener::bind(address).await?;
        let relay = Relay {
            transport: Transport::new(settings),
            upstream,
            home: format!("http://{}", listener.local_addr()),
            named: Mutex::default(),
        };
        Ok(Self { listener, relay: Arc::new(relay) })
    }

    /// Where it listens.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.listener.local_addr()
    }

    /// Passes requests on until `shutdown` resolves.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        self.listener.serve(self.relay, shutdown).await;
    }
}

impl Service for Relay {
    type Body = Relayed;

    async fn respond(&self, request: Incoming1<Incoming>) -> Outgoing<Relayed> {
        match self.pass(request).await {
            Ok(response) => response,
            Err(error) => {
                let body =
                    serde_json::json!({ "errors": [{ "code": "UNKNOWN", "message": error }] });
                let mut response = Outgoing::new(Relayed::whole(body.to_string()));
                *response.status_mut() = hyper::StatusCode::BAD_GATEWAY;
                response
            }
        }
    }
}

impl Relay {
    async fn pass(&self, request: Incoming1<Incoming>) -> Result<Outgoing<Relayed>, String> {
        let (parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let url = self.destination(target).ok_or("this place was never named by the registry")?;
        let method = Method::parse(parts.method.as_str()).ok_or("this method is not passed on")?;
        let received = receive(body).await.map_err(|error| error.to_string())?;

        let is_token_server = self.named().token_servers.contains(&without_query(&url));
        let step = if is_token_server { "token".to_owned() } else { step(method, &url) };
        let mut outgoing = Request::new(method, url.clone(), format!("proxy: {step}"));
        for (name, value) in &parts.headers {
            let Ok(value) = value.to_str() else { continue };
            if name == "authorization" {
                let bound = Origin::of(&url).map(|o| Authorization::new(o, value.to_owned()));
                outgoing = outgoing.authorization(bound);
            } else if name != "content-length" && !HOP_BY_HOP.contains(&name.as_str()) {
                outgoing = outgoing.header(name.as_str(), value);
            }
        }
        if is_token_server {
            outgoing = outgoing.confidential();
        }
        outgoing = outgoing.untyped_body(received.body.clone());
        let response =
            Box::pin(self.transport.send(outgoing)).await.map_err(|error| error.to_string())?;
        Ok(self.relayed(response))
    }

    /// Where a request to this proxy goes.
    fn destination(&self, target: &str) -> Option<Url> {
        let Some(elsewhere) = target.strip_prefix(ELSEWHERE) else {
            return self.upstream.join(target).ok();
        };
        let (scheme, rest) = elsewhere.split_once('/')?;
        let url = Url::parse(&format!("{scheme}://{rest}")).ok()?;
        self.named().origins.contains(&Origin::of(&url)?).then_some(url)
    }

    fn named(&self) -> MutexGuard<'_, Named> {
        self.named.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn relayed(&self, response: Response) -> Outgoing<Relayed> {
        let mut answer = Outgoing::builder().status(response.status());
        for (name, value) in response.headers().iter() {
            let value = match name {
                "location" => self.moved(response.url(), value),
                "www-authenticate" => self.moved_realm(response.url(), value),
                _ => value.to_owned(),
            };
            if !HOP_BY_HOP.contains(&name) {
                answer = answer.header(name, value);
            }
        }
        let body = Relayed::new(response);
        // A field that was received can be sent.
        answer.body(body).unwrap_or_else(|_| Outgoing::new(Relayed::whole(String::new())))
    }

    /// A URL of the registry's as one that leads through here.
    fn moved(&self, from: &Url, location: &str) -> String {
        let Ok(url) = from.join(location) else { return location.to_owned() };
        let Some(origin) = Origin::of(&url) else { return location.to_owned() };
        let path = url.as_str().splitn(4, '/').nth(3).unwrap_or_default();
        if Some(&origin) == Origin::of(&self.upstream).as_ref() {
            return format!("{}/{path}", self.home);
        }
        let place = format!("{}/{}", url.scheme(), origin.authority());
        self.named().origins.insert(origin);
        format!("{}{ELSEWHERE}{place}/{path}", self.home)
    }

    fn moved_realm(&self, from: &Url, challenge: &str) -> String {
        let Some((before, after)) = challenge.split_once("realm=\"") else {
            return challenge.to_owned();
        };
        let Some((realm, after)) = after.split_once('"') else { return challenge.to_owned() };
        // A realm that is no URL is a name, as for Basic.
        if !realm.contains("://") {
            return challenge.to_owned();
        }
        if let Ok(url) = from.join(realm) {
            self.named().token_servers.insert(without_query(&url));
        }
        format!("{before}realm=\"{}\"{after}", self.moved(from, realm))
    }
}

fn without_query(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url
}
