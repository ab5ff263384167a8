//! One page to look at: a waterfall of the exchanges, their headers and bodies, and the findings.
//!
//! The page loads nothing and runs no script: it is what it is in any browser, without a network.
//! Everything recorded is escaped.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;
use url::Url;

use super::connections::connections;
use super::window::Window;
use crate::audit::Recorded;
use crate::audit::check::Finding;
use crate::printable::printable;
use crate::wire::{Exchange, RecordedBody};

const STYLE: &str = include_str!("html.css");

/// The page, with the findings of [`crate::audit::check::check`] where they belong.
#[must_use]
pub fn html(records: &[Recorded], findings: &[Finding]) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         'unsafe-inline'\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>Transcript of {} exchanges</title>\n<style>\n{STYLE}</style></head><body>\n",
        records.len()
    );
    page.push_str(&header(records, findings));
    let runs = runs(records);
    let several = runs.len() > 1;
    for own in runs {
        if several {
            let run = escape(&own[0].exchange.run);
            let _ = writeln!(page, "<h2>Run <code>{run}</code></h2>");
        }
        page.push_str(
            "<div class=\"head\" aria-hidden=\"true\"><span class=\"num\">#</span><span>Method</span>\
             <span>Status</span><span>Operation</span><span class=\"num\">Sent</span>\
             <span class=\"num\">Received</span><span>Connection and time</span></div>\n",
        );
        let window = Window::of(&own);
        let numbers = connections(&own);
        for (recorded, number) in own.into_iter().zip(numbers) {
            let found: Vec<_> = findings.iter().filter(|f| f.line == recorded.line).collect();
            page.push_str(&row(recorded, &found, &window, number));
        }
    }
    page.push_str("</body></html>\n");
    page
}

/// The records of each run in their order, and the runs in the order of their beginning.
fn runs(records: &[Recorded]) -> Vec<Vec<&Recorded>> {
    let mut runs: BTreeMap<&str, Vec<&Recorded>> = BTreeMap::new();
    for recorded in records {
        runs.entry(&recorded.exchange.run).or_default().push(recorded);
    }
    let mut runs: Vec<_> = runs.into_values().collect();
    for own in &mut runs {
        own.sort_by_key(|recorded| recorded.exchange.seq);
    }
    runs.sort_by(|a, b| a[0].exchange.start.cmp(&b[0].exchange.start));
    runs
}

fn header(records: &[Recorded], findings: &[Finding]) -> String {
    let exchanges = || records.iter().map(|recorded| &recorded.exchange);
    let sum = |size: fn(&Exchange) -> u64| size_text(exchanges().map(size).sum());
    let hosts: BTreeSet<_> =
        exchanges().filter_map(|exchange| host(&exchange.request.url)).collect();
    let failed = exchanges().filter(|e| e.error.is_some() || status(e) >= 500).count();
    let last = |own: &Vec<&Recorded>| connections(own).into_iter().flatten().max();
    let connections: usize = runs(records).iter().filter_map(last).sum();
    let totals = [
        ("Exchanges", records.len().to_string(), false),
        ("Sent", sum(|e| size(e.request.body.as_ref())), false),
        ("Received", sum(|e| size(received(e))), false),
        ("Hosts", hosts.len().to_string(), false),
        ("Connections", connections.to_string(), false),
        ("Failures", failed.to_string(), failed > 0),
        ("Findings", findings.len().to_string(), !findings.is_empty()),
    ];
    let mut text = String::from("<h1>Transcript</h1>\n");
    let hosts: Vec<_> = hosts.into_iter().map(|host| escape(&host)).collect();
    let start = exchanges().map(|exchange| exchange.start.as_str()).min().unwrap_or_default();
    let _ = writeln!(text, "<p class=\"lead\">{} with {}</p>", escape(start), hosts.join(", "));
    text.push_str("<dl class=\"totals\">");
    for (name, value, bad) in totals {
        let class = if bad { " class=\"bad\"" } else { "" };
        let _ = write!(text, "<div{class}><dt>{name}</dt><dd>{value}</dd></div>");
    }
    text.push_str("</dl>\n<ul class=\"legend\">");
    for (class, name) in [
        ("s2", "done"),
        ("s3", "led elsewhere"),
        ("s4", "asked for a login, or not there"),
        ("s5", "refused or failed"),
    ] {
        let _ = write!(text, "<li class=\"{class}\"><i></i>{name}</li>");
    }
    text.push_str("</ul>\n");
    text
}

