//! HAR 1.2, which browsers' developer tools open.

use serde_json::{Value, json};
use url::Url;

use crate::audit::Recorded;
use crate::wire::{Exchange, RecordedBody};

/// The exchanges as a HAR document.
#[must_use]
pub fn har(records: &[Recorded]) -> String {
    let entries: Vec<_> = records.iter().map(|recorded| entry(&recorded.exchange)).collect();
    let creator = json!({ "name": "thv", "version": env!("CARGO_PKG_VERSION") });
    let document = json!({ "log": { "version": "1.2", "creator": creator, "entries": entries } });
    format!("{document:#}\n")
}

fn entry(exchange: &Exchange) -> Value {
    let mut entry = json!({
        "startedDateTime": exchange.start,
        "time": exchange.duration_ms,
        "request": request(exchange),
        "response": response(exchange),
        "cache": {},
        "timings": { "send": 0, "wait": exchange.duration_ms, "receive": 0 },
        "comment": exchange.operation,
    });
    if let Some(peer) = &exchange.peer {
        let (host, _) = peer.addr.rsplit_once(':').unwrap_or((&peer.addr, ""));
        entry["serverIPAddress"] = json!(host.trim_matches(['[', ']']));
        if let Some((_, port)) = peer.local_addr.as_ref().and_then(|addr| addr.rsplit_once(':')) {
            // HAR's example of what tells connections apart is the client's port.
            entry["connection"] = json!(port);
        }
    }
    if let Some(error) = &exchange.error {
        entry["_error"] = json!(error.message);
    }
    entry
}

fn request(exchange: &Exchange) -> Value {
    let request = &exchange.request;
    let query: Vec<_> = Url::parse(&request.url)
        .map(|url| {
            url.query_pairs().map(|(name, value)| json!({ "name": name, "value": value })).collect()
        })
        .unwrap_or_default();
    let mut value = json!({
        "method": request.method,
        "url": request.url,
        "httpVersion": request.version,
        "cookies": [],
        "headers": headers(&request.headers),
        "queryString": query,
        "headersSize": -1,
        "bodySize": size(request.body.as_ref()),
    });
    if let Some(body) = &request.body {
        value["postData"] = json!({
            "mimeType": field(&request.headers, "content-type"),
            "text": body.text.clone().unwrap_or_default(),
            "params": [],
        });
    }
    value
}

fn response(exchange: &Exchange) -> Value {
    let none = Vec::new();
    let (status, version, fields, body) =
        exchange.response.as_ref().map_or((0, "", &none, None), |response| {
            (response.status, response.version.as_str(), &response.headers, response.body.as_ref())
        });
    let mut content = json!({ "size": size(body), "mimeType": field(fields, "content-type") });
    if let Some(text) = body.and_then(|body| body.text.as_ref()) {
        content["text"] = json!(text);
    }
    json!({
        "status": status,
        "statusText": "",
        "httpVersion": version,
        "cookies": [],
        "headers": headers(fields),
        "content": content,
        "redirectURL": field(fields, "location"),
        "headersSize": -1,
        "bodySize": size(body),
    })
}

fn headers(fields: &[(String, String)]) -> Vec<Value> {
    fields.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

fn size(body: Option<&RecordedBody>) -> u64 {
    body.map_or(0, |body| body.size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::TranscriptReader;

    #[test]
    fn every_field_that_har_asks_for_is_there() {
        let mut text = include_bytes!("../../../fixtures/exchanges/first-push.jsonl").to_vec();
        text.extend(include_bytes!("../../../fixtures/wire-check/unsafe-retry.jsonl"));
        let records = TranscriptReader::new(std::io::Cursor::new(text)).read().unwrap();
        let document: Value = serde_json::from_str(&har(&records)).unwrap();
        assert_eq!(document["log"]["version"], "1.2");
        let entries = document["log"]["entries"].as_array().unwrap();
        assert_eq!(entries.len(), 12);
        let strings = [
            "/startedDateTime",
            "/request/method",
            "/request/url",
            "/request/httpVersion",
            "/response/statusText",
            "/response/httpVersion",
            "/response/redirectURL",
            "/response/content/mimeType",
        ];
        let numbers = [
            "/time",
            "/request/headersSize",
            "/request/bodySize",
            "/response/status",
            "/response/headersSize",
            "/response/bodySize",
            "/response/content/size",
            "/timings/send",
            "/timings/wait",
            "/timings/receive",
        ];
        let lists = [
            "/request/cookies",
            "/request/headers",
            "/request/queryString",
            "/response/cookies",
            "/response/headers",
        ];
        for entry in entries {
            assert!(strings.iter().all(|at| entry.pointer(at).unwrap().is_string()), "{entry}");
            assert!(numbers.iter().all(|at| entry.pointer(at).unwrap().is_number()), "{entry}");
            assert!(lists.iter().all(|at| entry.pointer(at).unwrap().is_array()), "{entry}");
            assert!(entry["cache"].is_object());
        }
        assert!(entries.iter().any(|entry| entry["_error"].is_string()));
        assert!(entries[0]["connection"].as_str().unwrap().starts_with("4000"));
    }
}
