//! Recorded exchanges: `fixtures/exchanges/`, without what changes from run to run.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::transcript;

/// The time of every recorded artifact, for `SOURCE_DATE_EPOCH`: 2026-01-01T00:00:00Z.
pub const EPOCH: &str = "1767225600";

pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/exchanges/{name}.jsonl"))
}

/// Holds a transcript against the recorded one. `UPDATE=1` in the environment records it anew.
pub fn assert_recorded(name: &str, log: &Path) {
    let path = path(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, normal(&std::fs::read_to_string(log).unwrap())).unwrap();
    }
    assert_eq!(outline(&transcript(log)), outline(&transcript(&path)), "{name}");
    for line in std::fs::read_to_string(&path).unwrap().lines() {
        let exchange: thv_oci::wire::Exchange = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&exchange).unwrap(), line, "{name}");
    }
}

/// The operation and request line of each exchange, and its status, sorted.
fn outline(exchanges: &[Value]) -> Vec<String> {
    let operation = |exchange: &Value| exchange["operation"].as_str().unwrap().to_owned();
    let mut lines: Vec<_> =
        exchanges.iter().map(|e| format!("{}: {}", operation(e), request_line(e))).collect();
    lines.sort();
    lines
}

/// Method, target and status, without the id and the state of an upload session.
pub fn request_line(exchange: &Value) -> String {
    let url = exchange["request"]["url"].as_str().unwrap();
    let target = format!("/{}", url.splitn(4, '/').nth(3).unwrap());
    let method = exchange["request"]["method"].as_str().unwrap();
    format!("{method} {} {}", without_session(&target), exchange["response"]["status"])
}

/// A URL without the id and the state of an upload session, which differ from run to run.
pub fn without_session(url: &str) -> String {
    let Some((before, session)) = url.split_once("/uploads/") else { return url.to_owned() };
    if session.is_empty() || session.starts_with('?') {
        return url.to_owned();
    }
    let digest =
        session.split_once("digest=").map_or(String::new(), |(_, d)| format!("&digest={d}"));
    format!("{before}/uploads/<session>?<state>{digest}")
}

/// A transcript in which only what matters changes from one recording to the next.
fn normal(transcript: &str) -> String {
    let mut text = transcript.to_owned();
    let mark = "\"local_addr\":\"";
    for (index, local) in found(transcript, mark, |c| c != '"').iter().enumerate() {
        // Told apart from the addresses of servers until the end.
        text = text.replace(local.as_str(), &format!("{mark}local:{}", 40001 + index));
    }
    let addresses = found(&text, "127.", |c| matches!(c, '0'..='9' | '.' | ':'));
    for (index, address) in addresses.iter().filter(|address| address.contains(':')).enumerate() {
        text = text.replace(address.as_str(), &format!("127.0.0.1:{}", 5000 + index));
    }
    for (index, mark) in found(transcript, " id=", |c| c.is_ascii_hexdigit()).iter().enumerate() {
        text = text.replace(mark.as_str(), &format!(" id={:08x}", index + 1));
    }
    let session = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=' | '?' | '%');
    for (index, session) in found(transcript, "/uploads/", session).iter().enumerate() {
        let Some((id, _)) = session["/uploads/".len()..].split_once("?_state=") else { continue };
        text = text.replace(session.as_str(), &format!("/uploads/{id}?_state=state-{index}"));
        text = text.replace(id, &format!("00000000-0000-4000-8000-{index:012}"));
    }
    let mut exchanges: Vec<thv_oci::wire::Exchange> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    exchanges.sort_by_key(|exchange| exchange.seq);
    let mut normal = String::new();
    for mut exchange in exchanges {
        "0000000000000001".clone_into(&mut exchange.run);
        "2026-01-01T00:00:00.000Z".clone_into(&mut exchange.start);
        exchange.duration_ms = 1.0;
        let local = exchange.peer.as_mut().and_then(|peer| peer.local_addr.as_mut()).unwrap();
        *local = local.replace("local:", "127.0.0.1:");
        for (name, value) in &mut exchange.response.as_mut().unwrap().headers {
            if name == "date" {
                "Thu, 01 Jan 2026 00:00:00 GMT".clone_into(value);
            }
        }
        normal.push_str(&serde_json::to_string(&exchange).unwrap());
        normal.push('\n');
    }
    normal
}

/// Each different text that begins with `mark`, followed by the characters of `belongs`, in order.
fn found(text: &str, mark: &str, belongs: impl Fn(char) -> bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (at, _) in text.match_indices(mark) {
        let rest = &text[at + mark.len()..];
        let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        let one = &text[at..at + mark.len() + end];
        if !found.iter().any(|known| known == one) {
            found.push(one.to_owned());
        }
    }
    found
}
