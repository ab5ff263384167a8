//! HAR 1.2, which the developer tools of browsers open.

use serde_json::{Value, json};
use url::Url;

use crate::audit::transcript::Recorded;

/// Returns the exchanges as a HAR document, version 1.2.
pub(crate) fn har(records: &[Recorded]) -> String {
    let entries: Vec<_> = records.iter().map(entry).collect();
    let creator = json!({ "name": "thv", "version": env!("CARGO_PKG_VERSION") });
    let document = json!({ "log": { "version": "1.2", "creator": creator, "entries": entries } });
    format!("{document:#}\n")
}

fn entry(recorded: &Recorded) -> Value {
    let exchange = &recorded.exchange;
    let mut entry = json!({
        "startedDateTime": exchange.start,
        "time": exchange.duration_ms,
        "request": request(recorded),
        "response": response(recorded),
        "cache": {},
        "timings": { "send": 0, "wait": exchange.duration_ms, "receive": 0 },
        "comment": exchange.operation,
    });
    if let Some(peer) = &exchange.peer {
        let (host, _) = peer.addr.rsplit_once(':').unwrap_or((&peer.addr, ""));
        entry["serverIPAddress"] = json!(host.trim_matches(['[', ']']));
        if let Some((_, port)) = peer.local_addr.as_ref().and_then(|addr| addr.rsplit_once(':')) {
            // As in the HAR specification, the port of the client identifies the connection.
            entry["connection"] = json!(port);
        }
    }
    if let Some(error) = &exchange.error {
        entry["_error"] = json!(error.message);
    }
    entry
}

fn request(recorded: &Recorded) -> Value {
    let request = &recorded.exchange.request;
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
        "bodySize": recorded.sent_size(),
    });
    if let Some(body) = &request.body {
        value["postData"] = json!({
            "mimeType": recorded.sent("content-type").unwrap_or_default(),
            "text": body.text.clone().unwrap_or_default(),
            "params": [],
        });
    }
    value
}

fn response(recorded: &Recorded) -> Value {
    let response = recorded.exchange.response.as_ref();
    let version = response.map_or("", |response| &response.version);
    let fields = response.map_or(&[][..], |response| &response.headers);
    let received = |name| recorded.received(name).unwrap_or_default();
    let size = recorded.received_size();
    let mut content = json!({ "size": size, "mimeType": received("content-type") });
    if let Some(text) = recorded.response_body().and_then(|body| body.text.as_ref()) {
        content["text"] = json!(text);
    }
    json!({
        "status": recorded.status(),
        "statusText": "",
        "httpVersion": version,
        "cookies": [],
        "headers": headers(fields),
        "content": content,
        "redirectURL": received("location"),
        "headersSize": -1,
        "bodySize": size,
    })
}

fn headers(fields: &[(String, String)]) -> Vec<Value> {
    fields.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::TranscriptReader;

    #[test]
    fn entries_have_every_required_field() {
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