fn row(
    recorded: &Recorded,
    findings: &[&Finding],
    window: &Window,
    connection: Option<usize>,
) -> String {
    let exchange = &recorded.exchange;
    let class = match status(exchange) {
        200..=299 => "s2",
        300..=399 => "s3",
        401 | 404 => "s4",
        _ => "s5",
    };
    let (left, width) = window.place(recorded);
    let width = width.min(100.0 - left);
    let attempt = match exchange.attempt {
        1 => String::new(),
        n => format!(" (attempt {n})"),
    };
    let shown = exchange.response.as_ref().map_or("—".to_owned(), |r| r.status.to_string());
    let connection = connection.map_or("—".to_owned(), |number| number.to_string());
    let mut flags = String::new();
    for found in findings {
        let _ = write!(flags, "<span class=\"flag {0}\">{0}</span>", found.rule.severity.as_str());
    }
    let mut text = format!(
        "<details class=\"row {class}\"><summary><span class=\"num\">{}</span><span class=\"method \
         mono\">{}</span><span class=\"status\">{shown}</span><span class=\"what\"><b>{flags}{}{attempt}</b><span \
         class=\"mono\">{}</span></span><span class=\"num\">{}</span><span class=\"num\">{}</span><span \
         class=\"track\" title=\"connection {connection}, {:.1} ms\"><b>{connection}</b><i style=\"left:{left:.2}%;width:{width:.2}%\"></i></span></summary>\n\
         <div class=\"more\">",
        exchange.seq,
        escape(&exchange.request.method),
        escape(&exchange.operation),
        escape(&exchange.request.url),
        size_text(size(exchange.request.body.as_ref())),
        size_text(size(received(exchange))),
        exchange.duration_ms,
    );
    for found in findings {
        let _ = write!(
            text,
            "<p class=\"{0}\"><span class=\"flag {0}\">{1}</span>{2} <code>{3}</code></p>",
            found.rule.severity.as_str(),
            found.rule.id,
            escape(&found.rule.title.replace('`', "")),
            escape(&found.message),
        );
    }
    if let Some(error) = &exchange.error {
        let _ = write!(text, "<p class=\"error\">{}</p>", escape(&error.message));
    }
    text.push_str(&sides(exchange));
    text.push_str("</div></details>\n");
    text
}

fn sides(exchange: &Exchange) -> String {
    let request = &exchange.request;
    let mut text = format!(
        "<div class=\"sides\"><section><h3>Sent at {}, {:.1} ms</h3>{}{}</section>",
        escape(&exchange.start),
        exchange.duration_ms,
        fields(&request.headers),
        body(request.body.as_ref()),
    );
    if let Some(response) = &exchange.response {
        let peer = exchange.peer.as_ref().map_or(String::new(), |peer| format!(" from {peer}"));
        let _ = write!(
            text,
            "<section><h3>Received{}</h3>{}{}</section>",
            escape(&peer),
            fields(&response.headers),
            body(response.body.as_ref()),
        );
    }
    text.push_str("</div>");
    text
}

fn fields(headers: &[(String, String)]) -> String {
    let mut text = String::from("<table class=\"mono\">");
    for (name, value) in headers {
        let _ = write!(
            text,
            "<tr><th scope=\"row\">{}</th><td>{}</td></tr>",
            escape(name),
            escape(value)
        );
    }
    text.push_str("</table>");
    text
}

fn body(body: Option<&RecordedBody>) -> String {
    let Some(body) = body else { return String::new() };
    let Some(text) = &body.text else {
        let digest = body.sha256.as_deref().unwrap_or("not recorded");
        return format!("<pre>{} bytes, sha256 {}</pre>", body.size, escape(digest));
    };
    let pretty = serde_json::from_str::<Value>(text).map(|json| format!("{json:#}"));
    let lines: Vec<_> = pretty.as_ref().unwrap_or(text).lines().map(escape).collect();
    format!("<pre>{}</pre>", lines.join("\n"))
}

/// Text for HTML, in elements and attributes, without characters that reorder what is read.
fn escape(text: &str) -> String {
    let text = printable(text);
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

fn host(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_owned)
}

fn status(exchange: &Exchange) -> u16 {
    exchange.response.as_ref().map_or(0, |response| response.status)
}

fn received(exchange: &Exchange) -> Option<&RecordedBody> {
    exchange.response.as_ref().and_then(|response| response.body.as_ref())
}

fn size(body: Option<&RecordedBody>) -> u64 {
    body.map_or(0, |body| body.size)
}

fn size_text(bytes: u64) -> String {
    match bytes {
        0..=9_999 => format!("{bytes} B"),
        10_000..=9_999_999 => format!("{} kB", bytes / 1000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::TranscriptReader;
    use crate::audit::check::check;

    #[test]
    fn nothing_recorded_becomes_markup() {
        let text = include_bytes!("../../../fixtures/wire-check/credential-origin.jsonl").to_vec();
        let mut records = TranscriptReader::new(std::io::Cursor::new(text)).read().unwrap();
        let hostile = "\"'><script>alert(1)</script>&\u{202e}";
        let exchange = &mut records[0].exchange;
        exchange.operation = hostile.to_owned();
        exchange.start = hostile.to_owned();
        exchange.run = hostile.to_owned();
        exchange.request.method = hostile.to_owned();
        exchange.request.url.push_str(hostile);
        exchange.request.headers.push((hostile.to_owned(), hostile.to_owned()));
        let page = html(&records, &check(&records));
        assert!(!page.contains("<script") && !page.contains('\u{202e}'));
        assert!(page.contains("&lt;script&gt;"));
        assert_eq!(page.matches("<details").count(), 2);
    }

    #[test]
    fn connections_are_counted_and_named() {
        let text = include_bytes!("../../../fixtures/exchanges/first-push.jsonl").to_vec();
        let records = TranscriptReader::new(std::io::Cursor::new(text)).read().unwrap();
        let page = html(&records, &[]);
        assert!(page.contains("<dt>Connections</dt><dd>3</dd>"));
        assert!(page.contains("title=\"connection 3, "));
        assert!(page.contains("Received from 127.0.0.1:5000 to 127.0.0.1:40003"));
    }

    #[test]
    fn findings_stand_with_their_exchange() {
        let text = include_bytes!("../../../fixtures/wire-check/credential-origin.jsonl").to_vec();
        let records = TranscriptReader::new(std::io::Cursor::new(text)).read().unwrap();
        let page = html(&records, &check(&records));
        let second = page.split("<details").nth(2).unwrap();
        assert!(second.contains("credential-origin") && second.contains("never asked for a login"));
        assert!(page.contains("<dt>Findings</dt><dd>1</dd>"));
    }
}
